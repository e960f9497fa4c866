"""`scenario`: what would change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from commands.asking import asking
from commands.front import answer, front_door
from commands.options import NETWORKS, SCENARIOS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.study import StudyOptions

if TYPE_CHECKING:
    from jobs.scenario import ScenarioWish


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """What is to change, or the two scenarios to compare."""

    edits: Annotated[
        str, Option(help="A file of edits (JSON) or of drawn lines, or a stored scenario's name.")
    ] = ""
    compare: Annotated[
        tuple[str, str] | None, Option(help="Two scenarios: files, names, or “now” for the city as it is.")
    ] = None
    keep: Annotated[str, Option(help="Store the scenario under this name.")] = ""
    store: Annotated[Path, Option(help="Folder of stored scenarios.")] = SCENARIOS

    def wish(self) -> ScenarioWish:
        """SettingError unless either edits or a pair is given."""
        from jobs.scenario import scenario_wish

        return scenario_wish(self.edits, self.compare, store=self.store, keep=self.keep)


@spread
def scenario(
    change: ChangeOptions, study: StudyOptions, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Work changes in (openings, closings, moves, streets, figures, people) and tell who gains and loses."""
    with front_door(lang) as (tr, report):
        from jobs.assess.summary import comparison_lines
        from jobs.scenario import scenario_files

        wish = change.wish()
        job = partial(
            scenario_files, wish=wish, out=out, language=lang.value, cache=NETWORKS, progress=report
        )
        found = asking(study.files(), job, tr, report)
        document = found.as_json()
        lines = comparison_lines(document, found.done.inputs.standard, tr)
        answer(as_json, document, lambda: [*lines, str(out)])
