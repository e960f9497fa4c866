"""Small tables as HTML: every cell literal, numbers to the right.

Coordinate systems and tiers by name; numbers as a planner reads them: 1.23万 in Chinese, one decimal for
shares, n of N beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.standards import open_standard
from geo.datum import SYSTEM_TITLES as SYSTEMS
from geo.datum import system_title
from ui.shell.choices import choices, words
from ui.shell.safe import Html, in_html

# Cells as short as this stay on one line.
_SHORT: Final = 14
__all__ = ["SYSTEMS", "system_title", "tier_name"]
_WAN: Final = 10_000


def small_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table with a head; cells that are numbers already written are told by their digits."""
    titles = "".join(f'<th scope="col">{in_html(title)}</th>' for title in head)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f'<table class="small"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'


def scrolling(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], *, css: str = "") -> str:
    """The same in a box that scrolls, also by keyboard; `title` is what it is called aloud."""
    box = f'<div class="scroll {css}" tabindex="0" role="region" aria-label="{in_html(title)}">'
    return f"{box}{small_table(head, rows)}</div>"


def _cell(value: object) -> str:
    if isinstance(value, Html):
        return f"<td>{value}</td>"
    written = str(value)
    number = written[:1].isdigit() and all(sign in "0123456789,.万%" for sign in written)
    kind = "number" if number else "short" if len(written) <= _SHORT else "long"
    return f'<td class="{kind}">{in_html(written)}</td>'


def tier_name(tier: str) -> str:
    """A tier in the words of the standard in use, in the reader's language."""
    said = open_standard(choices().standard).tier_title(tier)
    return said if isinstance(said, str) else words()(said)


def people(residents: float, language: str) -> str:
    """Residents; in Chinese counted in 万 from 10,000 up."""
    if language == "zh" and round(residents) >= _WAN:
        return f"{residents / _WAN:.2f}万"
    return exact(residents)


def exact(residents: float) -> str:
    return f"{residents:,.0f}"


def share(part: float) -> str:
    """0..1 as a percentage with one decimal."""
    return f"{part:.1%}"
