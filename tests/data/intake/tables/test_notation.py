"""Coordinates in every notation."""

import pytest

from data.intake.tables.notation import parse_angle, parse_pair

ANGLES = [
    "118.77",
    "１１８．７７",
    "118.77°",
    "118.77度",
    "118°46′12″",
    "118º46'12\"",
    "118度46分12秒",
    "东经118°46′12″",
    "118°46′12″E",
    "E118°46'12''",
    "东经：118.77",
    "118 46 12",
    "118:46:12",
    "118-46-12",
    "118°46.2′",
    "118d46m12s",
    "经度118.77",
    "118.770000",
    "+118.77",
    "118,77",
    " 118.77 ",
    "118゜46′12″",
    "１１８°４６′１２″",
]
PAIRS = [
    "118.77,32.06",
    "118.77，32.06",
    "（118.77，32.06）",
    "118.77 32.06",
    "118.77;32.06",
    "118.77、32.06",
    "118°46′12″，32°03′36″",
    "东经118°46′12″北纬32°03′36″",
    "东经118.77北纬32.06",
    "E118.77,N32.06",
    "118°46′12″E 32°03′36″N",
    "POINT(118.77 32.06)",
    "[118.77, 32.06]",
    "lng:118.77,lat:32.06",
    "118.77/32.06",
]


@pytest.mark.parametrize("written", ANGLES)
def test_angle(written):
    assert parse_angle(written).value == pytest.approx(118.77, abs=1e-9)


@pytest.mark.parametrize("written", PAIRS)
def test_pair(written):
    assert [angle.value for angle in parse_pair(written)] == pytest.approx([118.77, 32.06], abs=1e-9)


@pytest.mark.parametrize(
    "written", ["", "玄武区", "待定", True, None, "118°76′00″", "118.77.3.2", float("inf"), "1,2,3"]
)
def test_what_is_no_angle(written):
    assert parse_angle(written) is None


@pytest.mark.parametrize(
    "written", ["118.77", "118.77,32.06,5", "118.77,32.06;118.78,32.07", "中山路1号", 118.77]
)
def test_what_is_no_pair(written):
    assert parse_pair(written) is None


def test_letters_tell_the_axis_and_the_half_of_the_earth():
    assert parse_angle("北纬32.06").axis == "lat" and parse_angle("118.77E").axis == "lon"
    assert parse_angle("S30.05").value == -30.05 and parse_angle("西经51.2").value == -51.2


@pytest.mark.parametrize(
    ("written", "decimals"),
    [
        ("118.77", 2),
        (118.7, 1),
        (118.770, 2),
        ("118.7700", 2),
        ("118°46′", 2),
        ("118°46′12″", 4),
        ("118°46.25′", 4),
    ],
)
def test_how_finely_it_is_given(written, decimals):
    assert parse_angle(written).decimals == decimals
