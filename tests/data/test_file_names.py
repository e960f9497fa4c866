"""One way to make the name of a file harmless, wherever one is named after somebody's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingError
from coverage.model.edits import Scenario
from data.files import file_name
from data.intake.store import keep_originals
from data.scenarios import save_scenario

DEVICES = ("CON", "prn", "Aux", "NUL", "COM1", "com9", "LPT1", "lpt¹", "CONIN$", "CON ", "CON.tar", "nul.a.b")
NAMES = [
    ("清单（百度坐标）.XLSX", "清单（百度坐标）.XLSX"),
    ("../../etc/passwd", "_.._etc_passwd"),
    ("a/b\\c:d.csv", "a_b_c_d.csv"),
    ("云川:一", "云川_一"),
    ("contour.csv", "contour.csv"),
    ("COM10.csv", "COM10.csv"),
    (".csv", "_.csv"),
    ("..", "_"),
    ("", "_"),
    ("a\0\n\tb.csv", "a b.csv"),
    ("a\u202egpj.csv", "agpj.csv"),
    ("a\u200bb\ufeff", "ab"),
    ("a\udcff.csv", "a.csv"),
    ("name. . .", "name"),
    (" a  b .csv", "a b.csv"),
    ("e\u0301.csv", "é.csv"),
]


@pytest.mark.parametrize(("words", "name"), NAMES)
def test_a_name_keeps_its_words_and_loses_its_power(words: str, name: str) -> None:
    assert file_name(words) == name


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("ending", ["", ".csv", "-2.xlsx"])
def test_no_name_is_a_device_on_windows(device: str, ending: str) -> None:
    assert file_name(device, ending=ending).startswith("_")
    assert file_name(f"{device}{ending}").startswith("_") or ending == "-2.xlsx"


@given(st.text(max_size=120), st.sampled_from(["", ".csv", "-12.xlsx"]))
def test_every_name_is_one_that_every_system_takes(words: str, ending: str) -> None:
    name = file_name(words, ending=ending)
    assert 0 < len(name.encode()) <= 200
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]', name)
    assert name == name.strip(" ") and not name.endswith(".") and not name.startswith(".")
    assert name.endswith(ending)
    assert file_name(name) == name


@pytest.mark.parametrize("sign", ["a", "长", "😀"])
def test_length_is_in_bytes_and_two_long_names_stay_two(sign: str) -> None:
    one, other = (file_name(sign * 300 + end, ending=".xlsx") for end in "12")
    assert one != other
    assert len(one.encode()) <= 200 and one.endswith(".xlsx")


def test_lists_of_one_name_are_all_kept(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("a/CON.csv", "b/con.csv", "c/Accepted.csv")]
    for number, place in enumerate(places):
        place.parent.mkdir()
        place.write_text(str(number))
    kept = keep_originals(places, tmp_path / "out")
    assert [path.read_text() for path in kept] == ["0", "1", "2"]
    assert len({path.name.casefold() for path in kept} | {"accepted.csv"}) == 4
    assert kept[0].name == "_CON.csv"


@pytest.mark.parametrize("name", ["CON", "a:b", "..", "", "a\u202eb", "长" * 90])
def test_a_scenario_is_not_kept_under_a_name_that_some_system_refuses(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="can"):
        save_scenario(tmp_path, Scenario(name, "", ()))
    assert list(tmp_path.iterdir()) == []
