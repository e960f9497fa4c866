"""`fetch`: a place's streets, units and facilities from OpenStreetMap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language, Out
from commands.spread import spread
from core.text import text

if TYPE_CHECKING:
    from jobs.fetch import Fetch


@dataclass(frozen=True, kw_only=True)
class FetchOptions:
    """Which place, what of it, and whom to ask."""

    place: Annotated[str, Argument(help="As on the map, with the city or the country.")]
    margin: Annotated[float, Option(min=0, help="Metres of streets beyond the place.")] = 1250.0
    country: Annotated[str, Option(help="Whose levels of units: cn, or other.")] = "cn"
    tiers: Annotated[Path | None, Option(help="TOML table of tags and tiers.")] = None
    overpass: Annotated[
        str,
        Option(help="Overpass API or a mirror.", envvar="SERVICE_CIRCLE_OVERPASS"),
    ] = "https://overpass-api.de/api"
    nominatim: Annotated[
        str,
        Option(help="Nominatim or a mirror.", envvar="SERVICE_CIRCLE_NOMINATIM"),
    ] = "https://nominatim.openstreetmap.org"

    def wish(self) -> Fetch:
        """InputError for a table of tiers that cannot be used."""
        from data.osm_fetch import Servers, read_tiers
        from jobs.fetch import Fetch

        servers = Servers(self.overpass, self.nominatim)
        return Fetch(self.place, self.margin, self.country, read_tiers(self.tiers), servers)


DryRun = Annotated[bool, Option("--dry-run", help="Only say what would be asked; looks up the place.")]


@spread
def fetch(
    wanted: FetchOptions,
    out: Out,
    dry_run: DryRun = False,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Get streets, units and known facilities of a place from OpenStreetMap."""
    with front_door(lang) as (tr, report):
        from jobs.fetch import fetch, plan_fetch

        if dry_run:
            asked = plan_fetch(wanted.wish(), out=out, progress=report)
            answer(as_json, asked.as_json(), lambda: [*map(tr, asked.lines())])
            return
        done = fetch(wanted.wish(), out=out, progress=report)
        go_on = tr(text("Go on with (residents must come from elsewhere):"))
        answer(
            as_json,
            done.as_json(),
            lambda: [tr(done.line()), *map(str, done.files.values()), go_on, done.next_command()],
        )
