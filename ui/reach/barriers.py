"""The worst barriers: where a short crossing would save most walking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.text import Text, text
from maps import palette
from ui.shell.choices import words
from ui.shell.measured import Reading, title_of_rule
from ui.widgets.sections import answer, explained, number, table
from ui.widgets.small_map import city_box, dots_of, legend, list_map
from ui.widgets.tables import exact

_HEAD: Final = (
    text("No."), text("Where"), text("Crossing"), text("Way on foot now"), text("Times as far"),
    text("Residents gained"), text("Walking saved (resident-km)"),
)  # fmt: skip
_HEIGHT_PX: Final = 460


def barriers(reading: Reading) -> None:
    """The list with the map; each line is a crossing that would open the barrier."""
    found = reading.also("barriers").layers["barriers"]
    if not len(found):
        answer(text("No short crossing was found that would shorten anybody's walk much."))
        return
    rows = found.drop(columns="geometry").to_dict("records")
    first, most = rows[0], max(rows, key=lambda row: row["residents"])
    answer(
        text(
            "Of the crossings searched one of {length:,.0f} m at {place} would save most walking: "
            "{saved:,.0f} resident-km one way.",
            length=first["length_m"],
            place=first["place"] or text("number 1"),
            saved=first["saved_km"],
        ),
        text(
            "Most residents come within reach at number {rank}: {residents:,.0f}. Rule: {rule}.",
            rank=most["rank"],
            residents=most["residents"],
            rule=title_of_rule(reading.standard, most["rule"]),
        ),
    )
    _map(reading, found, rows)
    table(text("Worst barriers"), _HEAD, [_row(row) for row in rows])
    explained(
        text("How barriers are found"),
        text(
            "A candidate is a straight line of 50 to 600 m between two places on streets whose way on foot "
            "is at least 5 times as long. The 150 most promising are searched exactly; a lesser one may be "
            "missing. Whether a crossing can be built is not asked."
        ),
    )


def _map(reading: Reading, found: Any, rows: list[dict[Any, Any]]) -> None:
    from maps.still.picture import Paths
    from maps.still.sketch import Frame, Sketch

    done = reading.assessed()
    lines = [[(lon, lat) for lon, lat in line.coords] for line in found.geometry]
    titles = [
        text(
            "Barrier {rank}: {length:,.0f} m across, {walk} on foot now",
            rank=row["rank"],
            length=row["length_m"],
            walk=_walk(row),
        )
        for row in rows
    ]
    over = (Paths(lines, "barrier", titles, numbered=True),)
    west, south, east, north = found.total_bounds.tolist()
    box = (west, south, east, north) if len(rows) > 1 else city_box(done)
    sketch = Sketch(box, dots=(dots_of(done, look="other"),), over=over)
    list_map(sketch, Frame(text("Map: the worst barriers"), height_px=_HEIGHT_PX), key="barriers-map")
    legend([(str(palette.OVERLAYS["barrier"]["color"]), text("a crossing that is missing"))])


def _walk(row: Mapping[Any, Any]) -> Text:
    if row["walk_m"] is None or not row["walk_m"] < float("inf"):
        return text("no way")
    return text("{metres:,.0f} m", metres=row["walk_m"])


def _row(row: Mapping[Any, Any]) -> list[str]:
    tr = words()
    crossing = tr(text("{metres:,.0f} m", metres=row["length_m"]))
    gains = [exact(row["residents"]), exact(row["saved_km"])]
    return [
        str(row["rank"]),
        row["place"] or "–",
        crossing,
        tr(_walk(row)),
        number(row["detour"], 1),
        *gains,
    ]
