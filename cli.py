"""The command line: the same verbs as the pages, without a browser.

Progress goes to stderr, a short summary (or JSON) to stdout. Exit codes: 0 done, 2 bad input, 1 a defect.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo.errors import UserError
from geo.progress import Progress as Tell
from geo.text import Text, text
from jobs.inputs import StudyFiles
from locales import Translator, translator

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

# Built street networks, remembered by their content; safe to delete.
_CACHE = Path(__file__).parent / ".cache" / "networks"


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
AreaName = Annotated[str, typer.Option("--name", help="What the area is called in the results.")]


@app.command()
def demo(folder: Path, lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Write the demo city's input files."""
    with _front_door(lang) as (say, tell):
        from data.demo import SYNTHETIC, write_demo

        files = write_demo(folder, progress=tell)
        names = {name: str(path) for name, path in vars(files).items()}
        _answer(as_json, {"format": 1, "files": names}, lambda: [say(SYNTHETIC), *names.values()])


@app.command()
def check(
    lists: Annotated[list[Path], typer.Argument(help="Facility lists.")],
    out: Out,
    units: UnitsFile = None,
    reference: Annotated[Path | None, typer.Option(help="A layer in true coordinates.")] = None,
    datum: Datum = "auto",
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Check facility lists: what is accepted, what is refused and how to mend it."""
    with _front_door(lang) as (say, tell):
        from jobs.check import ListFiles, check_lists
        from jobs.summary import check_lines

        files = ListFiles(lists, datum=datum, units=units, reference=reference)
        report = check_lists(files, out=out, progress=tell, language=lang.value)
        _answer(as_json, report.as_json(), lambda: [*check_lines(report.as_json(), say), str(out)])


@app.command()
def assess(
    facilities: Lists,
    population: People,
    network: Streets,
    out: Out,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Measure a city against a standard and write the assessment folder."""
    with _front_door(lang) as (say, tell):
        from jobs.assess import assess_files
        from jobs.summary import closing_lines

        files = StudyFiles(
            tuple(facilities), population, network, units, standard, datum, name, population_unit, heal
        )
        results = assess_files(files, out=out, language=lang.value, cache=_CACHE, progress=tell).results
        if not as_json:
            _print_verdicts(results, say)
        _answer(as_json, results.document, lambda: [*closing_lines(results, say), str(out)])


@app.command()
def suggest(
    facilities: Lists,
    population: People,
    network: Streets,
    tier: Annotated[str, typer.Option(help="What is to be built: station, centre, …")],
    out: Out,
    goal: Annotated[Goals, typer.Option(help="What is best.")] = Goals.most_people,
    count: Annotated[int, typer.Option(min=1, help="How many sites.")] = 5,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="fewest-sites: of those who can be served.")
    ] = 1.0,
    by: Annotated[By, typer.Option(help="Straight radius, or on foot.")] = By.radius,
    units: UnitsFile = None,
    standard: StandardName = "nanjing-2011",
    datum: Datum = "auto",
    candidates: Annotated[Path | None, typer.Option(help="Places to choose from.")] = None,
    exclude: Annotated[Path | None, typer.Option(help="Areas to leave out.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    gap: Annotated[float, typer.Option(help="Stop when this near the best possible, 0.01 = 1 %.")] = 0.0,
    name: AreaName = "",
    population_unit: PopulationUnit = "auto",
    heal: Heal = 0.0,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Choose the best sites for new facilities, with a proof or a bound."""
    with _front_door(lang) as (say, tell):
        from jobs.suggest import Wish, suggest_files
        from jobs.summary import closing_lines

        files = StudyFiles(
            tuple(facilities), population, network, units, standard, datum, name, population_unit, heal
        )
        wish = Wish(tier, count, goal.value, by.value, candidates, exclude, time_limit, gap, share)
        results = suggest_files(
            files, wish, out=out, language=lang.value, cache=_CACHE, progress=tell
        ).results
        plan = results.plan.plan if results.plan is not None else {}
        _answer(as_json, plan, lambda: [*closing_lines(results, say), str(out)])


@app.command()
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
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Get streets, units and known facilities of a place from OpenStreetMap."""
    with _front_door(lang) as (say, tell):
        from data.osm_fetch import Servers, read_tiers
        from jobs.fetch import Fetch, fetch

        wish = Fetch(place, margin, country, read_tiers(tiers), Servers(overpass, nominatim))
        done = fetch(wish, out=out, progress=tell)
        _answer(as_json, done.as_json(), lambda: [say(done.line()), *map(str, done.files.values())])


@app.command()
def export(
    folder: Path,
    to: Annotated[str, typer.Option("--to", help="html or xlsx")] = "html",
    lang: Lang = Language.zh,
    profile: Profile = Profile.internal,
    as_json: AsJson = False,
) -> None:
    """Make one product from a result folder."""
    with _front_door(lang):
        from jobs.export import export as export_folder

        path = export_folder(folder, to=to, language=lang.value, profile=profile.value)
        _answer(as_json, {"format": 1, "file": str(path)}, lambda: [str(path)])


@contextmanager
def _front_door(lang: Language) -> Iterator[tuple[Translator, Tell]]:
    """Progress on stderr; a user's error in the user's words and exit 2. The one handler here."""
    say = translator(lang.value)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    )
    task = bar.add_task("", total=1.0)

    def tell(share: float, doing: Text) -> None:
        bar.update(task, completed=share, description=say(doing))

    try:
        with bar:
            yield say, tell
    except UserError as error:
        console.print(say(error.message), style="red", markup=False, highlight=False)
        raise typer.Exit(2) from error
    except Exception as defect:
        _save_defect(defect, console, say)
        raise typer.Exit(1) from defect


def _save_defect(defect: Exception, console: Console, say: Translator) -> None:
    sentence = text(
        "This is a defect of the program, not of your data: {what}", what=f"{type(defect).__name__}: {defect}"
    )
    console.print(say(sentence), style="red", markup=False, highlight=False)


def _answer(as_json: bool, document: Mapping[str, Any], lines: Callable[[], list[str]]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(lines()) + "\n")


def _print_verdicts(results: Any, say: Translator) -> None:
    from jobs.summary import assessment_rows

    head, rows = assessment_rows(results, say)
    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table, markup=False)


if __name__ == "__main__":
    app()
