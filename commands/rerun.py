"""`rerun`: a result made again from its provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from core.text import text


def rerun(
    folder: Path,
    out: Out,
    inputs: Annotated[
        Path | None, typer.Option(help="Folder with the input files; they are found by their contents.")
    ] = None,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Make a result again from its provenance, and compare every table.

    Exit 2 when an input is missing or a table differs.
    """
    with front_door(lang) as (tr, report):
        from jobs.rerun import rerun as make_again

        done = make_again(folder, out=out, inputs=inputs, cache=NETWORKS, progress=report)
        said = text(
            "Made again ({verb}): {tables} {tables:table is|tables are} the same, byte by byte.",
            verb=done.verb,
            tables=len(done.tables),
        )
        answer(as_json, done.as_json(), lambda: [tr(said), str(out)])
