"""`fetch`: a place's streets, units and facilities from OpenStreetMap."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language, Out
from geo.text import text


def fetch(
    place: Annotated[str, typer.Argument(help="As on the map, with the city or the country.")],
    out: Out,
    margin: Annotated[float, typer.Option(min=0, help="Metres of streets beyond the place.")] = 1250.0,
    country: Annotated[str, typer.Option(help="Whose levels of units: cn, or other.")] = "cn",
    tiers: Annotated[Path | None, typer.Option(help="TOML table of tags and tiers.")] = None,
    overpass: Annotated[
        str, typer.Option(help="Overpass API or a mirror.", envvar="SERVICE_CIRCLE_OVERPASS")
    ] = "https://overpass-api.de/api",
    nominatim: Annotated[
        str, typer.Option(help="Nominatim or a mirror.", envvar="SERVICE_CIRCLE_NOMINATIM")
    ] = "https://nominatim.openstreetmap.org",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be asked; looks up the place.")
    ] = False,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Get streets, units and known facilities of a place from OpenStreetMap."""
    with front_door(lang) as (say, tell):
        from data.osm_fetch import Servers, read_tiers
        from jobs.fetch import Fetch, fetch, plan_fetch

        wish = Fetch(place, margin, country, read_tiers(tiers), Servers(overpass, nominatim))
        if dry_run:
            asked = plan_fetch(wish, out=out, progress=tell)
            answer(as_json, asked.as_json(), lambda: [*map(say, asked.lines())])
            return
        done = fetch(wish, out=out, progress=tell)
        go_on = say(text("Go on with (residents must come from elsewhere):"))
        answer(
            as_json,
            done.as_json(),
            lambda: [say(done.line()), *map(str, done.files.values()), go_on, done.next_command()],
        )
