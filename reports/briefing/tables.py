"""The tables of a briefing, from the published rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import shapely

from core.text import Sayable, Text, labelled, remarked, text
from coverage.model.gap_words import gap_place
from coverage.model.share_rows import share_comparison
from coverage.model.standard import Rule, clause_title
from coverage.model.verdict_rows import VerdictRow, after_title, before_title, responsible_words
from coverage.publish import Results
from reports.briefing.keys import figures_of_plan, figures_of_row
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


def rules_table(rows: tuple[VerdictRow, ...], document: Mapping[str, Any], *, state: Text) -> Table:
    """Rule by rule: figure, what is (`state` says of what), what is lacking, verdict; remarks stand below."""
    body = tuple((row.title, row.figure, row.actual, row.lacking or _DASH, row.verdict_words) for row in rows)
    notes = [labelled(row.title, row.remark) for row in rows if row.remark is not None]
    if rows and not _says_who(rows):
        notes.append(text("The standard names neither tasks nor responsible units."))
    head = (text("Rule"), text("Figure"), state, text("Shortfall"), text("Verdict"))
    figures = _figures(rows, document)
    return Table(text("Rule by rule"), head, body, (30, 13, 25, 18, 10), notes=tuple(notes), figures=figures)


def _figures(rows: Iterable[VerdictRow], document: Mapping[str, Any]) -> tuple[Figure, ...]:
    found = (figures_of_row(row, document, row.figure, row.actual, row.lacking) for row in rows)
    return tuple(figure for one in found for figure in one)


def _says_who(rows: tuple[VerdictRow, ...]) -> bool:
    return any(row.responsible or row.rule.clause for row in rows)


def tasks_table(
    rows: tuple[VerdictRow, ...], document: Mapping[str, Any], *, state: Text, issued_as: str
) -> Table | None:
    """任务、指标、现状、差距、责任单位; `state` says of what the figures are, `issued_as` by which document.

    Only what is not met; all of it where everything is. None where the standard says neither task nor unit:
    it would be the table of the rules again.
    """
    if not _says_who(rows):
        return None
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
    notes = (text("Tasks and responsible units as in {document}.", document=issued_as),) if issued_as else ()
    title, figures = text("Tasks and responsible units"), _figures(open_rows, document)
    return Table(title, head, body, (26, 11, 24, 15, 24), notes=notes, figures=figures)


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
    document = results.document
    figures: list[Figure] = []
    for row in rows:
        figures += figures_of_row(row, document, row.before, at="before.rules")
        figures += figures_of_row(row, document, row.actual, row.change)
    return Table(text("Before and after"), head, body, (30, 24, 24, 22), figures=tuple(figures))


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
    shown, figures = [], []
    for row in found.head(MOST_GAPS).to_dict("records"):
        key = f"detours_units[{level}|{rule.id}|{row['unit_id']}]"
        cut, inside = (exact(f"{key}.{column}", row[column]) for column in ("cut_off", "in_radius"))
        shown.append((str(row["name"]), cut.words, inside.words))
        figures += [cut, inside]
    head = (text("Unit"), text("Residents too far on foot"), text("of those inside the circle"))
    said = text("Inside the circle and too far on foot: {shown} of {all} units, most of them first",
                shown=len(shown), all=len(found))  # fmt: skip
    return Table(said, head, tuple(shown), (40, 30, 30), right=(1, 2), figures=tuple(figures))


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
    title = results.standard.rule_title(results.standard.rule(rule))
    if count > len(found):
        said = text("The {shown} largest of {all} gaps of “{rule}”", shown=len(found), all=count, rule=title)
    else:
        said = text("Every gap of “{rule}”: {all}", all=count, rule=title)
    widths = (6, 30, *(14 for _ in titles))
    figures = tuple(figure for gap in found for _, figure in gap.facts)
    return Table(said, head, tuple(rows), widths, right=tuple(range(2, 2 + len(titles))), figures=figures)


def proposal(results: Results, found: tuple[GapFinding, ...], *, public: bool) -> Proposal | None:
    """The plan's sites in the order to build them, with what is left; else the best point of each gap."""
    if results.plan is not None and results.plan.plan["sites"]:
        return _plan_proposal(results, public=public)
    rule = found[0].view.gaps if found else ""
    gaps = list(enumerate(results.document["gaps"]))
    best = {row["rank"]: (i, row["site"]) for i, row in gaps if row["rule"] == rule and row.get("site")}
    rows, figures = [], []
    for gap in found:
        if gap.rank in best:
            number, site = best[gap.rank]
            places = _at(site, f"gaps[{number}].site", public=public)
            served = exact(f"gaps[{number}].site.residents", site["residents"])
            rows.append((str(gap.rank), gap.place, *(one.words for one in places), served.words))
            figures += [*places, served]
    if not rows:
        return None
    head = (text("Gap"), text("Where"), text("Longitude"), text("Latitude"), text("Would serve, of this gap"))
    title = text("The best point found in each of the largest gaps")
    table = Table(title, head, tuple(rows), (8, 40, 16, 16, 18), right=(2, 3, 4), figures=tuple(figures))
    said = text("No plan of sites was made for this result; for each gap the point is named where, of the "
                "points compared, one facility would serve most of its residents.")  # fmt: skip
    return Proposal((Said(said), Said(UNCHECKED)), table, None)


