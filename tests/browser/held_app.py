"""The page, whose reading of a city, and whose making of forms, wait as long as a file lies at HOLD: what a
test can hold open."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from core.progress import Progress
from core.text import Text, text
from ui.briefing import made
from ui.shell import compute
from ui.shell.front import Front

HOLD = Path(os.environ["HOLD"])
_read, _files = compute._read, made._files


def _held(report: Progress, doing: Text) -> None:
    while HOLD.exists():
        report(0.1, doing)  # ends here once it is cancelled
        time.sleep(0.02)


def _read_later(asked: compute.Asked, report: Progress) -> Any:
    _held(report, text("Reading residents, units, streets and lists"))
    return _read(asked, report)


def _made_later(request: Any, kinds: tuple[str, ...], progress: Progress) -> dict[str, bytes]:
    _held(progress, text("Making {kind}", kind=kinds[0]))
    return _files(request, kinds, progress)


compute._read, made._files = _read_later, _made_later
app = st.App(Path(__file__).parents[2] / "app.py", middleware=[Middleware(Front)])
