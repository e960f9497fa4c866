"""How many facilities one gap takes, and where each would serve most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import text
from ui.shell.choices import words
from ui.shell.compute import current_assessed
from ui.shell.safe import in_markdown
from ui.widgets.numbers import exact
from ui.widgets.pick import pick
from ui.widgets.tables import small_table

if TYPE_CHECKING:
    import pandas as pd

_HEAD: Final = (text("Facility"), text("Residents it serves"), text("Left"), text("Longitude, latitude"))


def split(rule: str, gaps: Sequence[Mapping[str, Any]]) -> None:
    """For a gap that one facility cannot serve whole: facility by facility, on request."""
    tr = words()
    large = [gap for gap in gaps if gap.get("site") and gap["site"]["residents"] < gap["residents"] - 0.5]
    if not large:
        return
    with st.expander(tr(text("A gap too large for one facility"))):
        rank = pick(
            st.selectbox, text("Gap"), [gap["rank"] for gap in large], key="split-gap",
            said=lambda r: _named(next(gap for gap in large if gap["rank"] == r)),
        )  # fmt: skip
        if st.button(tr(text("How many facilities does it take?"))):
            with st.spinner(tr(text("Splitting the gap …"))):
                parts = _parts(current_assessed()[0], rule, int(rank or 0))
            st.markdown(in_markdown(tr(_answer(parts))))
            rows = [_row(row) for row in parts.to_dict("records")]
            st.html(small_table([tr(word) for word in _HEAD], rows))


def _named(gap: Mapping[str, Any]) -> str:
    return f"{gap['rank']} · {gap['unit'] or '–'} · {exact(gap['residents'])}"


def _answer(parts: pd.DataFrame) -> Any:
    left = float(parts["left"].iloc[-1]) if len(parts) else 0.0
    if left > 0:
        return text(
            "{count} {count:facility leaves|facilities leave} {left:,.0f} {left:resident|residents}.",
            count=len(parts),
            left=left,
        )
    return text("{count} {count:facility serves|facilities serve} everybody in it.", count=len(parts))


def _row(row: Mapping[Any, Any]) -> list[str]:
    place = f"{row['lon']:.5f}, {row['lat']:.5f}"
    return [f"{row['part']}", exact(row["residents"]), exact(row["left"]), place]


@st.cache_resource(max_entries=30, show_spinner=False)
def _parts(key: str, rule: str, rank: int) -> pd.DataFrame:  # noqa: ARG001 - what the cache keeps it under
    from jobs.assess.optional_analyses import parts_of_gap

    return parts_of_gap(current_assessed()[1], rule, rank)