def _plan_proposal(results: Results, *, public: bool) -> Proposal:
    plan = results.plan.plan if results.plan is not None else {}
    standard = results.standard
    said = [Said(one, figures_of_plan(one, plan)) for one in plan_words.results(plan, standard)]
    given = (plan.get("among") or {}).get("given", False)
    said.append(Said(_GIVEN if given else UNCHECKED))
    total, rows, figures = 0.0, [], []
    for number, site in enumerate(plan["sites"]):
        key = f"plan.sites[{number}]"
        total += site["residents_gained"]
        places, gained = (
            _at(site, key, public=public),
            exact(f"{key}.residents_gained", site["residents_gained"]),
        )
        so_far = exact(f"sum(plan.sites.residents_gained, {number + 1})", total)
        figures += [*places, gained, so_far]
        named = not public and (site.get("name") or site["unit"])
        place = plan_words.site_name(site) if named else text("Site {rank}", rank=site["rank"])
        tier = standard.tier_title(site.get("tier", plan["tier"]))
        where = (one.words for one in places)
        rows.append((str(site["rank"]), place, tier, *where, gained.words, so_far.words))
    head = (text("Order"), text("Where"), text("Kind"), text("Longitude"), text("Latitude"),
            text("Newly served"), text("Newly served, running total"))  # fmt: skip
    title = text("Suggested sites in the order to build them")
    table = Table(title, head, tuple(rows), (7, 29, 13, 16, 15, 12, 12), right=(3, 4, 5, 6),
                  figures=tuple(figures))  # fmt: skip
    title = text("Suggested sites and whom they serve anew")
    view = View("sites", title, "new", sites=True)
    return Proposal(tuple(said), table, view)


def _at(place: Mapping[str, Any], key: str, *, public: bool) -> tuple[Figure, Figure]:
    """Longitude and latitude; of a public product to three decimals, about 100 m."""
    template = (text("{degrees:.3f}") if public else text("{degrees:.6f}")).template
    lon, lat = (
        Figure(f"{key}.{axis}", place[axis], Text(template, {"degrees": place[axis]}))
        for axis in ("lon", "lat")
    )
    return lon, lat


def shares_table(results: Results) -> Table | None:
    """口径对照: the same facilities by what a share divides."""
    found = share_comparison(results.extras.get("denominators"), results.standard)
    if not found.rows or len(found.columns) < 2:
        return None
    rows, figures = [], []
    for row in found.rows:
        cells = [None if one is None else share(f"denominators[{key}].share", one)
                 for key, one in zip(row.keys, row.shares, strict=True)]  # fmt: skip
        figures += [one for one in cells if one is not None]
        rows.append((row.title, *(_DASH if one is None else one.words for one in cells)))
    notes = (*([found.apart] if found.apart else []), *found.missing)
    if results.document.get("scenario"):
        title = text("By what the share divides: the facilities of the scenario")
    else:
        title = text("By what the share divides: the existing facilities")
    widths = (30, *(14 for _ in found.columns))
    right = tuple(range(1, len(found.columns) + 1))
    head = (text("Rule"), *found.columns)
    return Table(title, head, tuple(rows), widths, right=right, notes=notes, figures=tuple(figures))


def complete_table(results: Results) -> Table | None:
    """完整社区: what is asked for, and how many communities have it, need by need."""
    extras = results.extras
    found = complete_communities(
        extras.get("complete_needs"), extras.get("complete_communities"), results.standard
    )
    if found is None:
        return None
    rows, figures = [], []
    for need, asked in zip(found.needs, results.standard.needs, strict=True):
        key = f"complete_needs|level={'community' if found.places[0].unit_id else 'city'}|need={asked.id}"
        cells = [exact(f"count({key}|state={state})", need.counts[state]) for state in NEED_STATES]
        rows.append((need.title, need.figure, *(one.words for one in cells)))
        figures += cells
    head = (text("What is asked for"), text("Figure"), *NEED_STATES.values())
    widths = (26, 24, *(10 for _ in NEED_STATES))
    right = tuple(range(2, len(head)))
    title = text("Complete communities: how many have what")
    return Table(title, head, tuple(rows), widths, right=right, notes=found.said, figures=tuple(figures))
