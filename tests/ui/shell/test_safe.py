"""Words of users, made harmless."""

from __future__ import annotations

import html
import re

import pytest

from tests.maps.hostile_texts import HOSTILE
from ui.shell.safe import in_html, in_markdown
from ui.shell.session import safe_name

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


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("清单（百度坐标）.XLSX", "清单（百度坐标）.xlsx"),
        ("../../etc/passwd", "____etc_passwd"),
        ("a/b\\c:d.csv", "a_b_c_d.csv"),
        ("CON.csv", "file_CON.csv"),
        ("nul.tar.csv", "file_nul.tar.csv"),
        ("contour.csv", "contour.csv"),
        (".csv", "file_.csv"),
        ("..", "_"),
        ("a!b.zip", "a_b.zip"),
        ("\0\n.csv", "__.csv"),
    ],
)
def test_a_file_name_keeps_its_words_and_loses_its_power(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_file_name_is_short_enough_for_every_system() -> None:
    assert len(safe_name("长" * 500 + ".xlsx").encode()) < 255
