"""Which kinds of service every community has: units × kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.text import Bilingual, Sayable
from coverage.checks.by_unit import sum_by, units_of
from coverage.model.names import services_named
from coverage.model.results import ratio
from coverage.model.standard import Standard
from coverage.model.study import Study
from coverage.model.tables import Bools, FacilityTable, Floats, Ints


@dataclass(frozen=True)
class Kind:
    """A kind of service. A facility offers it if its tier is `id`, or its column `services` has an
    entry that contains one of `words`."""

    id: str
    title: Sayable
    words: tuple[str, ...] = ()


# 宁委办发〔2011〕52号, task 26: what every community has.
SEVEN_KINDS: Final = (
    Kind("employment", Bilingual("就业社保", "employment and social security"), ("就业", "社保")),
    Kind("education", Bilingual("教育卫生", "education and health"), ("教育", "卫生")),
    Kind("culture", Bilingual("文化体育", "culture and sport"), ("文化", "体育", "文体")),
    Kind("family", Bilingual("人口计生", "population and family planning"), ("人口", "计生")),
    Kind("elderly", Bilingual("居家养老", "care of the elderly at home"), ("养老",)),
    Kind("relief", Bilingual("扶贫济困", "relief of the poor"), ("扶贫", "济困", "救助")),
    Kind("safety", Bilingual("综治平安", "public order and safety"), ("综治", "平安")),
)


@dataclass(frozen=True)
class Completeness:
    """`has` (units, kinds): a facility that stands for the unit offers the kind.

    `unit_rows` (units,) rows of the unit table, `residents` (units,).
    """

    kinds: tuple[Kind, ...]
    unit_rows: Ints
    has: Bools
    residents: Floats

    @property
    def complete(self) -> Bools:
        """(units,) which have every kind."""
        return np.asarray(self.has.all(axis=1))

    @property
    def share(self) -> float | None:
        """Units that have every kind / units; None where there are no units."""
        return ratio(int(self.complete.sum()), len(self.unit_rows))

    @property
    def units_with(self) -> Ints:
        """(kinds,) how many units have the kind."""
        return np.asarray(self.has.sum(axis=0))

    @property
    def residents_complete(self) -> float:
        """Residents of the units that have every kind."""
        return float(self.residents[self.complete].sum())

    def missing(self, unit: int) -> tuple[Kind, ...]:
        """The kinds that the unit at this row of `has` lacks."""
        return tuple(kind for kind, there in zip(self.kinds, self.has[unit], strict=True) if not there)


def tier_kinds(standard: Standard) -> tuple[Kind, ...]:
    """One kind a tier of the standard, for lists that name no services."""
    return tuple(Kind(tier, standard.tier_title(tier)) for tier in standard.tiers)


def completeness(
    study: Study, kinds: Sequence[Kind] = SEVEN_KINDS, *, level: str = "community", settlement: str = "any"
) -> Completeness:
    """Units of `level` and `settlement` against kinds of service; no rows where the study has no such units.

    A facility stands for the unit its list declares, else for the one it lies in.
    """
    units = units_of(study, level, settlement)
    offered = offers(study.facilities, kinds)
    has = np.zeros((len(units), len(kinds)), dtype=bool)
    people = np.zeros(len(units))
    if study.units is not None and len(units):
        for k in range(len(kinds)):
            has[:, k] = np.isin(units, study.facilities_in.units_of(level, offered[:, k]))
        people = sum_by(study.cells_in.rows[level], study.grid.residents, len(study.units))[units]
    return Completeness(tuple(kinds), units, has, people)


def offers(facilities: FacilityTable, kinds: Sequence[Kind]) -> Bools:
    """(facilities, kinds): which facility offers which kind."""
    frame = facilities.frame
    named = frame["services"].fillna("").astype(str) if "services" in frame else [""] * len(frame)
    listed = [services_named(entry) for entry in named]
    return np.array(
        [
            [
                tier == kind.id or any(word in entry for word in kind.words for entry in entries)
                for kind in kinds
            ]
            for tier, entries in zip(frame["tier"], listed, strict=True)
        ],
        dtype=bool,
    ).reshape(len(frame), len(kinds))
