"""Words of users on the page: always shown literally, never as markup."""

from __future__ import annotations

import html
import re
from typing import Final

# Every ASCII sign that Markdown gives a meaning to may be taken back with a backslash.
_SIGNS: Final = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit looks for :names: only after Markdown is done; an invisible joiner keeps them apart.
_SHORTCODE: Final = re.compile(r":(?=[\w+\-/]+:)")
_LINE: Final = re.compile(r"\s*[\r\n]+\s*")
_JOINER: Final = "\u2060"


class Html(str):
    """Markup of our own making, whose words are safe already; `in_html` leaves it as it is."""


def in_html(words: object) -> str:
    """Words as text or as a quoted attribute of HTML."""
    if isinstance(words, Html):
        return str(words)
    return html.escape(str(words), quote=True)


def in_markdown(words: object) -> str:
    """Words as they are inside Markdown, on one line."""
    line = _LINE.sub(" ", str(words))
    return _SIGNS.sub(r"\\\1", _SHORTCODE.sub(f":{_JOINER}", line))
