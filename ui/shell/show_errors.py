"""The one place where the pages' errors become sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from core.errors import UserError, told_by_system
from core.text import text
from data.defects import record_defect
from ui.shell.choices import words
from ui.shell.safe import in_markdown

_LOG: Final = logging.getLogger("service_circle.page")


@contextmanager
def told() -> Iterator[None]:
    """A user's error in the user's words; a defect as a calm sentence, with a number that the log has too."""
    try:
        yield
    except UserError as error:
        st.error(in_markdown(words()(error.message)))
    except OSError as problem:
        if (said := told_by_system(problem)) is None:
            _tell_defect(problem)
        else:
            st.error(in_markdown(words()(said.message)))
    except Exception as defect:  # noqa: BLE001 - the page's one handler: no visitor may see a traceback
        _tell_defect(defect)


def _tell_defect(defect: Exception) -> None:
    number = record_defect(defect, doing="page").number
    _LOG.exception("Defect %s", number)
    sentence = text(
        "Something went wrong in the program; your data are not the cause and are not lost. "
        "Please reload the page; if it happens again, tell your administrator the number {number}.",
        number=number,
    )
    st.error(in_markdown(words()(sentence)))
