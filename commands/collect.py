"""The verbs of collecting lists: `city`, `round`, `submit`, `preview`, `review` and their like.

An exit code of 0 means that it is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.front import answer, front_door
from commands.options import NETWORKS, Datum
from commands.spread import spread
from commands.stored import AtStore, OfCity, kept_number
from commands.study import StudyOptions
from commands.verbs import Verbs
from core.errors import SettingError
from core.text import text
from locales import Translator

if TYPE_CHECKING:
    from jobs.collect.changes import ByRow

city = Verbs(no_args_is_help=True, help="The cities of the store.")
round_ = Verbs(no_args_is_help=True, help="Rounds in which offices are asked for their lists.")

Office = Annotated[str, typer.Option(help="Whose list it is.")]
Number = Annotated[str, typer.Argument(metavar="ID", parser=kept_number, help="The submission's number.")]


@city.command("add")
@spread
def city_add(
    called: Annotated[str, typer.Argument(metavar="NAME", help="What the city is called in the store.")],
    study: StudyOptions,
    at: AtStore,
    offices: Annotated[str, typer.Option(help="An office for each unit of this level.")] = "district",
) -> None:
    """Take in a city once: its files, and its lists as the offices' first versions."""
    with front_door(at.lang) as (tr, tell):
        from jobs.collect.cities import NewCity, add_city

        files = study.files(lists=False)
        store = at.open(make=True)
        document = add_city(store, NewCity(called, files, offices), by=at.by, cache=NETWORKS, progress=tell)
        answer(at.as_json, document, lambda: _offices(document, tr))


@city.command("list")
@spread
def city_list(at: AtStore) -> None:
    """The cities with their offices."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.cities import all_cities

        document = all_cities(at.open(), by=at.by)
        lines = [line for one in document["cities"] for line in (one["name"], *_offices(one, tr))]
        answer(at.as_json, document, lambda: lines)


@city.command("set")
@spread
def city_set(
    called: Annotated[str, typer.Argument(metavar="NAME", help="A city of the store.")],
    at: AtStore,
    own_review: Annotated[str, typer.Option(help="yes: who sent a list may accept it; no (the default).")],
) -> None:
    """Change what a city allows."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.review import OWN_REVIEW, set_city_rule

        set_city_rule(at.open(city=called), city=called, name=OWN_REVIEW, value=own_review, by=at.by)
        document = {"format": 1, "city": called, OWN_REVIEW: own_review}
        answer(at.as_json, document, lambda: [tr(text("It is on disk."))])


@round_.command("open")
@spread
def round_open(
    name: Annotated[str, typer.Argument(help="What the round is called.")],
    city: OfCity,
    due: Annotated[str, typer.Option(help="The day until which lists are asked for: 2026-03-31.")],
    at: AtStore,
    office: Annotated[tuple[str, ...], typer.Option(help="An office that is asked; without it, all.")] = (),
) -> None:
    """Ask offices for their lists."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.review import open_round

        document = open_round(at.open(city=city), name, city=city, due=due, asked=office, by=at.by)
        said = text(
            "{count} {count:office is|offices are} asked until {due}.",
            count=len(document["offices"]),
            due=due,
        )
        answer(at.as_json, document, lambda: [tr(said)])


@dataclass(frozen=True, kw_only=True)
class RowByRow:
    """What is said of single facilities of a list."""

    leave: Annotated[
        tuple[str, ...],
        typer.Option(help="A facility, by number, that stays as it was; may be given again."),
    ] = ()
    apart: Annotated[
        tuple[str, ...],
        typer.Option(help="A facility, by number: the row taken for it is another one; may be given again."),
    ] = ()

    def by_row(self) -> ByRow:
        from jobs.collect.changes import ByRow

        left, apart = (frozenset(word.strip().upper() for word in one) for one in (self.leave, self.apart))
        return ByRow(left, apart)


@dataclass(frozen=True, kw_only=True)
class ForWhom:
    """For whom lists are sent."""

    city: OfCity
    office: Office
    in_round: Annotated[str, typer.Option("--round", help="The round it answers.")] = ""
    draft: Annotated[bool, typer.Option("--draft", help="Keep it, do not send it yet.")] = False
    datum: Datum = "auto"


@spread
def submit(
    lists: Annotated[list[Path], typer.Argument(help="The office's lists.")], whom: ForWhom, at: AtStore
) -> None:
    """Send an office's list to the planners: it is checked, and kept with its original."""
    with front_door(at.lang) as (tr, tell):
        from jobs.collect.submit import Sending
        from jobs.collect.submit import submit as send
        from jobs.collect.words import STATES

        sending = Sending(whom.city, whom.office, whom.in_round, whom.draft, whom.datum, at.lang.value)
        document = send(at.open(city=whom.city, progress=tell), lists, sending, by=at.by, progress=tell)
        said = text(
            "{id}, version {version}: of {rows} {rows:row|rows} {accepted} {accepted:counts|count}, "
            "{refused} {refused:was|were} refused and {set_aside} set aside. State: {state}.",
            **{
                name: document[name] for name in ("id", "version", "rows", "accepted", "refused", "set_aside")
            },
            state=STATES[document["state"]],
        )
        answer(at.as_json, document, lambda: [tr(said)])


