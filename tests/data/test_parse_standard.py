"""Standards from TOML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import coverage
from core.errors import InputError
from coverage.model.standard import Check, Evidence, Standard, Walking
from data.parse_standard import parse_standard

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
        rule.clause and rule.wording and rule.responsible and rule.evidence is Evidence.PRIMARY
        for rule in standard.rules
    )
    assert standard.rule("station-radius").serves == ("station", "centre")


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_preset_is_accepted_and_named_like_its_file(path: Path) -> None:
    assert parsed(path.read_text("utf-8")).id == path.stem


def test_only_the_founding_document_was_read_itself() -> None:
    for path in PRESETS.glob("*.toml"):
        standard = parsed(path.read_text("utf-8"))
        evidence = {rule.evidence for rule in standard.rules}
        assert (Evidence.PRIMARY in evidence) == (standard.id == "nanjing-2011")
        assert None not in evidence and all(rule.source for rule in standard.rules)


# A number and what it counts, as the presets' wordings write them; a range counts both its ends.
FIGURE = re.compile(r"(\d+(?:\.\d+)?)(?:[-–~](\d+(?:\.\d+)?))?\s*(公里|平方米|米|m|分钟|人|张|项)")
IN_UNIT = {"公里": ("m", 1000.0), "米": ("m", 1.0), "平方米": ("m2", 1.0), "分钟": ("min", 1.0)}
NOT_IN_WORDING = {"street-has-centre", "community-has-station", "grid-full-coverage"}


def stated(wording: str) -> set[tuple[str, float]]:
    found = set()
    for first, second, unit in FIGURE.findall(wording.replace("公里(0.5公里)", "公里、0.5公里")):
        name, factor = IN_UNIT.get(unit, (unit, 1.0))
        found |= {(name, float(number) * factor) for number in (first, second) if number}
    return found


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_figure_of_a_preset_stands_in_its_own_wording(path: Path) -> None:
    for rule in parsed(path.read_text("utf-8")).rules:
        figures = {
            Check.RADIUS: {("m", rule.figure), *(("m", size.figure_m) for size in rule.classes)},
            Check.WALK: {("m" if rule.in_metres else "min", rule.figure)},
            Check.LOAD: {("人", end) for end in rule.band or ()},
            Check.RATIO: {("张", rule.figure)},
            Check.AREA: {("m2", rule.figure)},
            Check.PRESENCE: {("m2", rule.least_m2), ("项", float(rule.least_functions))}
            - {("m2", 0.0), ("项", 0.0)},
            Check.UNITS: set(),
        }[rule.check]
        assert figures or rule.id in NOT_IN_WORDING
        assert figures <= stated(rule.wording), rule.id


def test_no_two_presets_share_a_title() -> None:
    titles = [parsed(path.read_text("utf-8")).title for path in PRESETS.glob("*.toml")]
    for language in ("zh", "en"):
        assert len({getattr(title, language) for title in titles}) == len(titles)


def test_an_older_file_says_confirmed() -> None:
    rule = 'id = "m"\n[[rule]]\nid = "a"\ncheck = "radius"\ntier = "clinic"\nfigure_m = 300\n'
    found = [parsed(rule + line).rules[0].evidence for line in ("confirmed = true", "confirmed = false", "")]
    assert found == [Evidence.PRIMARY, Evidence.RECALLED, None]


def test_a_walk_is_stated_in_metres_or_minutes_with_its_own_speed() -> None:
    rule = 'id = "m"\n[[rule]]\nid = "a"\ncheck = "walk"\ntier = "clinic"\n'
    walking = Walking(speed_kmh=6.0)
    lines = ("figure_m = 300", "figure_min = 5", "figure_min = 5\nspeed_kmh = 3")
    rules = [parsed(rule + line).rules[0] for line in lines]
    assert [one.limit_m(walking) for one in rules] == [300.0, 500.0, 250.0]
    assert [one.limit_min(walking) for one in rules] == [3.0, 5.0, 5.0]
    with pytest.raises(InputError, match="not both"):
        parsed(rule + "figure_m = 300\nfigure_min = 5")


@pytest.mark.parametrize("name", ["nanjing-2023", "tdt-1062-2021", "nanjing-rural-2011"])
def test_a_template_has_no_figure(name: str) -> None:
    standard = parsed((PRESETS / f"{name}.toml").read_text("utf-8"))
    assert (standard.status, standard.rules) == ("template", ())


MISTAKES = [
    ('figure_m = 1250', 'figure_m = "1250"', "line 36, key “figure_m”"),
    ('figure_m = 1250', 'figure_min = 15', "key “figure_min”: this key is not known here"),
    ('figure_m = 1250\n', '', "key “figure_m”: it is missing"),
    ('figure_m = 1250', 'figure_m = 0', "above 0"),
    ('check = "walk"', 'check = "wolk"', "presence, ratio, units, area_per_100_households"),
    ('settlement = "urban"', 'settlement = "city"', "allowed: urban, rural, any"),
    ('unit = "street"', 'unit = "road"', "allowed: district, street, community"),
    ('figure_residents = [1000, 5000]', 'figure_residents = [5000, 1000]', "key “figure_residents”"),
    ('within = ["centre-radius",', 'within = ["center-radius",', "name radius or walk rules"),
    ('speed_kmh = 5.0', 'speed_kmh = 50', "line 22, key “speed_kmh”: write a number from 0.5 to 10"),
    ('nearly_share = 0.9', 'nearly_share = 1.1', "key “nearly_share”"),
    ('id = "station-radius"', 'id = "centre-radius"', "is used by an earlier rule"),
    ('evidence = "primary"', 'confirmed = "yes"', "allowed: true, false"),
    ('evidence = "primary"', 'evidence = "hearsay"', "allowed: primary, copy, press, recalled"),
    ('evidence = "primary"', 'evidence = "press"\nconfirmed = true', "not both"),
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
