"""`assess`: a city against a standard."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from commands.asking import asking
from commands.front import answer, front_door, print_verdicts
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.study import StudyOptions


class More(StrEnum):
    """As `jobs.assess.optional_analyses.ALSO` has them; that takes a second to import."""

    isochrones = "isochrones"
    barriers = "barriers"
    bands = "bands"
    timeline = "timeline"
    supply = "supply"
    parts = "split"


Also = Annotated[
    tuple[More, ...], typer.Option(help="Make this too, though it takes longer; may be given again.")
]


@spread
def assess(
    study: StudyOptions, out: Out, also: Also = (), lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Measure a city against a standard and write the assessment folder."""
    with front_door(lang) as (tr, report):
        from jobs.assess.folder import assess_files
        from jobs.assess.summary import closing_lines

        wanted = [what.value for what in also]
        job = partial(
            assess_files, out=out, language=lang.value, cache=NETWORKS, progress=report, also=wanted
        )
        results = asking(study.files(), job, tr, report).results
        if not as_json:
            print_verdicts(results, tr)
        answer(as_json, results.document, lambda: [*closing_lines(results, tr), str(out)])
