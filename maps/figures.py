"""Numbers as the reader's language writes them."""

from __future__ import annotations

import math
from typing import Final

from core.text import Text, text
from maps.safe_text import Voice, safe

_WAN: Final = 10_000


def people(voice: Voice, residents: float) -> str:
    """Residents as safe HTML; from 10,000 up Chinese counts in 万, with the exact number behind it."""
    exact = f"{residents:,.0f}"
    if voice.chinese and round(residents) >= _WAN:
        return f'<span title="{safe(exact)}">{safe(f"{residents / _WAN:.2f}万")}</span>'
    return safe(exact)


def metres(distance_m: float) -> Text:
    """A distance in whole metres, or that there is none."""
    if math.isinf(distance_m):
        return text("cannot be reached")
    return text("{distance:,.0f} m", distance=distance_m)
