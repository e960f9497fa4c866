"""`suggest`: where the next facilities should go."""

from __future__ import annotations

from functools import partial

from commands.asking import asking
from commands.front import answer, front_door
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.stopping import followed
from commands.study import StudyOptions
from commands.suggest_options import SuggestOptions, request_of


@spread
def suggest(
    options: SuggestOptions, study: StudyOptions, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Choose the best sites for new facilities, with a proof or a bound.

    Ctrl-C while sites are being chosen ends the search: the best plan so far is written with its bound.
    """
    with front_door(lang) as (tr, report):
        from jobs.assess.summary import closing_lines
        from jobs.siting.suggest import suggest_files

        request = request_of(options)
        with followed(report, tr) as monitor:
            job = partial(
                suggest_files,
                request=request,
                out=out,
                language=lang.value,
                cache=NETWORKS,
                monitor=monitor,
            )
            done = asking(study.files(), job, tr, report)
        plan = done.results.plan.plan if done.results.plan is not None else {}
        answer(as_json, plan, lambda: [*closing_lines(done.results, tr), str(out)])
