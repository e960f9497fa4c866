"""`batch`: many areas of a plan, on the cores of this machine or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.front import answer, front_door
from commands.given import read_options
from commands.options import NETWORKS, AsJson, Lang, Language
from commands.spread import spread
from commands.suggest import request_of
from core.errors import SettingError, UserError
from core.text import Text, labelled, listed, text

if TYPE_CHECKING:
    from jobs.batch.plan import Area, Given


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Where the work is done."""

    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask cluster (tls://…); its certificates as Dask is set.")
    ] = ""
    workers: Annotated[int, typer.Option(min=0, help="Worker processes on this machine; 0: one a core.")] = 0


@spread
def batch(
    where: WorkerOptions,
    plan: Annotated[Path | None, typer.Argument(help="A TOML file: areas, and what is made of each.")] = None,
    out: Annotated[
        str, typer.Option(help="Folder for the results, or an address of fsspec (s3://…, sftp://…).")
    ] = "",
    status: Annotated[
        str, typer.Option(help="Only tell how far the batch in this folder or at this address is.")
    ] = "",
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Assess many areas: a result folder each, and tables, a map and a workbook over all of them."""
    with front_door(lang) as (tr, report):
        from jobs.batch.run import Workers, run_batch, status_of

        if status:
            state = status_of(status)
            answer(as_json, state, lambda: [tr(said) for said in _state_lines(state)])
            return
        if plan is None or not out:
            missing = [name for name, value in (("PLAN", plan), ("--out", out)) if not value]
            raise SettingError("Missing: {options}.", options=listed(missing))
        from jobs.batch.plan import read_plan

        done = run_batch(
            read_plan(plan, area_of),
            out=out,
            cache=NETWORKS,
            language=lang.value,
            on=Workers(where.scheduler, where.workers),
            progress=report,
        )
        state = status_of(done.out)
        answer(as_json, state, lambda: [*(tr(said) for said in _state_lines(state)), str(done.out)])
    if not done.complete:
        raise typer.Exit(2)


def _state_lines(state: Mapping[str, Any]) -> list[Text]:
    from core.text import text_from_json

    titles = {
        "done": text("made"),
        "skipped": text("there already"),
        "failed": text("failed"),
        "stopped": text("stopped"),
        "waiting": text("to be made"),
    }
    counts = state["counts"]
    lines = [labelled(titles[name], n) for name, n in counts.items()]
    lines += [
        labelled(row["name"], text_from_json(row["message"])) for row in state["areas"] if row.get("message")
    ]
    return lines


def area_of(given: Given, make: Sequence[str]) -> Area:
    """The area whose options are as given, read as the command line would; an option goes to every verb
    that has it. SettingError names the area, the option and what is near it."""
    from jobs.batch.plan import Area

    made = read_options(given, ("assess", *(verb for verb in make if verb != "assess")))
    try:
        study = made["assess"]
        files = type(study)(**{**vars(study), "name": study.name or given.name}).files()
        request = request_of(made["suggest"]) if "suggest" in made else None
    except UserError as error:
        raise SettingError("{place}: {problem}", place=given.place, problem=error.message) from error
    wish = made["isochrones"].wish() if "isochrones" in made else None
    return Area(given.name, given.code, files, request, wish, given.tiles)
