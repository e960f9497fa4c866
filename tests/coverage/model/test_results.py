"""What still lacks, rule by rule, on the tiny town."""

from __future__ import annotations

import pytest

from coverage.assessment import assess
from coverage.model.results import Shortfall, shortfall
from tests.coverage.tiny_town import RADIUS_500, standard, study

LOAD = 'id = "r"\ncheck = "load"\ntier = "station"\nserves = ["station"]\nfigure_residents = [300, 1000]'
PRESENCE = 'id = "r"\ncheck = "presence"\ntier = "station"\nserves = ["station"]\nunit = "community"'
BEDS = (
    'id = "r"\ncheck = "ratio"\ntier = "any"\nserves = ["station"]\ngroup = "elderly"\nfigure_per_1000 = 40'
)
FULL = 'id = "g"\ncheck = "units"\ntier = "any"\nunit = "community"\nfigure_share = 1.0\nwithin = ["r"]'


def lacking(rule: str, rows: list[tuple[str, float]], **columns: list[object]) -> Shortfall | None:
    return shortfall(assess(study(rows, **columns), standard(rule)).result("r"))


@pytest.mark.parametrize(
    ("rule", "what", "amount"),
    [(RADIUS_500, "residents", 1000.0), (LOAD, "facilities", 1.0), (PRESENCE, "units", 1.0)],
)
def test_a_rule_lacks_what_it_counts(rule: str, what: str, amount: float) -> None:
    assert lacking(rule, [("station", 500)]) == Shortfall(what, amount)


def test_beds_lack_up_to_the_figure() -> None:
    # 420 elderly need 16.8.
    found = lacking(BEDS, [("station", 500)], places=[10])
    assert found is not None
    assert (found.what, found.amount) == ("places", pytest.approx(6.8))


def test_a_surplus_in_one_unit_fills_no_other() -> None:
    # W needs 8 and has 20, E needs 8.8 and has 1.
    found = lacking(BEDS + '\nunit = "community"', [("station", 500), ("station", 1500)], places=[20, 1])
    assert found is not None
    assert found.amount == pytest.approx(7.8)


@pytest.mark.parametrize(("share", "amount"), [(1.0, 1.0), (0.6, 1.0), (0.5, 0.0)])
def test_a_share_of_units_lacks_whole_units(share: float, amount: float) -> None:
    rules = RADIUS_500, FULL.replace("1.0", str(share))
    done = assess(study([("station", 500)]), standard(*rules))
    assert shortfall(done.result("g")) == Shortfall("units", amount)


def test_what_is_not_judged_lacks_nothing_to_name() -> None:
    assert lacking(BEDS, [("station", 500)]) is None
