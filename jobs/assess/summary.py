"""Results in a few lines for a terminal, and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.text import Text, text, text_from_json
from coverage.model.verdict_rows import MISSED, SYNTHETIC, VerdictRow, verdict_rows
from locales import Translator
from reports import plan_words

if TYPE_CHECKING:  # tables take a second to import, and a sentence does not need them
    from coverage.model.standard import Standard
    from coverage.publish import Results


def assessment_rows(results: Results, tr: Translator) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The verdict table in words: its head and one row a rule."""
    head = (
        tr(text("Rule")),
        tr(text("Figure")),
        tr(text("Actual")),
        tr(MISSED),
        tr(text("Verdict")),
    )
    lines = verdict_rows(results.document, results.standard)
    return head, [_row(line, tr) for line in lines]


def closing_lines(results: Results, tr: Translator) -> list[str]:
    """Residents, the largest gaps, and what the reader must know."""
    area = results.document["area"]
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
            text("Coordinate system: {system} (decided)", system=datum["system"])
            if datum["decided"]
            else text(
                "Coordinate system: {system} (not decided; please choose with --datum)",
                system=datum["system"],
            )
        ),
    ]
    found = [finding for finding in report["findings"] if finding["level"] != "info"]
    lines += [_finding_line(finding) for finding in found[:most]]
    if len(found) > most:
        lines.append(tr(text("… and {count} more findings", count=len(found) - most)))
    return lines


def _finding_line(finding: Mapping[str, Any]) -> str:
    place = [finding["file"], finding["sheet"], str(finding["row"] or ""), finding["column"]]
    return f"{', '.join(part for part in place if part)}: {finding['message']}"


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
