"""Standards from TOML."""

from __future__ import annotations

from pathlib import Path

import pytest

import coverage
from core.errors import InputError
from coverage.model.parse_standard import parse_standard
from coverage.model.standard import Check, Standard

PRESETS = Path(coverage.__file__).parent / "standards"
NANJING = (PRESETS / "nanjing-2011.toml").read_text("utf-8")


def parsed(text: str) -> Standard:
    return parse_standard(text, source="mine.toml")


def test_nanjing_2011_has_every_rule_with_clause_wording_and_responsible_units() -> None:
    standard = parsed(NANJING)
    figures = {rule.id: rule.band or rule.figure for rule in standard.rules}
    assert figures == {
        "centre-radius": 1250.0,
        "station-radius": 500.0,
        "circle-walk-10": 10.0,
        "circle-walk-15": 15.0,
        "centre-walk-15": 15.0,
        "station-walk-10": 10.0,
        "rural-centre-load": (1000.0, 5000.0),
        "rural-station-load": (300.0, 1000.0),
        "street-has-centre": 1.0,
        "community-has-station": 1.0,
        "grid-full-coverage": 1.0,
        "elderly-beds": 40.0,
    }
    assert all(
        rule.clause and rule.wording and rule.responsible and rule.confirmed for rule in standard.rules
    )
    assert standard.rule("station-radius").serves == ("station", "centre")


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_preset_is_accepted_and_named_like_its_file(path: Path) -> None:
    assert parsed(path.read_text("utf-8")).id == path.stem


def test_recalled_figures_of_gb50180_are_marked_unconfirmed() -> None:
    standard = parsed((PRESETS / "gb50180-2018.toml").read_text("utf-8"))
    confirmed = {rule.id for rule in standard.rules if rule.confirmed}
    assert confirmed == {"primary-school-radius", "kindergarten-radius"}


def test_the_2023_template_has_no_figure() -> None:
    standard = parsed((PRESETS / "nanjing-2023.toml").read_text("utf-8"))
    assert (standard.status, standard.rules) == ("template", ())


MISTAKES = [
    ('figure_m = 1250', 'figure_m = "1250"', "line 36, key “figure_m”"),
    ('figure_m = 1250', 'figure_min = 15', "key “figure_min”: this key is not known here"),
    ('figure_m = 1250\n', '', "key “figure_m”: it is missing"),
    ('figure_m = 1250', 'figure_m = 0', "above 0"),
    ('check = "walk"', 'check = "wolk"', "allowed: radius, walk, load, presence, ratio, units"),
    ('settlement = "urban"', 'settlement = "city"', "allowed: urban, rural, any"),
    ('unit = "street"', 'unit = "road"', "allowed: district, street, community"),
    ('figure_residents = [1000, 5000]', 'figure_residents = [5000, 1000]', "key “figure_residents”"),
    ('within = ["centre-radius",', 'within = ["center-radius",', "name radius or walk rules"),
    ('speed_kmh = 5.0', 'speed_kmh = 50', "line 22, key “speed_kmh”: write a number from 0.5 to 10"),
    ('nearly_share = 0.9', 'nearly_share = 1.1', "key “nearly_share”"),
    ('id = "station-radius"', 'id = "centre-radius"', "is used by an earlier rule"),
    ('confirmed = true', 'confirmed = "yes"', "allowed: true, false"),
    ('status = "in_force"', 'status = "valid"', "allowed: in_force, draft, superseded, template"),
    ('issued = 2011-08-01', 'issued = "August"', "write a date without quotes"),
    ('[walking]', '[walk ing]', "not a TOML file that can be read"),
    ('[[rule]]\nid = "centre-radius"', '[rule]\nid = "centre-radius"', "mine.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_refused_with_its_place_and_what_is_allowed(right: str, wrong: str, said: str) -> None:
    assert right in NANJING
    with pytest.raises(InputError) as refusal:
        parsed(NANJING.replace(right, wrong, 1))
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("mine.toml")


def test_the_smallest_standard_needs_an_id_and_one_rule() -> None:
    standard = parsed('id = "mine"\n[[rule]]\nid = "a"\ncheck = "radius"\ntier = "clinic"\nfigure_m = 300')
    (rule,) = standard.rules
    assert (rule.check, rule.serves, rule.settlement) == (Check.RADIUS, ("clinic",), "any")
    assert standard.walking.speed_kmh == 5.0
    assert str(standard.title) == "mine"


def test_the_titles_of_own_tiers_come_from_the_file() -> None:
    standard = parsed(
        'id = "m"\n[tiers.clinic]\nzh = "诊所"\nen = "surgery"\n'
        '[[rule]]\nid = "a"\ncheck = "radius"\ntier = "clinic"\nfigure_m = 300'
    )
    assert "surgery" in str(standard.rule_title(standard.rules[0]))
