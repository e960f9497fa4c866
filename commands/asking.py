"""What only the user can know is asked for, where somebody sits at the terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Final

from rich.prompt import Prompt

from commands.front import Bar
from core.progress import Progress as Tell
from core.text import text
from jobs.study.cases import StudyFiles
from locales import Translator

_UNITS: Final = ("count", "per_ha", "per_km2")


def with_unit_asked(files: StudyFiles, tr: Translator, report: Tell) -> StudyFiles:
    """The files with what their raster counts, if nothing tells and somebody can answer.

    Without a terminal nothing is asked: residents per pixel are taken, and the results say so.
    """
    if files.population_unit != "auto" or not (isinstance(report, Bar) and _at_a_terminal()):
        return files
    from jobs.study.people import unclear_unit

    question = unclear_unit(files, progress=report)
    if question is None:
        return files
    with report.away() as console:
        console.print(tr(question), markup=False, highlight=False)
        unit = Prompt.ask(tr(text("What does the raster count?")), choices=list(_UNITS), console=console)
    return replace(files, population_unit=unit)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
