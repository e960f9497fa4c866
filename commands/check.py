"""`check`: what a list says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Datum, Lang, Language, Out, UnitsFile


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
    with front_door(lang) as (say, tell):
        from jobs.check import ListFiles, check_lists
        from jobs.summary import check_lines

        files = ListFiles(lists, datum=datum, units=units, reference=reference)
        report = check_lists(files, out=out, progress=tell, language=lang.value)
        answer(as_json, report.as_json(), lambda: [*check_lines(report.as_json(), say), str(out)])
