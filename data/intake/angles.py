"""What a coordinate cell says: a number, and how finely and of which axis it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LON: Final = "lon"
LAT: Final = "lat"


@dataclass(frozen=True)
class Angle:
    """A number from a coordinate cell: degrees, or metres of a projected system.

    `axis` is "lon" or "lat" where the notation says it, else "". `decimals` is how finely it is
    given, in decimal places of a degree (minutes and seconds are converted).
    """

    value: float
    axis: str = ""
    decimals: int = 9
