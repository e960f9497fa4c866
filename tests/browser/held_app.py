"""The page, whose answers wait as long as a file lies at HOLD: a state that a test can hold open."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from core.progress import Progress
from core.text import text
from jobs.cache.case import Case
from ui.shell import compute
from ui.shell.front import Front

HOLD = Path(os.environ["HOLD"])
_answer = compute._answer


def _held(case: Case, report: Progress) -> Any:
    while HOLD.exists():
        report(0.1, text("Reading residents, units, streets and lists"))  # ends here once it is cancelled
        time.sleep(0.02)
    return _answer(case, report)


compute._answer = _held
app = st.App(Path(__file__).parents[2] / "app.py", middleware=[Middleware(Front)])
