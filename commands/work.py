"""`job` and `worker`: long work that outlives whoever asked for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import NETWORKS
from commands.spread import spread
from commands.stored import AtStore, OfCity, kept_number
from commands.verbs import Verbs
from core.text import Text, text

job = Verbs(no_args_is_help=True, help="Long work in the store: ask for it, follow it, fetch it.")
Number = Annotated[str, typer.Argument(metavar="ID", parser=kept_number, help="The job's number.")]


@job.command("assess")
@spread
def job_assess(
    city: OfCity,
    at: AtStore,
    day: Annotated[str, typer.Option("--at", help="As the lists were known by this day.")] = "",
) -> None:
    """Put the assessment of a city of the store in the queue."""
    with front_door(at.lang) as (tr, tell):
        from jobs.collect.work import ask_for_result

        store = at.open(city=city, progress=tell)
        document = ask_for_result(store, city, at=day, by=at.by, language=at.lang.value)
        said = text("{id} waits for a worker.", id=document["id"])
        answer(at.as_json, document, lambda: [tr(said)])


@job.command("list")
@spread
def job_list(at: AtStore) -> None:
    """What was asked for, and how it stands."""
    with front_door(at.lang) as (_, _report):
        from jobs.collect.work import jobs_document

        document = jobs_document(at.open(), by=at.by)
        lines = [
            f"{one['id']}  {one['state']}  {one['asked']['city']}  {one['said']}" for one in document["jobs"]
        ]
        answer(at.as_json, document, lambda: lines)


@job.command("cancel")
@spread
def job_cancel(number: Number, at: AtStore) -> None:
    """Take a job back."""
    with front_door(at.lang) as (_, _report):
        from jobs.collect.work import cancel

        document = cancel(at.open(), number, by=at.by)
        answer(at.as_json, document, lambda: [f"{number}: {document['state']}"])


@job.command("result")
@spread
def job_result(
    number: Number, out: Annotated[Path, typer.Option("--out", help="Folder for the results.")], at: AtStore
) -> None:
    """Write the folder that a job has made."""
    with front_door(at.lang) as (_, _report):
        from jobs.collect.work import write_result

        count = write_result(at.open(), number, out, by=at.by)
        answer(at.as_json, {"format": 1, "id": number, "files": count}, lambda: [str(out)])


@spread
def worker(
    at: AtStore,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to do.")] = False,
) -> None:
    """Do the long work that the store's people ask for; several may run, on several machines."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.permissions import actor
        from jobs.collect.work import work

        def report(said: Text) -> None:
            sys.stderr.write(f"{tr(said)}\n")

        store = at.open()
        actor(store, at.by).require("job.work")
        done = work(store, once=once, cache=NETWORKS, report=report)
        said = text("{count} {count:job was|jobs were} done.", count=done)
        answer(at.as_json, {"format": 1, "done": done}, lambda: [tr(said)])
