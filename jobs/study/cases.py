"""What is asked about: the files of a study, and lists in their place.

Light to import: what reads and computes is elsewhere, so that a finished answer is shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from data.files import digest
from data.handed_over import beside, handed_over
from data.standards import DEFAULT_STANDARD
from jobs.study.layers import Answers as Answers
from jobs.study.layers import Layers as Layers

# The lists' coordinate system is to be asked for where nothing decides it; only the page can ask.
ASK: Final = "ask"


@dataclass(frozen=True)
class OwnLists:
    """Lists in place of the study's own, or `in_addition` to them; `datum` is that of these lists."""

    paths: tuple[Path, ...]
    datum: str = "auto"
    in_addition: bool = False


@dataclass(frozen=True)
class StudyFiles:
    """What the user names: lists, people, streets, and optionally units, a standard and a datum.

    `name` is what the area is called in results (default: the population file's name),
    `population_unit` what a population raster's numbers count. Dead ends of streets at most `heal_m`
    short of another street are joined to it. `layers` are further files about the ground and people,
    `answers` the user's word where the files leave something open. Residents and units may come in
    several files: parts of one whole, or a level each. `own` are lists in place of `facilities` or beside
    them, as the page takes them, once all else has been read. `versions` says which versions of offices'
    lists a city of the store had ("office version"), `as_of` by which day or moment they were known (""):
    results keep both. `land_alone`: residents are unknown, and `population` is the file of residential land.
    """

    facilities: tuple[Path, ...]
    population: Path
    network: Path
    units: Path | None = None
    standard: str = DEFAULT_STANDARD
    datum: str = "auto"
    name: str = ""
    population_unit: str = "auto"
    heal_m: float = 0.0
    layers: Layers = field(default_factory=Layers)
    more_population: tuple[Path, ...] = ()
    more_units: tuple[Path, ...] = ()
    answers: Answers = field(default_factory=Answers)
    own: OwnLists | None = None
    versions: tuple[str, ...] = ()
    as_of: str = ""
    land_alone: bool = False

    @property
    def populations(self) -> tuple[Path, ...]:
        """All files of residents."""
        return (self.population, *self.more_population)

    @property
    def unit_files(self) -> tuple[Path, ...]:
        """All files of units; none where there are no units."""
        return () if self.units is None else (self.units, *self.more_units)

    def answered(self, field: str, answer: str) -> StudyFiles:
        """With an answer to what a file left open (`OpenQuestionError.field`): a field of these files, of
        their answers, or of one name in those ("group_units:elderly")."""
        if field == "population_unit":
            return replace(self, population_unit=answer)
        if field == "datum":
            return replace(self, datum=answer)
        if field == "totals_column":
            return replace(self, layers=replace(self.layers, totals_column=answer))
        name, _, of = field.partition(":")
        value: Any = answer
        if of:
            value = (*(pair for pair in getattr(self.answers, name) if pair[0] != of), (of, answer))
        return replace(self, answers=replace(self.answers, **{name: value}))


def list_digest(path: Path) -> str:
    """That of a list together with what an earlier check handed over beside it, if anything."""
    further = beside(path)
    return digest(path) if handed_over(path) is None else f"{digest(path)} {digest(further)}"
