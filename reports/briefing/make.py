"""A result becomes a briefing: everything is taken from its published rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.text import Sayable, Text, labelled, text
from coverage.model.standard import Rule
from coverage.model.verdict_rows import (
    SYNTHETIC,
    VerdictRow,
    after_title,
    before_title,
    remarks_of,
    scenario_title,
    verdict_rows,
)
from coverage.publish import Results
from reports.briefing import findings, period, tables
from reports.briefing.model import Briefing, View, Walking
from reports.briefing.next_steps import next_steps
from reports.briefing.strip import day_of, mark_of, method_table, names_unit, result_code, strip_lines


@dataclass(frozen=True)
class Cover:
    """What the office says of a product: its title ("" for the usual one), who made it, and a security mark
    or map review number; a `public` one names no unit and no internal word. `as_of` is the date of which the
    data are, in its words ("": nobody said)."""

    title: str = ""
    author: str = ""
    mark: str = ""
    public: bool = False
    as_of: str = ""


def briefing_of(results: Results, cover: Cover | None = None) -> Briefing:
    """The model of every form; the same result gives the same one."""
    asked = cover or Cover()
    public = asked.public
    document, standard = results.document, results.standard
    rows, rule = verdict_rows(document, standard), results.main_rule
    scenario, mark = scenario_title(document), mark_of(asked.mark, public=public)
    gaps = tables.gap_findings(results, public=public)
    badges: list[Sayable] = [said for said in (scenario,) if said is not None]
    badges += [SYNTHETIC] if document["area"]["synthetic"] else []
    return Briefing(
        kind=_kind(results),
        public=public,
        city=str(document["area"]["name"]),
        title=asked.title or _title(results),
        subtitle=standard.title,
        badges=tuple(badges),
        headline=findings.headline_public(results) if public else findings.headline(results),
        key_figures=tuple(findings.key_figures(results)),
        tally=findings.tally(results),
        conclusion=tuple(findings.conclusion(results, public=public)),
        caveats=tuple(
            said for said in remarks_of(document, standard) if not (public and names_unit(results, said))
        ),
        rules=tables.rules_table(rows, document, state=after_title(document)),
        map=_map(results),
        walking=_walking(results, public=public),
        units=None if public or rule is None else findings.unit_bars(results, rule),
        gaps=gaps,
        gap_table=tables.gap_table(gaps, results),
        changes=tables.changes_table(results, rows),
        pair=_pair(results, rows),
        history=period.history_table(document, standard),
        proposal=tables.proposal(results, gaps, public=public),
        tasks=tables.tasks_table(
            rows, document, state=after_title(document), issued_as=standard.document
        ),
        next_steps=next_steps(results),
        method=method_table(results, public=public),
        shares=tables.shares_table(results),
        complete=tables.complete_table(results),
        strip=tuple(strip_lines(results, author=asked.author, mark=mark, as_of=asked.as_of,
                               public=public)),
        author=asked.author,
        mark=mark,
        day=day_of(results.provenance.get("created", "")),
        created=str(results.provenance.get("created", "")),
        code=result_code(results),
        part=bool(document.get("districts")),
    )  # fmt: skip


def _map(results: Results) -> View:
    """The city by its main rule; of a scenario by what changes, of a plan as it is today."""
    rule = results.main_rule
    if rule is None:
        return View("city", text("The city"), "")
    title = results.standard.rule_title(rule)
    if f"change_{rule.id}" in results.cells:
        return View("city", text("What changes: {rule}", rule=title), f"change:{rule.id}", gaps=rule.id)
    today = text("Today: {title}", title=title) if results.plan is not None else title
    return View("city", today, f"rule:{rule.id}", gaps=rule.id)


def _pair(results: Results, rows: tuple[VerdictRow, ...]) -> tuple[View, View] | None:
    """Of a scenario or a period: the main rule before and after, with either figure."""
    rule = results.main_rule
    row = next((row for row in rows if rule is not None and row.rule.id == rule.id), None)
    if rule is None or row is None or row.before is None or f"change_{rule.id}" not in results.cells:
        return None
    before = labelled(before_title(results.document), row.before)
    after = labelled(after_title(results.document), row.actual)
    return View("before", before, f"before:{rule.id}"), View("after", after, f"after:{rule.id}")


def _kind(results: Results) -> Literal["assessment", "plan", "scenario", "period"]:
    if results.plan is not None:
        return "plan"
    if results.document.get("scenario"):
        return "scenario"
    return "period" if (results.document.get("before") or {}).get("day") else "assessment"


def _title(results: Results) -> Text:
    """What a result is called on its cover."""
    city = results.document["area"]["name"]
    kind = _kind(results)
    if kind == "plan" and results.plan is not None:
        plan = results.plan.plan
        tiers = [results.standard.tier_title(part["tier"]) for part in plan.get("tiers", [plan])]
        said: Sayable = tiers[0]
        for tier in tiers[1:]:
            said = text("{first} and {then}", first=said, then=tier)
        return Text(text("{city}: where new sites should go ({tier})").template, {"city": city, "tier": said})
    if kind == "scenario":
        name = results.document["scenario"]
        return Text(text("{city}: what the scenario “{name}” changes").template, {"city": city, "name": name})
    if kind == "period":
        before = results.document["before"]
        said = text("{city}: what has changed from {day} to {now}")
        return Text(said.template, {"city": city, "day": before["day"], "now": before["now"]})
    if not results.document["rules"]:
        return text("{city}: facilities and residents", city=city)
    return Text(text("{city}: who is not served").template, {"city": city})


def _walking(results: Results, *, public: bool) -> Walking | None:
    """The radius rule beside its walk: two maps, and who is inside the circle and cannot walk it."""
    said, row = findings.cut_off(results), findings.cut_off_row(results)
    if said is None or row is None:
        return None
    rule = results.standard.rule(row["rule"])
    known = {one.id: one for one in results.standard.rules}
    walk = known.get(str(row.get("walk_rule") or ""))
    actual = {one.rule.id: one.actual for one in verdict_rows(results.document, results.standard)}

    def with_figure(one: Rule) -> Text:
        return labelled(results.standard.rule_title(one), actual[one.id])

    return Walking(
        said,
        View("straight", with_figure(rule), f"rule:{rule.id}"),
        View("on-foot", with_figure(walk), f"rule:{walk.id}") if walk else None,
        View("cut-off", text("Inside the circle and too far on foot"), f"cut_off:{rule.id}"),
        None if public else tables.cut_off_table(results, rule),
    )
