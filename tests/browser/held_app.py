"""The page, whose reading of a city waits as long as a file lies at HOLD: what a test can hold open."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from core.progress import Progress
from core.text import text
from ui.shell import compute
from ui.shell.front import Front

HOLD = Path(os.environ["HOLD"])
_read = compute._read


def _held(asked: compute.Asked, report: Progress) -> Any:
    while HOLD.exists():
        report(0.1, text("Reading residents, units, streets and lists"))  # ends here once it is cancelled
        time.sleep(0.02)
    return _read(asked, report)


compute._read = _held
app = st.App(Path(__file__).parents[2] / "app.py", middleware=[Middleware(Front)])
