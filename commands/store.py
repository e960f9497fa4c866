"""`store`: make, verify, back up, restore and tidy what is kept; who may what."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language
from commands.stored import As, OfCity, Where, opened
from core.text import text

store = typer.Typer(no_args_is_help=True, help="Make, verify, back up, restore and tidy the store.")
File = Annotated[Path, typer.Argument(help="The backup: one zip file.")]


@store.command()
def init(where: Where = "", by: As = "", lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Make a store, or bring an older one up to this program's version."""
    with front_door(lang) as (tr, _):
        from jobs.collect.permissions import actor

        made = opened(where, make=True)
        actor(made, by).require("store.keep")
        said = text("The store is ready: {folder}", folder=str(made.files.folder.parent))
        answer(as_json, {"format": 1, "ready": True}, lambda: [tr(said)])


@store.command()
def check(where: Where = "", by: As = "", lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Verify every hash, every reference, every row and the chain of events; exit 2 if anything is wrong."""
    with front_door(lang) as (tr, _):
        from data.store.check import check_store
        from jobs.collect.permissions import actor

        kept = opened(where)
        actor(kept, by).require("store.keep")
        wrong = check_store(kept)
        said = [tr(problem) for problem in wrong]
        good = [tr(text("Everything is there and is what was written."))]
        answer(as_json, {"format": 1, "ok": not wrong, "problems": said}, lambda: said or good)
    if wrong:
        raise typer.Exit(2)


@store.command()
def backup(
    file: File, where: Where = "", by: As = "", lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Write everything of one moment into one file."""
    with front_door(lang) as (tr, _):
        from data.store.backup import write_backup
        from jobs.collect.permissions import actor

        kept = opened(where)
        actor(kept, by).require("store.keep")
        events = write_backup(kept, file)
        said = text("{events} events and all files are in {file}.", events=events, file=str(file))
        answer(as_json, {"format": 1, "file": str(file), "events": events}, lambda: [tr(said)])


@store.command()
def restore(
    file: File, where: Where = "", by: As = "", lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Bring a backup into a store that is new or empty."""
    with front_door(lang) as (tr, _):
        from data.store.backup import restore_backup
        from jobs.collect.permissions import actor

        kept = opened(where, make=True)
        actor(kept, by).require("store.keep")
        events = restore_backup(kept, file)
        said = text("{events} events and all files were brought back and verified.", events=events)
        answer(as_json, {"format": 1, "events": events}, lambda: [tr(said)])


@store.command()
def tidy(where: Where = "", by: As = "", lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Remove originals whose day has come, and files that nothing refers to."""
    with front_door(lang) as (tr, _):
        from data.store.tidy import tidy_store
        from jobs.collect.permissions import actor

        kept = opened(where)
        who = actor(kept, by)
        who.require("store.keep")
        originals, left = tidy_store(kept, today=date.today(), by=who.name)
        said = text(
            "{originals} {originals:original|originals} and {left} {left:file|files} without a reference "
            "were removed.",
            originals=originals,
            left=left,
        )
        answer(as_json, {"format": 1, "originals": originals, "unreferenced": left}, lambda: [tr(said)])


@store.command()
def person(
    name: Annotated[str, typer.Argument(help="Who it is.")],
    role: Annotated[str, typer.Option(help="planner, office, reader or admin.")],
    city: OfCity = "",
    office: Annotated[str, typer.Option(help="For the role “office”: which of the city's.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the role away.")] = False,
    where: Where = "",
    by: As = "",
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Give a person a role, or take it away. From the first one on, unknown names are refused."""
    with front_door(lang) as (tr, _):
        from jobs.collect.permissions import change_role

        change_role(opened(where), name, role, by=by, city=city, office=office, granted=not remove)
        said = text("It is on disk.")
        answer(as_json, {"format": 1, "name": name, "role": role, "granted": not remove}, lambda: [tr(said)])
