"""The tables of a briefing, from the published rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import shapely

from core.text import Sayable, Text, labelled, remarked, text
from coverage.model.gap_words import gap_place
from coverage.model.share_rows import share_comparison
from coverage.model.standard import Rule, clause_title
from coverage.model.verdict_rows import VerdictRow, after_title, before_title, responsible_words
from coverage.publish import Results
from reports.briefing.model import Bounds, Figure, GapFinding, Proposal, Said, Table, View
from reports.briefing.numbers import exact, metres, share
from reports.complete import complete_communities
from reports.extra_words import NEED_STATES
from reports.plan import words as plan_words

MOST_GAPS: Final = 5
_DASH: Final = text("–")
# A map of a gap shows so much around it, and is never smaller than so many degrees (about 2 km).
_AROUND: Final = 0.35
_LEAST_DEG: Final = 0.02
UNCHECKED: Final = text("The places are points of a grid: whether the land can be had has not been checked.")
_GIVEN: Final = text("The places are from the list of land that was given.")


def rules_table(rows: tuple[VerdictRow, ...], *, state: Text) -> Table:
    """Rule by rule: figure, what is (`state` says of what), what is lacking, verdict; remarks stand below."""
    body = tuple((row.title, row.figure, row.actual, row.lacking or _DASH, row.verdict_words) for row in rows)
    notes = tuple(labelled(row.title, row.remark) for row in rows if row.remark is not None)
    head = (text("Rule"), text("Figure"), state, text("Shortfall"), text("Verdict"))
    return Table(text("Rule by rule"), head, body, (30, 13, 25, 18, 10), notes=notes)


def tasks_table(rows: tuple[VerdictRow, ...], *, state: Text, document: str) -> Table:
    """任务、指标、现状、差距、责任单位; `state` says of what the figures are.

    Only what is not met; all of it where everything is.
    """
    open_rows = [row for row in rows if row.verdict in ("nearly", "not")] or list(rows)
    above = [None, *(row.responsible for row in open_rows)]
    body = tuple(
        (
            remarked(row.title, clause_title(row.rule.clause)) if row.rule.clause else row.title,
            row.figure,
            row.actual,
            row.lacking or _DASH,
            _responsible(row, same=row.responsible == above[number]),
        )
        for number, row in enumerate(open_rows)
    )
    head = (text("Task"), text("Figure"), state, text("Shortfall"), text("Responsible units"))
    notes = (text("Tasks and responsible units as in {document}.", document=document),) if document else ()
    return Table(text("Tasks and responsible units"), head, body, (26, 11, 24, 15, 24), notes=notes)


def _responsible(row: VerdictRow, *, same: bool) -> Sayable:
    if not row.responsible:
        return _DASH
    return text("as above") if same else responsible_words(row.responsible, most=12)


def changes_table(results: Results, rows: tuple[VerdictRow, ...]) -> Table | None:
    """Of a scenario or a period: what it is compared with, what is now, the change."""
    if not results.document.get("before"):
        return None
    body = tuple((row.title, row.before or _DASH, row.actual, row.change or _DASH) for row in rows)
    head = (text("Rule"), before_title(results.document), after_title(results.document), text("Change"))
    return Table(text("Before and after"), head, body, (30, 24, 24, 22))


def gap_findings(results: Results, *, public: bool) -> tuple[GapFinding, ...]:
    """The largest gaps of the main rule, each with what is known and a map of its own."""
    rule = results.main_rule
    if rule is None:
        return ()
    found: list[GapFinding] = []
    for number, gap in enumerate(results.document["gaps"]):
        if gap["rule"] != rule.id or len(found) == MOST_GAPS:
            continue
        view = View(f"gap-{gap['rank']}", text("Gap {rank}", rank=gap["rank"]), f"rule:{rule.id}",
                    _around(results, gap), rule.id, (gap["rank"],), sites=False)  # fmt: skip
        place = text("Gap {rank}", rank=gap["rank"]) if public or not len(results.units) else gap_place(gap)
        found.append(GapFinding(gap["rank"], place, tuple(_facts(results, gap, f"gaps[{number}]")), view))
    return tuple(found)


def _facts(results: Results, gap: Mapping[str, Any], key: str) -> Iterator[tuple[Sayable, Figure]]:
    yield text("Residents not served"), exact(f"{key}.residents", gap["residents"])
    missed = results.row(gap["rule"])["residents_missed"]
    here = "residents_here" if "residents_here" in gap else "residents"
    if gap.get("crosses"):
        yield text("of them in the districts chosen"), exact(f"{key}.{here}", gap[here])
    if missed:
        part = share(f"{key}.{here} / rules[{gap['rule']}].residents_missed", gap[here] / missed)
        yield text("of all not covered by the rule"), part
    if gap.get("residents_elderly") is not None:
        yield text("of them elderly"), exact(f"{key}.residents_elderly", gap["residents_elderly"])
    if gap["nearest_m"] is not None:
        yield text("Median distance to the nearest facility"), metres(f"{key}.nearest_m", gap["nearest_m"])
    if gap.get("site"):
        one = exact(f"{key}.site.residents", gap["site"]["residents"])
        yield text("One facility at the best point found in the gap would serve"), one


def cut_off_table(results: Results, rule: Rule) -> Table | None:
    """Of the units of the widest level that has several: who is inside the circle and too far on foot, the
    largest numbers first; None where units are not known or nobody is."""
    table = results.extras.get("detours_units")
    if table is None or not len(table):
        return None
    rows = table[(table["rule"] == rule.id) & (table["cut_off"] > 0)]
    for level in ("district", "street", "community"):
        found = rows[rows["level"] == level].sort_values("cut_off", ascending=False, kind="stable")
        if len(found) > 1:
            break
    else:
        return None
    shown = tuple(
        (str(row["name"]), text("{n:,.0f}", n=row["cut_off"]), text("{n:,.0f}", n=row["in_radius"]))
        for row in found.head(MOST_GAPS).to_dict("records")
    )
    head = (text("Unit"), text("Residents too far on foot"), text("of those inside the circle"))
    said = text("Inside the circle and too far on foot: {shown} of {all} units, most of them first",
                shown=len(shown), all=len(found))  # fmt: skip
    return Table(said, head, shown, (40, 30, 30), right=(1, 2))


def _around(results: Results, gap: Mapping[str, Any]) -> Bounds:
    """The gap's ground with some of what lies around."""
    rows = results.gaps[(results.gaps["rule"] == gap["rule"]) & (results.gaps["rank"] == gap["rank"])]
    shapes = list(rows.geometry) or [shapely.Point(gap["lon"], gap["lat"])]
    west, south, east, north = shapely.total_bounds(shapes)
    lon, lat = (west + east) / 2, (south + north) / 2
    wide = max((east - west) * (1 + _AROUND), _LEAST_DEG) / 2
    high = max((north - south) * (1 + _AROUND), _LEAST_DEG) / 2
    return float(lon - wide), float(lat - high), float(lon + wide), float(lat + high)


