"""Where streets were healed and which of them are islands, as sentences with a place each."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.text import Text, text
from data.intake.findings import INFO, WARNING, Finding
from geo.crs import unproject
from geo.network.close_gaps import Healed
from geo.network.network import WalkNetwork

# Shorter islands are counted, not listed: steps in a yard, a bit of path in a park.
LISTED_FROM_M: Final = 500.0
MOST_LISTED: Final = 200


def island_findings(network: WalkNetwork) -> tuple[Text, ...]:
    """How much of the street length hangs together; nothing where all does."""
    found = network.islands
    if not found.count:
        return ()
    metres = found.outside_m
    length = (
        text("{km:,.1f} km", km=metres / 1000) if metres >= 1000 else text("{metres:,.0f} m", metres=metres)
    )
    return (
        text(
            "{share:.1%} of the street length hangs together; {count} {count:island|islands} with {length} "
            "of street cannot be walked to.",
            share=found.share,
            count=found.count,
            length=length,
        ),
    )


def island_remarks(file: str, network: WalkNetwork) -> tuple[Finding, ...]:
    """The longer islands, longest first, each with a place on its longest street."""
    found = network.islands
    listed = np.flatnonzero(found.length_m[1:] >= LISTED_FROM_M)[:MOST_LISTED] + 1
    lon, lat = unproject(places_of_components(network, listed), network.crs)
    return tuple(
        _remark(
            file,
            "street-island",
            text(
                "An island of {km:.1f} km of street at {lon:.5f}, {lat:.5f} cannot be walked to.",
                km=float(found.length_m[island]) / 1000,
                lon=float(x),
                lat=float(y),
            ),
        )
        for island, x, y in zip(listed, lon, lat, strict=True)
    )


def healed_findings(healed: Healed | None, tolerance_m: float) -> tuple[Text, ...]:
    """How many gaps were closed; nothing where healing was not asked for."""
    if healed is None:
        return ()
    return (
        text(
            "{count} {count:gap|gaps} of up to {tolerance:g} m between streets {count:was|were} closed; "
            "findings.csv lists {count:it|them}.",
            count=len(healed.gap_m),
            tolerance=tolerance_m,
        ),
    )


def healed_remarks(file: str, healed: Healed | None, crs: str) -> tuple[Finding, ...]:
    """Every gap that was closed, with its place and its length."""
    if healed is None:
        return ()
    lon, lat = unproject(healed.gap_xy, crs)
    return tuple(
        _remark(
            file,
            "gap-healed",
            text(
                "A gap of {metres:.2f} m between streets at {lon:.6f}, {lat:.6f} was closed.",
                metres=float(metres),
                lon=float(x),
                lat=float(y),
            ),
        )
        for metres, x, y in zip(healed.gap_m, lon, lat, strict=True)
    )


def places_of_components(network: WalkNetwork, listed: np.ndarray) -> np.ndarray:
    """A vertex of the longest edge of each of these components (k, 2), metres."""
    found = network.islands
    order = np.lexsort((-network.edge_length_m, found.component))
    first = order[np.searchsorted(found.component[order], listed)]
    middle = (network.vertex_start[first] + network.vertex_start[first + 1]) // 2
    return np.asarray(network.vertex_xy[middle]).reshape(-1, 2)


def _remark(file: str, code: str, message: Text) -> Finding:
    level = INFO if code == "gap-healed" else WARNING
    return Finding(file, "", 0, "", level, code, message)
