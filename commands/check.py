"""`check`: what a list says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Datum, Lang, Language, Out, UnitsFile

Stored = Annotated[
    list[Path] | None,
    typer.Option(help="A list kept already (accepted.csv of an earlier check); what it has too is told."),
]
Memory = Annotated[
    Path | None,
    typer.Option(help="Folder that remembers placings, decisions and columns (default: the result folder)."),
]
Geocode = Annotated[
    str,
    typer.Option(help="Locate addresses by tianditu (key in TIANDITU_KEY) or nominatim; needs a network."),
]
City = Annotated[str, typer.Option(help="Written before the addresses that are looked up.")]


def check(
    lists: Annotated[list[Path], typer.Argument(help="Facility lists.")],
    out: Out,
    units: UnitsFile = None,
    reference: Annotated[Path | None, typer.Option(help="A layer in true coordinates.")] = None,
    datum: Datum = "auto",
    stored: Stored = None,
    memory: Memory = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Read names and telephone numbers too.")
    ] = False,
    geocode: Geocode = "",
    city: City = "",
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Check facility lists: what is accepted, what is refused and how to mend it."""
    with front_door(lang) as (say, tell):
        from jobs.check import ListFiles, check_lists
        from jobs.summary import check_lines

        if geocode:
            from jobs.geocode import propose_places, require_service, with_proposals

            require_service(geocode)
        ground = ListFiles(lists, datum=datum, units=units, reference=reference)
        files = replace(ground, memory=memory, stored=stored or (), personal=personal)
        report = check_lists(files, out=out, progress=tell, language=lang.value)
        if geocode:
            report = with_proposals(report, propose_places(report, geocode, city=city, progress=tell))
        answer(as_json, report.as_json(), lambda: [*check_lines(report.as_json(), say), str(out)])
