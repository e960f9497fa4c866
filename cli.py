"""The command line: the same verbs as the pages, without a browser.

Progress goes to stderr, a short summary (or JSON) to stdout. Exit codes: 0 done, 2 bad input, 1 a defect,
130 stopped (Ctrl-C).
"""

from __future__ import annotations

from commands.assess import assess
from commands.batch import batch
from commands.cache import cache
from commands.check import check
from commands.collect import (
    city,
    history,
    preview,
    restore,
    review,
    round_,
    submissions,
    submit,
    template,
    workbook,
)
from commands.compare import compare
from commands.demo import demo
from commands.export import export
from commands.fetch import fetch
from commands.isochrones import isochrones
from commands.rerun import rerun
from commands.scenario import scenario
from commands.store import store
from commands.suggest import suggest
from commands.verbs import Verbs
from commands.work import job, worker

app = Verbs(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
for verb in (demo, check, assess, suggest, isochrones, scenario, fetch, compare, export, rerun, batch, cache):
    app.command()(verb)
for verb in (submit, submissions, preview, review, history, restore, workbook, template, worker):
    app.command()(verb)
for name, verbs in (("city", city), ("round", round_), ("store", store), ("job", job)):
    app.add_typer(verbs, name=name)

if __name__ == "__main__":
    app()