def gap_table(found: tuple[GapFinding, ...], results: Results) -> Table | None:
    """The largest gaps row by row: the same facts across."""
    if not found:
        return None
    rule = found[0].view.gaps
    count = sum(gap["rule"] == rule for gap in results.document["gaps"])
    titles = list(dict.fromkeys(title for gap in found for title, _ in gap.facts))
    rows = []
    for gap in found:
        facts = dict(gap.facts)
        rows.append(
            (str(gap.rank), gap.place, *(facts[title].words if title in facts else _DASH for title in titles))
        )
    head = (text("No."), text("Where"), *titles)
    said = text("The {shown} largest of {all} gaps of “{rule}”", shown=len(found), all=count,
                rule=results.standard.rule_title(results.standard.rule(rule)))  # fmt: skip
    widths = (6, 30, *(14 for _ in titles))
    return Table(said, head, tuple(rows), widths, right=tuple(range(2, 2 + len(titles))))


def proposal(results: Results, found: tuple[GapFinding, ...], *, public: bool) -> Proposal | None:
    """The plan's sites in the order to build them, with what is left; else the best point of each gap."""
    if results.plan is not None and results.plan.plan["sites"]:
        return _plan_proposal(results, public=public)
    rule = found[0].view.gaps if found else ""
    best = {row["rank"]: row for row in results.document["gaps"] if row["rule"] == rule and row.get("site")}
    rows = [
        (str(gap.rank), gap.place, *_at(best[gap.rank]["site"], public=public),
         text("{n:,.0f}", n=best[gap.rank]["site"]["residents"]))
        for gap in found if gap.rank in best
    ]  # fmt: skip
    if not rows:
        return None
    head = (text("Gap"), text("Where"), text("Longitude"), text("Latitude"), text("Would serve, of this gap"))
    title = text("The best point found in each of the largest gaps")
    table = Table(title, head, tuple(rows), (8, 40, 16, 16, 18), right=(2, 3, 4))
    said = text("No plan of sites was made for this result; for each gap the point is named where, of the "
                "points compared, one facility would serve most of its residents.")  # fmt: skip
    return Proposal((Said(said), Said(UNCHECKED)), table, None)


