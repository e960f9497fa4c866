"""`assess`: a city against a standard."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from commands.asking import asking
from commands.front import answer, front_door, print_verdicts
from commands.options import NETWORKS, AsJson, Lang, Language, Out
from commands.spread import spread
from commands.stored import As, OfCity, Where, opened
from commands.study import StudyOptions
from core.errors import SettingError
from core.text import listed

if TYPE_CHECKING:
    from jobs.study.cases import StudyFiles


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


@dataclass(frozen=True, kw_only=True)
class StoredCity:
    """A city of the store in place of files, with the lists that offices had by a day."""

    city: OfCity = ""
    at: Annotated[
        str, typer.Option(help="With --city: as the lists were known by this day (2026-03-31).")
    ] = ""
    store: Where = ""
    by: As = ""

    def files(self, study: StudyOptions) -> StudyFiles:
        """Its study; where no city is named, that of the files. SettingError where both are given, InputError
        where the city had no list by that day."""
        if not self.city:
            if self.at:
                raise SettingError("--at needs --city: a day is asked of lists that the store keeps.")
            return study.files(land_alone=True)
        given = [
            f"--{one.name.replace('_', '-')}"
            for one in fields(study)
            if getattr(study, one.name) != getattr(StudyOptions(), one.name)
        ]
        if given:
            raise SettingError(
                "With --city, files and settings are those the city was taken in with; leave out {options}.",
                options=listed(given),
            )
        from jobs.collect.cities import study_at

        return study_at(opened(self.store, city=self.city), self.city, at=self.at, by=self.by)


@spread
def assess(
    study: StudyOptions,
    stored: StoredCity,
    out: Out,
    also: Also = (),
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Measure a city against a standard and write the assessment folder."""
    with front_door(lang) as (tr, report):
        from jobs.assess.folder import assess_files
        from jobs.assess.summary import closing_lines

        wanted = [what.value for what in also]
        job = partial(
            assess_files, out=out, language=lang.value, cache=NETWORKS, progress=report, also=wanted
        )
        results = asking(stored.files(study), job, tr, report).results
        if not as_json:
            print_verdicts(results, tr)
        answer(as_json, results.document, lambda: [*closing_lines(results, tr), str(out)])
