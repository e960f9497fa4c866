"""Results in a few lines for a terminal, and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from core.text import Sayable, Text, labelled, listed, text, text_from_json
from coverage.model.verdict_rows import MISSED, SYNTHETIC, VERDICT_WORDS, VerdictRow, verdict_rows
from geo.datum import system_title
from locales import Translator
from reports.briefing import Cover
from reports.land import land_briefing
from reports.plan import words as plan_words

if TYPE_CHECKING:  # tables take a second to import, and a sentence does not need them
    from coverage.model.standard import Standard
    from coverage.publish import Results

_MOST: Final = 20
_NOW: Final = "now"


def assessment_rows(results: Results, tr: Translator) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The verdict table in words: its head and one row a rule."""
    head: tuple[str, ...] = (
        tr(text("Rule")),
        tr(text("Figure")),
        tr(text("Actual")),
        tr(MISSED),
        tr(text("Verdict")),
    )
    lines = verdict_rows(results.document, results.standard)
    rows = [_row(line, tr) for line in lines]
    if results.document.get("weight"):  # of land alone nobody is missed
        head, rows = (*head[:3], *head[4:]), [(*row[:3], *row[4:]) for row in rows]
    return head, rows


def closing_lines(results: Results, tr: Translator) -> list[str]:
    """Residents, the largest gaps, and what the reader must know."""
    area = results.document["area"]
    if results.document.get("weight"):
        told = land_briefing(results, Cover())
        said = [*(one.words for one in told.conclusion), *told.caveats]
        said += map(text_from_json, results.document["notes"])
        return [tr(one) for one in dict.fromkeys(said)]
    lines = [
        tr(
            text(
                "{name}: {residents:,.0f} {residents:resident|residents} in {cells:,} {cells:cell|cells}, "
                "measured in {crs}",
                name=area["name"],
                residents=area["residents"],
                cells=area["cells"],
                crs=area["crs"],
            )
        )
    ]
    if area["synthetic"]:
        lines.append(tr(SYNTHETIC))
    lines += [tr(text_from_json(note)) for note in results.document["notes"]]
    if results.plan is not None:
        lines += plan_lines(results.plan.plan, results.standard, tr)
    return lines


def check_lines(report: Mapping[str, Any], tr: Translator, *, most: int = 20) -> list[str]:
    """The counts of `check --json`, the coordinate system, and the first findings."""
    datum = report["datum"]
    lines = [
        tr(
            text(
                "{rows} rows: {accepted} accepted, {refused} refused, {aside} set aside",
                rows=report["rows"],
                accepted=report["accepted"],
                refused=report["refused"],
                aside=report["set_aside"],
            )
        ),
        tr(
            text("Coordinate system: {system} (decided)", system=system_title(datum["system"]))
            if datum["decided"]
            else text(
                "Coordinate system: {system} (not decided; please choose with --datum)",
                system=system_title(datum["system"]),
            )
        ),
    ]
    found = [finding for finding in report["findings"] if finding["level"] != "info"]
    lines += [_finding_line(finding, tr) for finding in found[:most]]
    if len(found) > most:
        lines.append(tr(text("… and {count} more findings", count=len(found) - most)))
    return lines


def _finding_line(finding: Mapping[str, Any], tr: Translator) -> str:
    place = [finding["file"], finding["sheet"], str(finding["row"] or ""), finding["column"]]
    return tr(labelled(listed(part for part in place if part), finding["message"]))


def plan_lines(plan: Mapping[str, Any], standard: Standard, tr: Translator) -> list[str]:
    """The plan's sites in build order, what it reaches, how sure that is, and what to know."""
    lines = [tr(_site_line(site, standard)) for site in plan["sites"]]
    lines += [tr(said) for said in plan_words.results(plan, standard)]
    decided = plan_words.deciding(plan)
    more = [decided, plan_words.price_of_order(plan), *plan_words.notes(plan)]
    return lines + [tr(said) for said in more if said is not None]


def _site_line(site: Mapping[str, Any], standard: Standard) -> Text:
    template = text("{rank}. {tier} {where} ({lon:.6f}, {lat:.6f}): {gained:,.0f} residents more")
    if site.get("saved_m") is not None:
        template = text(
            "{rank}. {tier} {where} ({lon:.6f}, {lat:.6f}): nearer for {nearer:,.0f} residents, by "
            "{saved:,.0f} m on average"
        )
    elif "load" in site:
        template = text(
            "{rank}. {tier} {where} ({lon:.6f}, {lat:.6f}): {load:,.0f} residents to serve, {gained:,.0f} "
            "newly within reach"
        )
    said = {
        "rank": site["rank"],
        "tier": standard.tier_title(site["tier"]),
        "where": " · ".join(part for part in (site["name"], site["unit"]) if part),
        "lon": site["lon"],
        "lat": site["lat"],
        "gained": site["residents_gained"],
        "nearer": site.get("residents_nearer"),
        "saved": site.get("saved_m"),
        "load": site.get("load"),
    }
    return Text(template.template, said)