def _plan_proposal(results: Results, *, public: bool) -> Proposal:
    plan = results.plan.plan if results.plan is not None else {}
    standard = results.standard
    said = [Said(one) for one in plan_words.results(plan, standard)]
    given = (plan.get("among") or {}).get("given", False)
    said.append(Said(_GIVEN if given else UNCHECKED))
    total, rows = 0.0, []
    for site in plan["sites"]:
        total += site["residents_gained"]
        named = not public and (site.get("name") or site["unit"])
        place = plan_words.site_name(site) if named else text("Site {rank}", rank=site["rank"])
        tier = standard.tier_title(site.get("tier", plan["tier"]))
        rows.append(
            (str(site["rank"]), place, tier, *_at(site, public=public),
             text("{n:,.0f}", n=site["residents_gained"]), text("{n:,.0f}", n=total))
        )  # fmt: skip
    head = (text("Order"), text("Where"), text("Kind"), text("Longitude"), text("Latitude"),
            text("Newly served"), text("Newly served, running total"))  # fmt: skip
    title = text("Suggested sites in the order to build them")
    table = Table(title, head, tuple(rows), (7, 29, 13, 16, 15, 12, 12), right=(3, 4, 5, 6))
    title = text("Suggested sites and whom they serve anew")
    view = View("sites", title, "new", sites=True)
    return Proposal(tuple(said), table, view)


def _at(place: Mapping[str, Any], *, public: bool) -> tuple[Text, Text]:
    """Longitude and latitude; of a public product to three decimals, about 100 m."""
    template = text("{degrees:.3f}") if public else text("{degrees:.6f}")
    return Text(template.template, {"degrees": place["lon"]}), Text(
        template.template, {"degrees": place["lat"]}
    )


def shares_table(results: Results) -> Table | None:
    """口径对照: the same facilities by what a share divides."""
    found = share_comparison(results.extras.get("denominators"), results.standard)
    if not found.rows or len(found.columns) < 2:
        return None
    rows = tuple(
        (row.title, *(_DASH if one is None else text("{share:.1%}", share=float(one)) for one in row.shares))
        for row in found.rows
    )
    notes = (*([found.apart] if found.apart else []), *found.missing)
    if results.document.get("scenario"):
        title = text("By what the share divides: the facilities of the scenario")
    else:
        title = text("By what the share divides: the existing facilities")
    widths = (30, *(14 for _ in found.columns))
    right = tuple(range(1, len(found.columns) + 1))
    return Table(title, (text("Rule"), *found.columns), rows, widths, right=right, notes=notes)


def complete_table(results: Results) -> Table | None:
    """完整社区: what is asked for, and how many communities have it, need by need."""
    extras = results.extras
    found = complete_communities(
        extras.get("complete_needs"), extras.get("complete_communities"), results.standard
    )
    if found is None:
        return None
    rows = tuple(
        (need.title, need.figure, *(text("{n:,.0f}", n=float(need.counts[state])) for state in NEED_STATES))
        for need in found.needs
    )
    head = (text("What is asked for"), text("Figure"), *NEED_STATES.values())
    widths = (26, 24, *(10 for _ in NEED_STATES))
    right = tuple(range(2, len(head)))
    title = text("Complete communities: how many have what")
    return Table(title, head, rows, widths, right=right, notes=found.said)
