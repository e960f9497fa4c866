"""The briefing as a text in Markdown, with all that a plan has to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.text import labelled
from coverage.publish import Results
from locales import LANGUAGES, Translator, translator
from reports.briefing.make import briefing_of
from reports.briefing.model import Briefing, Table
from reports.briefing.next_steps import NEXT_STEPS
from reports.plan.briefing import escaped, markdown_table, plan_chapters


def briefing_text(results: Results, *, language: str) -> str:
    """The briefing of an assessment, and of its plan where there is one."""
    tr = translator(language)
    chapters: list[Iterable[str]] = []
    if results.plan is not None:
        chapters += plan_chapters(results.plan.plan, results.standard, tr)
    return markdown_of(briefing_of(results), tr, chapters)


def markdown_of(briefing: Briefing, tr: Translator, chapters: Iterable[Iterable[str]] = ()) -> str:
    """Headline, conclusion and tables of a briefing, then further chapters, then what the product is of."""
    parts: list[Iterable[str]] = [_head(briefing, tr)]
    tables = (briefing.changes or briefing.rules, *briefing.lists, briefing.gap_table, briefing.shares,
              briefing.complete, briefing.tasks)  # fmt: skip
    parts += [_table(table, tr) for table in tables if table is not None and (table.rows or table.notes)]
    parts.append(_next_steps(briefing, tr))
    parts += chapters
    parts.append(f"- {escaped(tr(labelled(term, said)))}" for term, said in briefing.strip)
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def briefing_texts(results: Results) -> dict[str, str]:
    """File name → briefing, in every language."""
    return {f"briefing-{language}.md": briefing_text(results, language=language) for language in LANGUAGES}


def _head(briefing: Briefing, tr: Translator) -> Iterator[str]:
    """City, headline, what limits the figures, and the conclusion."""
    yield f"# {escaped(tr(briefing.title))}"
    yield f"\n**{escaped(tr(briefing.headline.words))}**"
    for remark in (*briefing.badges, *briefing.caveats):
        yield f"\n**{escaped(tr(remark))}**"
    yield ""
    yield ("" if tr.language == "zh" else " ").join(escaped(tr(one.words)) for one in briefing.conclusion)


def _next_steps(briefing: Briefing, tr: Translator) -> Iterator[str]:
    if briefing.next_steps:
        yield f"## {escaped(tr(NEXT_STEPS))}"
        yield ""
    yield from (f"- {escaped(tr(one.words))}" for one in briefing.next_steps)


def _table(table: Table, tr: Translator) -> Iterator[str]:
    yield f"## {escaped(tr(table.title))}"
    yield ""
    yield from markdown_table(tr, table.head, [[tr(cell) for cell in row] for row in table.rows])
    for said in table.notes:
        yield ""
        yield escaped(tr(said))
