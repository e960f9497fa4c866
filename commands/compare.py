"""`compare`: an office's lists beside what OpenStreetMap knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from commands.front import answer, front_door
from commands.options import AsJson, Datum, Lang, Language, Out
from commands.spread import spread


@dataclass(frozen=True, kw_only=True)
class TwoSides:
    """What is compared."""

    lists: Annotated[tuple[Path, ...], Argument(help="The office's lists.")]
    osm: Annotated[Path, Argument(help="A folder of fetch, or its facilities.csv.")]
    datum: Datum = "auto"


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """When two of them are one facility."""

    similarity: Annotated[
        float,
        Option(min=0, max=1, help="Names at least so alike mean one facility."),
    ] = 0.8
    near: Annotated[float, Option(min=0, help="In place up to so many metres.")] = 150.0
    far: Annotated[float, Option(min=0, help="Another facility beyond so many metres.")] = 3000.0


@spread
def compare(
    sides: TwoSides, likeness: Likeness, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Compare facility lists with OpenStreetMap: missing, elsewhere, closed."""
    with front_door(lang) as (tr, report):
        from jobs.lists.compare import Alike, compare_with_osm

        alike = Alike(likeness.similarity, likeness.near, likeness.far)
        done = compare_with_osm(
            sides.lists, sides.osm, out=out, datum=sides.datum, alike=alike, progress=report
        )
        answer(as_json, done.as_json(), lambda: [*map(tr, done.lines()), str(out)])
