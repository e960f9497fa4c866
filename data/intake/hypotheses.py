"""What the degrees of a list may be: every way in which they come to lie wrong, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.text import Text, text
from coverage.model.tables import Floats
from geo.crs import project
from geo.datum import BD09, GCJ02, WGS84, LonLat, convert

UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Hypothesis:
    """`steps` are the conversions that lead from the list's degrees to WGS-84. `system` is what it
    is called in results; mistakes of conversion have no name there and are never decided alone."""

    id: str
    system: str
    title: Text
    steps: tuple[tuple[str, str], ...]


HYPOTHESES: Final = (
    Hypothesis("wgs84", WGS84, text("WGS-84 or CGCS2000, true coordinates"), ()),
    Hypothesis("gcj02", GCJ02, text("GCJ-02, of Amap or Tencent"), ((GCJ02, WGS84),)),
    Hypothesis("bd09", BD09, text("BD-09, of Baidu"), ((BD09, WGS84),)),
    Hypothesis("gcj02-twice", UNKNOWN, text("shifted to GCJ-02 twice"), ((GCJ02, WGS84), (GCJ02, WGS84))),
    Hypothesis("gcj02-removed", UNKNOWN, text("true, but “corrected” from GCJ-02"), ((WGS84, GCJ02),)),
    Hypothesis("bd09-removed", UNKNOWN, text("true, but “corrected” from BD-09"), ((WGS84, BD09),)),
    Hypothesis(
        "gcj02-as-bd09", UNKNOWN, text("GCJ-02, but “corrected” from BD-09"), ((GCJ02, BD09), (GCJ02, WGS84))
    ),
    Hypothesis(
        "bd09-as-gcj02", UNKNOWN, text("BD-09, but “corrected” from GCJ-02"), ((WGS84, GCJ02), (BD09, WGS84))
    ),
    Hypothesis(
        "bd09-twice", UNKNOWN, text("shifted from GCJ-02 to BD-09 twice"), ((BD09, GCJ02), (BD09, WGS84))
    ),
)  # fmt: skip
SYSTEM_OF: Final = tuple(hypothesis.system for hypothesis in HYPOTHESES)


def place(hypothesis: Hypothesis, lon: Floats, lat: Floats) -> LonLat:
    """Where the degrees lie in WGS-84 if the hypothesis is true."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    for source, target in hypothesis.steps:
        x, y = convert(x, y, source, target)
    return x, y


def placed_xy(lon: Floats, lat: Floats, crs: str) -> NDArray[np.float64]:
    """(n, hypotheses, 2) metres: where each point lies under each hypothesis."""
    return np.stack([project(*place(hypothesis, lon, lat), crs) for hypothesis in HYPOTHESES], axis=1)