def _row(line: VerdictRow, tr: Translator) -> tuple[str, ...]:
    return (
        tr(line.title),
        tr(line.figure),
        tr(line.actual),
        tr(line.missed_words),
        tr(line.verdict_words),
    )


def reach_lines(found: Mapping[str, Any], tr: Translator) -> list[str]:
    """Every area: whose, minutes, how large, how many live within."""
    everybody = text("all together")
    lines = [
        tr(
            text(
                "{name}: {minutes:g} min at {speed:g} km/h, {area:,.2f} km², {residents:,.0f} residents",
                name=row["name"] or everybody,
                minutes=row["minutes"],
                speed=row["speed_kmh"],
                area=row["km2"],
                residents=row["residents"],
            )
        )
        for row in found["areas"][:_MOST]
    ]
    if len(found["areas"]) > _MOST:
        lines.append(tr(text("… and {count} more in reach.json", count=len(found["areas"]) - _MOST)))
    return [*lines, *(tr(text_from_json(note)) for note in found.get("notes", ()))]


def comparison_lines(found: Mapping[str, Any], standard: Standard, tr: Translator) -> list[str]:
    """Every rule: its figure before and after, the verdicts, who gains, who loses, who has farther to go."""
    first = tr(text("{before} → {after}", before=_named(found["before"]), after=_named(found["after"])))
    # What was found before was found by the figures before.
    lines = [first, *(tr(text("Edited: {difference}", difference=said)) for said in standard.differences)]
    for row in found["rules"]:
        said = [_figures(row), _verdicts(row)]
        if row["figure_before"]:
            said.insert(1, text("before by {figure}", figure=text_from_json(row["figure_before"])))
        if row["gained"] or row["lost"]:
            said.append(
                text("gained {gained:,.0f}, lost {lost:,.0f}", gained=row["gained"], lost=row["lost"])
            )
        said += _farther(row)
        rule = tr(standard.rule_title(standard.rule(row["rule"])))
        lines.append(tr(labelled(rule, listed(said, between="；"))))
    return lines


def _named(scenario: str) -> Sayable:
    return text("the city as it is") if scenario == _NOW else scenario


def _figures(row: Mapping[str, Any]) -> Text:
    """In what the rule counts: shares of residents, facilities within the band, units, places."""
    if row["facilities_after"] is not None:
        return text(
            "{was} of {were} facilities within → {within} of {count}",
            was=row["within_before"], were=row["facilities_before"],
            within=row["within_after"], count=row["facilities_after"],
        )  # fmt: skip
    if row["actual_after"] is not None or row["actual_before"] is not None:
        return text(
            "{before:.1f} → {after:.1f}", before=row["actual_before"] or 0.0, after=row["actual_after"] or 0.0
        )
    if row["units_after"] is not None:
        return text(
            "{was} of {were} units → {met} of {count}",
            was=row["units_met_before"] or 0, were=row["units_before"] or 0,
            met=row["units_met_after"] or 0, count=row["units_after"],
        )  # fmt: skip
    if row["share_before"] is None or row["share_after"] is None:
        return text("cannot be judged")
    return text("{before:.1%} → {after:.1%}", before=row["share_before"], after=row["share_after"])


def _verdicts(row: Mapping[str, Any]) -> Text:
    before, after = (VERDICT_WORDS[row[f"verdict_{when}"] or None] for when in ("before", "after"))
    return after if before is after else text("{before} → {after}", before=before, after=after)


def _farther(row: Mapping[str, Any]) -> list[Text]:
    """In the rule's own measure, and on foot; nothing of rules without a distance."""
    said = []
    if row["check"] == "radius" and row["worse_off"]:
        said.append(
            text(
                "farther in a straight line: {worse:,.0f} (by {metres:,.0f} m on average)",
                worse=row["worse_off"],
                metres=row["worse_m"],
            )
        )
    if row["walk_worse_off"]:
        said.append(
            text(
                "farther on foot: {worse:,.0f} (by {metres:,.0f} m on average)",
                worse=row["walk_worse_off"],
                metres=row["walk_worse_m"],
            )
        )
    return said
