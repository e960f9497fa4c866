"""Numbers as a planner reads them: 1.23万 in Chinese, one decimal for shares, n of N beside them."""

from __future__ import annotations

from typing import Final

_WAN: Final = 10_000


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
