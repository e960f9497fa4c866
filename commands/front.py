"""The front door: progress, answers and errors of every verb.

Progress goes to stderr, a short summary (or JSON) to stdout. Exit codes: 0 done, 2 bad input, 1 a defect,
130 stopped by the user (Ctrl-C).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from commands.options import Language
from core.errors import Cancelled, UserError, told_by_system
from core.progress import Progress as Tell
from core.text import Text, printable, text
from data.defects import RecordedDefectError, record_defect
from data.guard import guarding
from locales import Translator, translator

# What shells say of a program that Ctrl-C has ended.
_STOPPED: Final = 130
_PIPE_COLUMNS: Final = 160


class Bar:
    """Progress as a bar on a terminal; it makes room while the user is asked something."""

    def __init__(self, bar: Progress, tr: Translator) -> None:
        self._bar, self._say, self._task = bar, tr, bar.add_task("", total=1.0)

    def __call__(self, share: float, doing: Text) -> None:
        self._bar.update(self._task, completed=share, description=printable(self._say(doing)))

    @contextmanager
    def away(self) -> Iterator[Console]:
        """No bar for a while; the console is for the question."""
        self._bar.stop()
        try:
            yield self._bar.console
        finally:
            self._bar.start()


@contextmanager
def front_door(lang: Language) -> Iterator[tuple[Translator, Tell]]:
    """Progress on stderr; a user's error in the user's words and exit 2, a defect as a number and exit 1.

    The one handler here.

    Ctrl-C ends the work where it is: folders of results are whole or untouched, caches are kept.
    """
    tr = translator(lang.value)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    )
    try:
        with bar, guarding():
            yield tr, Bar(bar, tr)
    except (Cancelled, KeyboardInterrupt):
        _say(console, tr(Cancelled().message), style="")
        raise typer.Exit(_STOPPED) from None
    except UserError as error:
        _say(console, tr(error.message))
        raise typer.Exit(2) from error
    except Exception as defect:
        if isinstance(defect, OSError) and (said := told_by_system(defect)) is not None:
            _say(console, tr(said.message))
            raise typer.Exit(2) from defect
        _print_defect(defect, console, tr)
        raise typer.Exit(1) from defect


def _say(console: Console, sentence: str, *, style: str = "red", soft_wrap: bool = False) -> None:
    """On the terminal, which obeys nothing that came out of a file."""
    console.print(printable(sentence), style=style, markup=False, highlight=False, soft_wrap=soft_wrap)


def _print_defect(defect: Exception, console: Console, tr: Translator) -> None:
    """A number and a file instead of a traceback; the file can be sent on, it holds no user data."""
    verb = next((word for word in sys.argv[1:2] if word.isalpha()), "command line")
    recorded = record_defect(defect, doing=verb)
    sentence = text(
        "This is a defect of the program, not of your data (number {number}, {kind}). Nothing you gave it "
        "was changed.",
        number=recorded.number,
        kind=defect.kind if isinstance(defect, RecordedDefectError) else type(defect).__name__,
    )
    if recorded.path is None:
        way_out = text("It could not be written down, since no folder can be written to: is the disk full?")
    else:
        way_out = text(
            "Please send this file to whoever maintains the program; it says where the fault is and holds "
            "nothing from your files: {path}",
            path=str(recorded.path),
        )
    for said in (sentence, way_out):
        _say(console, tr(said), soft_wrap=True)


def answer(as_json: bool, document: Mapping[str, Any], lines: Callable[[], list[str]]) -> None:
    if as_json:
        sys.stdout.write(printable(json.dumps(document, ensure_ascii=False, indent=1)) + "\n")
    else:
        sys.stdout.write(printable("\n".join(lines())) + "\n")


def print_verdicts(results: Any, tr: Translator) -> None:
    from jobs.assess.summary import assessment_rows

    head, rows = assessment_rows(results, tr)
    table = Table(*(Column(title, overflow="fold") for title in head))
    for row in rows:
        table.add_row(*map(printable, row))
    # A pipe or a file has no width: nothing is cut off there.
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    Console(highlight=False, width=width).print(table, markup=False)
