"""`isochrones`: how far one gets on foot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Option

from commands.asking import asking
from commands.front import answer, front_door
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.study import StudyOptions

if TYPE_CHECKING:
    from jobs.reach import ReachWish


class As(StrEnum):
    dissolved = "dissolved"
    each = "each"
    nearest = "nearest"


@dataclass(frozen=True, kw_only=True)
class ReachOptions:
    """From where, how long and how fast one walks."""

    facility: Annotated[
        tuple[str, ...], Option(help="Number or name of a facility; give it again for more.")
    ] = ()
    tier: Annotated[str, Option(help="All of one kind: station, centre, …")] = ""
    minutes: Annotated[
        tuple[float, ...],
        Option(help="Minutes on foot; give it again for more."),
    ] = (10, 15)
    shape: Annotated[
        As, Option("--as", help="One shape for all, each facility alone, or only where it is nearest.")
    ] = As.dissolved
    speed: Annotated[float, Option(min=0, help="Walking speed in km/h; 0: that of the standard.")] = 0.0

    def wish(self) -> ReachWish:
        from jobs.reach import ReachWish

        return ReachWish(self.facility, self.tier, self.minutes, self.shape.value, self.speed)


@spread
def isochrones(
    reach: ReachOptions, study: StudyOptions, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Draw how far one gets on foot from facilities: areas, reached streets and a map."""
    with front_door(lang) as (tr, report):
        from jobs.assess.summary import reach_lines
        from jobs.reach import isochrone_files

        job = partial(
            isochrone_files,
            wish=reach.wish(),
            out=out,
            language=lang.value,
            cache=NETWORKS,
            progress=report,
        )
        found = asking(study.files(), job, tr, report).as_json()
        answer(as_json, found, lambda: [*reach_lines(found, tr), str(out)])