@spread
def submissions(at: AtStore, city: OfCity = "") -> None:
    """What offices have sent, and how it stands."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.submit import submissions_document
        from jobs.collect.words import STATES, shown

        document = submissions_document(at.open(city=city), city=city, by=at.by)
        lines = [
            "  ".join(
                (one["id"], one["office"], one["round"], tr(STATES[one["state"]]), shown(one["sent_at"]))
            )
            for one in document["submissions"]
        ]
        answer(at.as_json, document, lambda: lines)


@spread
def workbook(
    number: Number,
    out: Annotated[Path, typer.Option("--out", help="Folder for the workbooks, one a list.")],
    at: AtStore,
) -> None:
    """The lists of a submission as they go back: findings, remarks, and the facilities' own numbers."""
    with front_door(at.lang) as (_, _report):
        from jobs.collect.workbooks import returned_workbooks

        made = returned_workbooks(at.open(), number, out, by=at.by, language=at.lang.value)
        files = [str(path) for path in made]
        answer(at.as_json, {"format": 1, "id": number, "files": files}, lambda: files)


@spread
def template(
    city: OfCity,
    office: Office,
    out: Annotated[Path, typer.Option("--out", help="The workbook: a file .xlsx.")],
    at: AtStore,
) -> None:
    """An office's part of the city's list as a workbook to fill in, with the facilities' own numbers."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.workbooks import office_template

        count = office_template(
            at.open(city=city), out, city=city, office=office, by=at.by, language=at.lang.value
        )
        said = text("{file}: {count} {count:facility|facilities}.", file=str(out), count=count)
        answer(at.as_json, {"format": 1, "file": str(out), "facilities": count}, lambda: [tr(said)])


@spread
def preview(
    ids: Annotated[
        list[str],
        typer.Argument(metavar="ID…", parser=kept_number, help="Submissions, of several offices together."),
    ],
    rows: RowByRow,
    at: AtStore,
) -> None:
    """What accepting submissions would change: facilities, residents by rule, units."""
    with front_door(at.lang) as (tr, tell):
        from jobs.collect.preview import preview as look
        from jobs.collect.words import said_in

        found = look(at.open(), ids, by_row=rows.by_row(), by=at.by, cache=NETWORKS, progress=tell)
        document = said_in(found, tr)
        answer(at.as_json, document, lambda: _preview(document, tr))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is decided on a submission, and what its office should know."""

    accept: Annotated[bool, typer.Option("--accept", help="Its list becomes the office's.")] = False
    give_back: Annotated[bool, typer.Option("--return", help="The office is asked to mend it.")] = False
    remark: Annotated[str, typer.Option(help="What the office should know.")] = ""
    cell: Annotated[
        tuple[str, ...],
        typer.Option(help="A remark at a cell, a row or a facility: SHEET!B7=TEXT, 7=TEXT, F7K3Q9X2=TEXT."),
    ] = ()
    seen: Annotated[
        int, typer.Option(min=0, help="The version that was looked at: a newer one is not decided on.")
    ] = 0


@spread
def review(number: Number, verdict: Verdict, rows: RowByRow, at: AtStore) -> None:
    """Accept a submission, whole or but for some facilities, or return it."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.review import Decision
        from jobs.collect.review import review as decide
        from jobs.collect.words import STATES, remark_at

        if verdict.accept == verdict.give_back:
            raise SettingError("Say either --accept or --return.")
        remarks = tuple(remark_at(word) for word in verdict.cell)
        decision = Decision(verdict.accept, verdict.remark, remarks, rows.by_row(), verdict.seen)
        document = decide(at.open(), number, decision, by=at.by)
        said = text("{id}: {state}.", id=number, state=STATES[document["state"]])
        answer(at.as_json, document, lambda: [tr(said)])


@spread
def history(city: OfCity, at: AtStore) -> None:
    """Every version of every office's list."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.review import history as told
        from jobs.collect.words import shown, who

        document = told(at.open(city=city), city=city, by=at.by)
        line = text(
            "{at} {office}, version {version}: {facilities} {facilities:facility|facilities}, by {by}"
        )
        lines = [
            tr(text(line.template, **{**one, "at": shown(one["at"]), "by": who(one["by"])}))
            for one in document["versions"]
        ]
        answer(at.as_json, document, lambda: lines)


@spread
def restore(
    city: OfCity,
    office: Office,
    to: Annotated[int, typer.Option("--to", help="The version that becomes the newest.")],
    at: AtStore,
) -> None:
    """An earlier version of an office's list as its newest one."""
    with front_door(at.lang) as (tr, _):
        from jobs.collect.review import restore as bring_back

        document = bring_back(at.open(city=city), city=city, office=office, to=to, by=at.by)
        said = text(
            "{office}: version {version} is version {old}.",
            office=office,
            version=document["version"],
            old=to,
        )
        answer(at.as_json, document, lambda: [tr(said)])


def _offices(document: Mapping[str, Any], tr: Translator) -> list[str]:
    line = text("{name}: version {version}, {facilities} {facilities:facility|facilities}")
    return [tr(text(line.template, **one)) for one in document["offices"]]


def _preview(document: Mapping[str, Any], tr: Translator) -> list[str]:
    counts = {name: document[name] for name in ("new", "gone", "moved", "changed")}
    lines = [tr(text("New {new}, gone {gone}, moved {moved}, changed {changed}.", **counts))]
    for rule in document["rules"]:
        if (
            rule["residents_gained"]
            or rule["residents_lost"]
            or rule["verdict_before"] != rule["verdict_after"]
        ):
            said = text(
                "{rule}: {gained:,.0f} residents newly served, {lost:,.0f} no longer.",
                rule=rule["id"],
                gained=rule["residents_gained"],
                lost=rule["residents_lost"],
            )
            lines.append(tr(said))
    changed = len(document["units_changed"])
    return [*lines, tr(text("{count} {count:verdict|verdicts} of units change.", count=changed))]
