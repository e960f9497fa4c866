"""What every product carries: of what, from what, by what, by whom, and how to get it again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from core.text import Sayable, listed, remarked, text, text_from_json
from coverage.model.standard import Check, clause_title, level_title
from coverage.publish import Results
from reports.briefing.keys import figures_of_notes, keyed
from reports.briefing.model import Table

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
INTERNAL: Final = text("Internal document")
NO_REVIEW: Final = text("Map review number: ____________")
_CODED: Final = ("inputs", "standard", "settings", "run")


def day_of(created: str) -> str:
    """The day of a moment in UTC as it is in China, "" where it is not known.

    >>> day_of("2026-11-29T23:30:00+00:00")
    '2026-11-30'
    """
    return str(dt.datetime.fromisoformat(created).astimezone(CHINA).date()) if created else ""


def result_code(results: Results) -> str:
    """Eight signs made of inputs, standard, settings and what was asked: another run of the same has the
    same ones, and a result with other ones rests on something else."""
    told = {"scenario": results.document.get("scenario")}
    if results.document.get("history"):
        told["history"] = [one["code"] for one in results.document["history"]]
    return code_of(results.provenance, **told)


def code_of(provenance: Mapping[str, Any], **more: object) -> str:
    """The signs of what a provenance says was read and asked, and of `more`."""
    told = {key: provenance.get(key) for key in _CODED} | more
    written = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    found = hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:8].upper()
    return f"{found[:4]}-{found[4:]}"


def stated_day(provenance: Mapping[str, Any]) -> str:
    """By which day or moment a store's lists were known, "" where nobody asked for one."""
    return str(((provenance.get("run") or {}).get("study") or {}).get("as_of") or "")


def mark_of(mark: str, *, public: bool) -> Sayable:
    """The security mark or review number as given, else what the profile asks for."""
    return mark or (NO_REVIEW if public else INTERNAL)


def strip_lines(
    results: Results, *, author: str, mark: Sayable, as_of: str = "", public: bool = False
) -> Iterator[tuple[Sayable, Sayable]]:
    """Term and value, in the order of every product. `as_of` is the date of the data as the office says; a
    `public` one names no file that is called by a unit."""
    standard, provenance = results.standard, results.provenance
    day = day_of(provenance.get("created", ""))
    read = text("as in the files under “Data”, read on {day}; their own date is not stated", day=day or "–")
    known = stated_day(provenance)
    yield text("State of the data"), as_of or (text("lists as known by {day}", day=known) if known else read)
    if day:
        yield text("Assessed on"), day
    chosen = results.document.get("districts")
    if chosen:
        some = text("{n} of {all} units of the level {level}", n=len(chosen["names"]), all=chosen["all"],
                    level=level_title(chosen["level"]))  # fmt: skip
        yield text("Districts"), remarked(listed(chosen["names"]), some)
    clauses = sorted({rule.clause for rule in standard.rules if rule.clause}, key=_in_order)
    named: Sayable = standard.title
    if standard.document:
        named = text("{title} {document}", title=standard.title, document=standard.document)
    if clauses:
        named = text("{named}, {clauses}", named=named, clauses=listed(map(clause_title, clauses)))
    yield text("Standard"), named
    walking = standard.walking
    yield (
        text("Basis"),
        text(
            "straight line, and on foot along the streets at {speed:g} km/h (elderly {elderly:g} km/h)",
            speed=walking.speed_kmh,
            elderly=walking.elderly_speed_kmh,
        ),
    )
    tolerances = sorted(
        {rule.tolerance for rule in standard.rules if rule.check in (Check.RADIUS, Check.WALK)}
    )
    yield (
        text("Allowed for “about”"),
        listed([text("{part:.0%}", part=float(one)) for one in tolerances]) or "0",
    )
    limits = standard.verdicts
    yield text("Met from"), text("{meets:.1%}; nearly met from {nearly:.1%}", meets=float(limits.meets_share),
                                 nearly=float(limits.nearly_share))  # fmt: skip
    yield text("Data"), listed(list(_sources(results, public=public)))
    if results.document.get("history"):
        yield (
            text("Compared with"),
            listed([text("result of {day} ({code})", **{key: one[key] for key in ("day", "code")})
                    for one in results.document["history"]]),
        )  # fmt: skip
    yield text("Made by"), author or "____________"
    yield text("Mark"), mark
    yield text("Code of the result"), result_code(results)


def _in_order(clause: str) -> tuple[tuple[int, str], ...]:
    """2 before 11, and C.0.2 before C.0.11."""
    parts = re.findall(r"\d+|\D+", clause)
    return tuple((int(one), "") if one.isdecimal() else (-1, one) for one in parts)


def names_unit(results: Results, words: object) -> bool:
    """Whether words hold the name of a unit of the study, which nothing public may say."""
    return any(len(name) > 1 and name in str(words) for name in results.units["name"].unique())


def _sources(results: Results, *, public: bool) -> Iterator[Sayable]:
    """Credits with their licence, else the files by name; for the public those called by units by number."""
    if results.document["area"]["synthetic"]:
        yield text("fictional city")
    yield from results.provenance.get("credits", ())
    unnamed: dict[Sayable, int] = {}
    for role, name in _files(results):
        if public and names_unit(results, name):
            unnamed[role] = unnamed.get(role, 0) + 1
        else:
            yield remarked(name, role)
    for role, count in unnamed.items():
        yield text("{n} {n:file|files} of offices ({role})", n=count, role=role)


def _files(results: Results) -> Iterator[tuple[Sayable, str]]:
    study: dict[str, Any] = dict((results.provenance.get("run") or {}).get("study") or {})
    for key, role in _ROLES.items():
        found = study.get(key) or []
        for one in found if isinstance(found, list) else [found]:
            if one.get("file"):
                yield role, str(one["file"])


_ROLES: Final = {
    "facilities": text("Facility list"),
    "population": text("Residents"),
    "network": text("Streets"),
    "units": text("Units"),
}


def method_table(results: Results, *, public: bool = False) -> Table:
    """口径、数据、限制 for the appendix: settings, what was read, what limits it. A `public` one leaves out
    notes that name a unit."""
    standard, walking = results.standard, results.standard.walking
    rows: list[tuple[Sayable, Sayable]] = [
        (text("Who counts as covered"),
         text("whose figure is at most the rule’s: the boundary counts; who cannot reach any is not "
              "covered")),
        (text("Where residents are"), text("at the centre of their cell of about {metres:,.0f} m",
                                           metres=results.document["area"]["spacing_m"])),
        (text("Ways on foot"), text("along the streets, with the way to the street and from it to the door; "
                                    "farther than {limit:g} m from any street: not covered on foot, unless a "
                                    "facility is within 50 m", limit=walking.snap_limit_m)),
        (text("Measured in"), str(results.document["area"]["crs"])),
        (text("Shares"), text("of residents, unless a rule says otherwise")),
    ]  # fmt: skip
    rows += [(text("Edited"), said) for said in standard.differences]
    notes = [text_from_json(note) for note in results.document["notes"]]
    rows += [(text("Note"), note) for note in notes if not (public and names_unit(results, note))]
    spacing = rows[1][1]
    figures = (
        *keyed(spacing, results.document, lambda _: "area.spacing_m"),
        *figures_of_notes("notes", [None if public and names_unit(results, one) else one for one in notes]),
    )
    head = (text("Term"), text("What holds here"))
    return Table(text("Method, data and limits"), head, tuple(rows), (22, 78), figures=figures)
