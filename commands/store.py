"""`store`: make, verify, back up, restore and tidy what is kept; who may what."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.spread import spread
from commands.stored import AtStore, OfCity
from commands.verbs import Verbs
from core.text import text

store = Verbs(no_args_is_help=True, help="Make, verify, back up, restore and tidy the store.")
File = Annotated[Path, typer.Argument(help="The backup: one zip file.")]


@store.command()
@spread
def init(
    at: AtStore,
    version: Annotated[
        str, typer.Option("--version", help="Take the tables back to this version instead, such as 0003.")
    ] = "",
) -> None:
    """Make a store, or bring an older one up to this program's version."""
    with front_door(at.lang) as (tr, _):
        from data.store.engine import take_back
        from jobs.collect.permissions import actor

        made = at.open(make=not version)
        actor(made, at.by).require("store.keep")
        if version:
            take_back(made, version)
        said = text("The store is ready: {folder}", folder=str(made.files.folder.parent))
        answer(at.as_json, {"format": 1, "ready": True}, lambda: [tr(said)])


@store.command()
@spread
def check(at: AtStore) -> None:
    """Verify every hash, every reference, every row and the chain of events; exit 2 if anything is wrong."""
    with front_door(at.lang) as (tr, _):
        from data.store.check import check_store
        from jobs.collect.permissions import actor

        kept = at.open()
        actor(kept, at.by).require("store.keep")
        wrong = check_store(kept)
        said = [tr(problem) for problem in wrong]
        good = [tr(text("Everything is there and is what was written."))]
        answer(at.as_json, {"format": 1, "ok": not wrong, "problems": said}, lambda: said or good)
    if wrong:
        raise typer.Exit(2)


@store.command()
@spread
def backup(file: File, at: AtStore) -> None:
    """Write everything of one moment into one file."""
    with front_door(at.lang) as (tr, _):
        from data.store.backup import write_backup
        from jobs.collect.permissions import actor

        kept = at.open()
        actor(kept, at.by).require("store.keep")
        events = write_backup(kept, file)
        said = text("{events} events and all files are in {file}.", events=events, file=str(file))
        answer(at.as_json, {"format": 1, "file": str(file), "events": events}, lambda: [tr(said)])


@store.command()
@spread
def restore(file: File, at: AtStore) -> None:
    """Bring a backup into a store that is new or empty."""
    with front_door(at.lang) as (tr, _):
        from data.store.backup import restore_backup
        from jobs.collect.permissions import actor

        kept = at.open(make=True)
        actor(kept, at.by).require("store.keep")
        events = restore_backup(kept, file)
        said = text("{events} events and all files were brought back and verified.", events=events)
        answer(at.as_json, {"format": 1, "events": events}, lambda: [tr(said)])


@store.command()
@spread
def tidy(at: AtStore) -> None:
    """Remove originals whose day has come, and files that nothing refers to."""
    with front_door(at.lang) as (tr, _):
        from data.store.tidy import tidy_store
        from jobs.collect.permissions import actor

        kept = at.open()
        who = actor(kept, at.by)
        who.require("store.keep")
        originals, left = tidy_store(kept, today=date.today(), by=who.name)
        said = text(
            "{originals} {originals:original|originals} and {left} {left:file|files} without a reference "
            "were removed.",
            originals=originals,
            left=left,
        )
        answer(at.as_json, {"format": 1, "originals": originals, "unreferenced": left}, lambda: [tr(said)])


@store.command()
@spread
def person(
    name: Annotated[str, typer.Argument(help="Who it is.")],
    role: Annotated[str, typer.Option(help="planner, office, reader or admin.")],
    at: AtStore,
    city: OfCity = "",
    office: Annotated[str, typer.Option(help="For the role “office”: which of the city's.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the role away.")] = False,
) -> None:
    """Give a person a role, or take it away. From the first on, unknown names are refused."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.permissions import RoleChange, change_role

        change_role(at.open(city=city), RoleChange(name, role, city, office, not remove), by=at.by)
        said = text("It is on disk.")
        document = {"format": 1, "name": name, "role": role, "granted": not remove}
        answer(at.as_json, document, lambda: [tr(said)])


Name = Annotated[str, typer.Argument(help="Who it is.")]


@store.command()
@spread
def invite(name: Name, at: AtStore) -> None:
    """A link with which a person sets a password, once, within a week; for a server with local accounts."""
    with front_door(at.lang) as (_, _report):
        from jobs.sign_in.accounts import make_link

        link = f"/password?link={make_link(at.open(), name, by=at.by)}"
        answer(at.as_json, {"format": 1, "name": name, "link": link}, lambda: [link])


@store.command("end-sessions")
@spread
def end_sessions(name: Name, at: AtStore) -> None:
    """End all sessions of a person: their browsers have to sign in again."""
    with front_door(at.lang) as (tr, _):
        from jobs.sign_in.accounts import end_sessions as end

        count = end(at.open(), name, by=at.by)
        said = text("{count} {count:session was|sessions were} ended.", count=count)
        answer(at.as_json, {"format": 1, "name": name, "ended": count}, lambda: [tr(said)])
