"""Opening standards: presets, and a user's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InputError, SettingError
from coverage.model.standard import clause_title
from data.standards import DEFAULT_STANDARD, open_standard, preset_ids
from locales import translator


@pytest.mark.parametrize("name", preset_ids())
def test_every_preset_opens_under_its_own_id(name: str) -> None:
    assert open_standard(name).id == name


def test_an_own_file_is_read_anew_once_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    preset = open_standard(DEFAULT_STANDARD).toml
    path.write_text(preset, encoding="utf-8")
    before = open_standard(path)
    path.write_text(preset.replace("speed_kmh = 5.0", "speed_kmh = 4.25"), encoding="utf-8")
    assert (before.walking.speed_kmh, open_standard(path).walking.speed_kmh) == (5.0, 4.25)


def test_an_own_file_made_from_a_preset_says_so_in_its_title(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(open_standard(DEFAULT_STANDARD).toml.replace("figure_m = 500", "figure_m = 550"), "utf-8")
    own = open_standard(path)
    assert own.title.zh == "自有标准（改自南京市基本公共服务圈(2011)，1处不同）"
    assert str(own.differences[0].values["key"]) == "figure"


def test_a_name_that_is_no_standard_is_refused() -> None:
    with pytest.raises(SettingError, match="nowhere"):
        open_standard("nowhere")


def test_a_wrong_file_is_refused_each_time(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("id = ", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(InputError):
            open_standard(path)


def test_a_file_too_large_for_a_standard_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="too large"):
        open_standard(path)


@pytest.mark.parametrize(
    ("clause", "said"), [("12", "任务12"), ("2.0.3", "第2.0.3条"), ("C", "附录C"), ("第三章", "第三章")]
)
def test_where_a_rule_stands_is_called_as_the_document_calls_it(clause: str, said: str) -> None:
    assert translator("zh")(clause_title(clause)) == said
