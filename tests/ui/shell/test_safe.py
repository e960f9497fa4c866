"""Words of users, made harmless."""

from __future__ import annotations

import html
import re

import pytest

from tests.maps.hostile_texts import HOSTILE
from ui.shell.safe import in_html, in_markdown

MARKDOWN = (
    "**b**",
    "![x](http://a.b/c.png)",
    "[x](javascript:alert(1))",
    ":material/home:",
    "$x$",
    "# x",
    "- x",
)


@pytest.mark.parametrize("words", [*HOSTILE, *MARKDOWN])
def test_html_gives_the_same_words_back_and_no_tag(words: str) -> None:
    safe = in_html(words)
    assert html.unescape(safe) == words
    assert not set("<>\"'") & set(safe)


@pytest.mark.parametrize("words", [*HOSTILE, *MARKDOWN])
def test_in_markdown_every_sign_is_taken_back(words: str) -> None:
    safe = in_markdown(words)
    assert re.fullmatch(r"(\\[!-/:-@\[-`{-~]|[^!-/:-@\[-`{-~])*", safe)
    assert re.sub(r"\\(.)|\u2060", r"\1", safe) == " ".join(words.split("\n"))


def test_lines_become_one() -> None:
    assert in_markdown("a\n\n# b") == "a \\# b"
