"""What coordinate systems and tiers are called on the page."""

from __future__ import annotations

from data.standards import open_standard
from geo.datum import SYSTEM_TITLES as SYSTEMS
from geo.datum import system_title
from ui.shell.choices import choices, words

__all__ = ["SYSTEMS", "system_title", "tier_name"]


def tier_name(tier: str) -> str:
    """A tier in the words of the standard in use, in the reader's language."""
    said = open_standard(choices().standard).tier_title(tier)
    return said if isinstance(said, str) else words()(said)
