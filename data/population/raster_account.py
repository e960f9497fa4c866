"""What of a raster did not become a resident of the study, to the resident."""

from __future__ import annotations

from collections import Counter

from core.text import Text, text
from coverage.model.tables import Floats
from data.intake.findings import INFO, WARNING, Finding, Level
from data.population.pixels import Pixels, Tally, at_border

_Remark = tuple[bool, Level, str, Text]


def account(file: str, pixels: Pixels, residents: Floats, tally: Tally, area_m2: Floats) -> list[Finding]:
    """What did not become a resident of the study, to the resident."""
    border = at_border(pixels, residents)
    remarks: list[_Remark] = [
        (
            border.pixels > 0,
            INFO,
            "population-border",
            text(
                "{pixels:,} {pixels:pixel lies|pixels lie} on the border of the area. By their centres "
                "{counted:,.1f} of their residents count and {left_out:,.1f} do not.",
                pixels=border.pixels,
                counted=border.counted,
                left_out=border.left_out,
            ),
        ),
        (
            tally.nodata > 0,
            INFO,
            "population-nodata",
            text(
                "{pixels:,} {pixels:pixel|pixels} of the area (about {km2:,.1f} km²) have no number; "
                "nobody is counted there.",
                pixels=tally.nodata,
                km2=tally.nodata * float(area_m2.mean()) / 1e6,
            ),
        ),
        (
            bool(tally.negative),
            WARNING,
            "population-negative",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a negative number ({numbers}); nobody is "
                "counted there.",
                pixels=sum(tally.negative.values()),
                numbers=_numbers(tally.negative),
            ),
        ),
        (
            bool(tally.undeclared),
            WARNING,
            "population-undeclared-nodata",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a number that stands for “no data” "
                "although the file "
                "does not say so ({numbers}); nobody is counted there.",
                pixels=sum(tally.undeclared.values()),
                numbers=_numbers(tally.undeclared),
            ),
        ),
    ]
    return [Finding(file, "", 0, "", level, code, message) for said, level, code, message in remarks if said]


def _numbers(found: Counter[float]) -> str:
    """The numbers with how many pixels hold each, the commonest first."""
    return ", ".join(f"{value:.10g} × {pixels:,}" for value, pixels in found.most_common(5)) + (
        " …" if len(found) > 5 else ""
    )
