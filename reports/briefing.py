"""A result as a text ready for a briefing, in Markdown: who is not served, where, what a plan builds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.text import Text, text
from coverage.model.share_rows import share_comparison
from coverage.model.standard import Check
from coverage.model.verdict_rows import (
    MISSED,
    PRESENT,
    SYNTHETIC,
    VerdictRow,
    before_title,
    remarks_of,
    responsible_words,
    scenario_title,
    summary,
    verdict_rows,
)
from coverage.publish import Results
from locales import LANGUAGES, Translator, translator
from reports.gap_words import gap_place
from reports.plan_briefing import escaped, markdown_table, plan_chapters, plan_title

_MOST_GAPS: Final = 5


def briefing(results: Results, *, language: str) -> str:
    """The briefing of an assessment, and of its plan where there is one."""
    tr = translator(language)
    parts: list[Iterable[str]] = [_head(results, tr)]
    if results.plan is not None:
        parts += plan_chapters(results.plan.plan, results.standard, tr)
    rows = verdict_rows(results.document, results.standard)
    parts[1:1] = [_verdicts(results, rows, tr), _gaps(results, rows, tr), _shares(results, tr)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def briefings(results: Results) -> dict[str, str]:
    """File name → briefing, in every language."""
    return {f"briefing-{language}.md": briefing(results, language=language) for language in LANGUAGES}


def _head(results: Results, tr: Translator) -> Iterator[str]:
    """City, what limits the figures, and how many rules are met."""
    area, standard, document = results.document["area"], results.standard, results.document
    if results.plan is not None:
        title = plan_title(results.plan.plan, standard, area["name"], tr)
    else:
        title = Text(text("{city}: who is not served").template, {"city": area["name"]})
    yield f"# {escaped(tr(title))}"
    scenario = scenario_title(document)
    if scenario is not None:
        yield f"\n**{escaped(tr(scenario))}**"
    if area["synthetic"]:
        yield f"\n**{tr(SYNTHETIC)}**"
    for remark in remarks_of(document, standard):
        yield f"\n**{escaped(tr(remark))}**"
    met, nearly, failed = summary(document)
    yield ""
    yield tr(
        text(
            "Judged by {standard}: {met} {met:rule|rules} met, {nearly} nearly met, {failed} not met.",
            standard=standard.title,
            met=met,
            nearly=nearly,
            failed=failed,
        )
    )


def _verdicts(results: Results, rows: Sequence[VerdictRow], tr: Translator) -> Iterator[str]:
    """Rule by rule; of a scenario what it is compared with, the scenario and the change."""
    if not rows:
        return
    hypothetical = scenario_title(results.document) is not None
    compared = (before_title(results.document), text("Scenario"), text("Change"))
    figures = compared if hypothetical else (PRESENT,)
    yield "## " + tr(text("Rule by rule"))
    yield ""
    head = (text("Rule"), text("Figure"), *figures, MISSED, text("Verdict"), text("Responsible units"))
    cells = []
    for row in rows:
        shown = (row.before or text("–"), row.actual, row.change or text("–"))
        said = (row.title, row.figure, *(shown if hypothetical else (row.actual,)))
        responsible = tr(responsible_words(row.responsible)) if row.responsible else "–"
        cells.append([*(tr(one) for one in (*said, row.missed_words, row.verdict_words)), responsible])
    yield from markdown_table(tr, head, cells)


def _gaps(results: Results, rows: Sequence[VerdictRow], tr: Translator) -> Iterator[str]:
    """The largest gaps of the radius rule (else the walk rule) that leaves most residents."""
    gaps, reach = results.document["gaps"], (Check.RADIUS, Check.WALK)
    with_gaps = {gap["rule"] for gap in gaps}
    failed = [row for row in rows if row.rule.check in reach and row.verdict and row.rule.id in with_gaps]
    if not failed:
        return
    worst = max(failed, key=lambda row: (row.rule.check is Check.RADIUS, row.missed or 0.0))
    found = [gap for gap in gaps if gap["rule"] == worst.rule.id]
    yield "## " + tr(text("Largest gaps"))
    yield ""
    yield escaped(
        tr(
            text(
                "“{rule}” does not cover {missed:,.0f} residents, in {count} {count:gap|gaps}. The largest:",
                rule=worst.title,
                missed=worst.missed or 0.0,
                count=len(found),
            )
        )
    )
    yield ""
    head = (
        text("No."),
        text("Where"),
        text("Residents not served"),
        text("Half of them have at most, to the nearest"),
        text("One facility at the best point would serve, of this gap"),
        text("Best point (longitude, latitude)"),
    )
    cells = []
    for gap in found[:_MOST_GAPS]:
        far, site = gap["nearest_m"], gap.get("site")
        cells.append(
            [
                str(gap["rank"]),
                tr(gap_place(gap)),
                f"{gap['residents']:,.0f}",
                tr(text("cannot be reached") if far is None else text("{metres:,.0f} m", metres=far)),
                f"{site['residents']:,.0f}" if site else "–",
                f"{site['lon']:.6f}, {site['lat']:.6f}" if site else "–",
            ]
        )
    yield from markdown_table(tr, head, cells)


def _shares(results: Results, tr: Translator) -> Iterator[str]:
    """What the facilities there are come to, by what a share divides."""
    found = share_comparison(results.extras.get("denominators"), results.standard)
    if not found.rows:
        return
    yield "## " + tr(text("By what the share divides: the existing facilities"))
    yield ""
    rows = [
        [tr(row.title), *("–" if share is None else f"{share:.1%}" for share in row.shares)]
        for row in found.rows
    ]
    yield from markdown_table(tr, [text("Rule"), *found.columns], rows)
    for said in (*([found.apart] if found.apart else []), *found.missing):
        yield ""
        yield escaped(tr(said))
