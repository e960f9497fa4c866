"""The options that several verbs share, and their values."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

# Built street networks, remembered by their content; safe to delete.
NETWORKS: Final = Path(__file__).parents[1] / ".cache" / "networks"


class Language(StrEnum):
    zh = "zh"
    en = "en"


class By(StrEnum):
    radius = "radius"
    walk = "walk"


class Goals(StrEnum):
    most_people = "most-people"
    fewest_sites = "fewest-sites"
    least_walking = "least-walking"
    least_worst = "least-worst"


class More(StrEnum):
    """As `jobs.also.ALSO` has them; that takes a second to import."""

    isochrones = "isochrones"
    barriers = "barriers"
    bands = "bands"
    timeline = "timeline"
    supply = "supply"
    parts = "split"


class As(StrEnum):
    dissolved = "dissolved"
    each = "each"
    nearest = "nearest"


class Profile(StrEnum):
    internal = "internal"
    public = "public"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Lang = Annotated[
    Language, typer.Option("--lang", help="Language of words and results.", envvar="SERVICE_CIRCLE_LANG")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
Lists = Annotated[list[Path], typer.Option("--facilities", help="Facility list; give it again for more.")]
People = Annotated[Path, typer.Option("--population", help="Residents: table, map layer or GeoTIFF.")]
Streets = Annotated[Path, typer.Option("--network", help="Streets: OSM, GraphML or lines.")]
UnitsFile = Annotated[Path | None, typer.Option("--units", help="Districts, streets, communities.")]
StandardName = Annotated[str, typer.Option("--standard", help="A preset's id, or a TOML file.")]
Datum = Annotated[str, typer.Option("--datum", help="auto, wgs84, gcj02, bd09 or epsg:N.")]
PopulationUnit = Annotated[
    str, typer.Option("--population-unit", help="What a raster counts: auto, count, per_ha, per_km2.")
]
Heal = Annotated[
    float, typer.Option("--heal", min=0, help="Close gaps between streets up to so many metres.")
]
Also = Annotated[
    list[More], typer.Option("--also", help="Make this too, though it takes longer; may be given again.")
]
AreaName = Annotated[str, typer.Option("--name", help="What the area is called in the results.")]
