"""Results in a few lines for a terminal, and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from geo.text import Text, text, text_from_json
from locales import Translator
from reports.lines import SYNTHETIC, Line, assessment_lines

if TYPE_CHECKING:  # tables take a second to import, and a sentence does not need them
    from coverage.publish import Results


# (goal, proved) → the sentence; the fields are those of plan.json.
_QUALITY: Final = {
    ("most-people", True): text(
        "Served before {residents_before:,.0f}, after {residents_after:,.0f}; proved: no {count} sites "
        "serve more (bound {bound:,.0f}, gap {gap:.2%})."
    ),
    ("most-people", False): text(
        "Served before {residents_before:,.0f}, after {residents_after:,.0f}; best found, at most {gap:.2%} "
        "below the best possible {count} sites (bound {bound:,.0f})."
    ),
    ("fewest-sites", True): text(
        "{objective:g} sites; proved: no fewer do (bound {bound:g}, gap {gap:.2%})."
    ),
    ("fewest-sites", False): text(
        "{objective:g} sites; best found, at least {bound:g} are needed (gap {gap:.2%})."
    ),
    ("least-walking", True): text(
        "All walk {objective:,.0f} resident-metres in sum; proved: no {count} sites make it less "
        "(bound {bound:,.0f}, gap {gap:.2%})."
    ),
    ("least-walking", False): text(
        "All walk {objective:,.0f} resident-metres in sum; best found, at most {gap:.2%} above the best "
        "possible {count} sites (bound {bound:,.0f})."
    ),
    ("least-worst", True): text(
        "The longest way is {objective:,.0f} m; proved: no {count} sites make it shorter "
        "(bound {bound:,.0f} m, gap {gap:.2%})."
    ),
    ("least-worst", False): text(
        "The longest way is {objective:,.0f} m; best found, no {count} sites make it shorter than "
        "{bound:,.0f} m (gap {gap:.2%})."
    ),
}


def assessment_rows(results: Results, say: Translator) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The verdict table in words: its head and one row a rule."""
    head = (
        say(text("Rule")),
        say(text("Figure")),
        say(text("Actual")),
        say(text("Residents missed")),
        say(text("Verdict")),
    )
    lines = assessment_lines(results.document, results.standard)
    return head, [_row(line, say) for line in lines]


def closing_lines(results: Results, say: Translator) -> list[str]:
    """Residents, the largest gaps, and what the reader must know."""
    area = results.document["area"]
    lines = [
        say(
            text(
                "{name}: {residents:,.0f} residents in {cells:,} cells, measured in {crs}",
                name=area["name"],
                residents=area["residents"],
                cells=area["cells"],
                crs=area["crs"],
            )
        )
    ]
    if area["synthetic"]:
        lines.append(say(SYNTHETIC))
    lines += [say(text_from_json(note)) for note in results.document["notes"]]
    if results.plan is not None:
        lines += plan_lines(results.plan.plan, say)
    return lines


def check_lines(report: Mapping[str, Any], say: Translator, *, most: int = 20) -> list[str]:
    """The counts of `check --json`, the coordinate system, and the first findings."""
    datum = report["datum"]
    lines = [
        say(
            text(
                "{rows} rows: {accepted} accepted, {refused} refused, {aside} set aside",
                rows=report["rows"],
                accepted=report["accepted"],
                refused=report["refused"],
                aside=report["set_aside"],
            )
        ),
        say(
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
        lines.append(say(text("… and {count} more findings", count=len(found) - most)))
    return lines


def _finding_line(finding: Mapping[str, Any]) -> str:
    place = [finding["file"], finding["sheet"], str(finding["row"] or ""), finding["column"]]
    return f"{', '.join(part for part in place if part)}: {finding['message']}"


def plan_lines(plan: Mapping[str, Any], say: Translator) -> list[str]:
    """The plan's sites in build order, and how good it is proved to be."""
    lines = [
        say(
            text(
                "{rank}. {unit} ({lon:.6f}, {lat:.6f}): {gained:,.0f} residents more",
                rank=site["rank"],
                unit=site["unit"],
                lon=site["lon"],
                lat=site["lat"],
                gained=site["residents_gained"],
            )
        )
        for site in plan["sites"]
    ]
    lines.append(say(plan_quality(plan)))
    return lines


def plan_quality(plan: Mapping[str, Any]) -> Text:
    """What the plan reaches, its bound and its gap, in one sentence."""
    return Text(_QUALITY[plan["goal"], bool(plan["proven"])].template, dict(plan))


def _row(line: Line, say: Translator) -> tuple[str, ...]:
    return (
        say(line.title),
        say(line.figure),
        say(line.actual),
        say(line.missed_words),
        say(line.verdict_words),
    )
