"""An official form as data: its rows under their own names, and where our figures for them stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.text import Bilingual
from coverage.model.standard import Check, Evidence, Rule, Standard

# What a row asks for.
MEASURES: Final = (
    "share",  # of what the row's denominator says, in percent
    "covered",  # the numerator of that share
    "total",  # its denominator
    "units_share",  # units that meet the rule, in percent
    "units_met",
    "units_missed",
    "units",
    "within_share",  # facilities within the rule's band, in percent
    "facilities",  # in the list, of the row's kinds
    "residents",
    "residents_per_facility",
    "per_1000",
    "m2_per_100_households",
)
LEVELS: Final = ("district", "street", "community")


@dataclass(frozen=True)
class Asked:
    """Which rule of whatever standard a row rests on: `kinds` any of which the rule accepts (empty: all),
    `figure` in the rule's own unit (metres where `in_metres`), None for any; `band` of residents is that of
    the load rule."""

    check: Check
    kinds: tuple[str, ...] = ()
    figure: float | None = None
    in_metres: bool = False
    band: tuple[float, float] | None = None
    unit: str = ""

    def found_in(self, standard: Standard) -> Rule | None:
        """The rule that the row speaks of: of several the one that narrows least, then the first."""

        def narrowed(rule: Rule) -> tuple[bool, bool, bool]:
            other_kinds = bool(self.kinds) and not set(rule.serves) <= set(self.kinds)
            own_figure = rule.speed_kmh is not None or bool(rule.tolerance or rule.classes)
            return rule.settlement != "any", own_figure, other_kinds

        return min(filter(self._fits, standard.rules), key=narrowed, default=None)

    def _fits(self, rule: Rule) -> bool:
        metres = rule.in_metres or rule.check is Check.RADIUS
        return (
            rule.check is self.check
            and (not self.kinds or bool({rule.tier, *rule.serves} & set(self.kinds)))
            and (self.figure is None or (rule.figure == self.figure and metres == self.in_metres))
            and self.band == rule.band
            and self.unit in ("", rule.unit)
        )


@dataclass(frozen=True)
class FormRow:
    """One row. `name`, `numerator` and `whole` are the form's own words; `unit` is what the figure is written
    in; `denominator` and `basis` name the share (`coverage.equity.denominators`). From `threshold` on a
    figure is in order, or up to it where `at_most`. `evidence` is of the row's definition."""

    name: str
    measure: str
    asked: Asked | None = None
    number: str = ""
    unit: str = ""
    denominator: str = "residents"
    basis: str = ""
    numerator: str = ""
    whole: str = ""
    threshold: float | None = None
    at_most: bool = False
    source: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Form:
    """A form with its rows in order; `levels` are those of units that get a sheet of their own beside the
    city's."""

    id: str
    title: Bilingual
    document: str
    rows: tuple[FormRow, ...]
    levels: tuple[str, ...] = ()
