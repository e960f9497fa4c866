"""`compare`: an office's lists beside what OpenStreetMap knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Datum, Lang, Language, Out


def compare(
    lists: Annotated[list[Path], typer.Argument(help="The office's lists.")],
    osm: Annotated[Path, typer.Argument(help="A folder of fetch, or its facilities.csv.")],
    out: Out,
    datum: Datum = "auto",
    similarity: Annotated[
        float, typer.Option(min=0, max=1, help="Names at least so alike mean one facility.")
    ] = 0.8,
    near: Annotated[float, typer.Option(min=0, help="In place up to so many metres.")] = 150.0,
    far: Annotated[float, typer.Option(min=0, help="Another facility beyond so many metres.")] = 3000.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Compare facility lists with OpenStreetMap: missing, elsewhere, closed."""
    with front_door(lang) as (say, tell):
        from jobs.compare import Alike, compare_with_osm

        alike = Alike(similarity, near, far)
        done = compare_with_osm(lists, osm, out=out, datum=datum, alike=alike, progress=tell)
        answer(as_json, done.as_json(), lambda: [*map(say, done.lines()), str(out)])
