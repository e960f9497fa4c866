"""What only the user can know is asked for, where somebody sits at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rich.prompt import Prompt

from commands.front import Bar
from core.progress import Progress as Report
from core.text import text
from jobs.study.cases import StudyFiles
from locales import Translator

Done = TypeVar("Done")


def asking(files: StudyFiles, job: Callable[[StudyFiles], Done], tr: Translator, report: Report) -> Done:
    """What `job` makes of the files; a question that they leave open is asked, and the job begun again.

    Without a terminal nothing is asked: what could be meant is refused with all readings named, and a raster
    that does not say what it counts is taken as residents per pixel, and the results say so.
    """
    if not (isinstance(report, Bar) and _at_a_terminal()):
        return job(files)
    from data.formats.asked import OpenQuestionError

    if files.population_unit == "auto":
        files = replace(files, population_unit="ask")
    while True:
        try:
            return job(files)
        except OpenQuestionError as question:
            with report.away() as console:
                console.print(tr(question.message), markup=False, highlight=False)
                choices = list(question.choices) or None
                title = tr(text("{option}: which of them?", option=question.option))
                files = files.answered(question.field, Prompt.ask(title, choices=choices, console=console))


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
