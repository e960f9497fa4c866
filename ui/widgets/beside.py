"""A table beside a map; on a narrow or much enlarged screen one stands below the other (page.css)."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def beside_a_map(widths: Sequence[float]) -> list[DeltaGenerator]:
    """Columns of these relative widths."""
    with st.container(key="beside-a-map"):
        return st.columns(widths, gap="small")
