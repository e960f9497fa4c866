"""An assessed city that was kept: the same figures, only while nothing changed, and nothing else runs."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

import jobs.assess.folder as folder
from data.cache_entries import CITY, keep
from jobs.assess.folder import assess_files, read_and_assess
from jobs.cache.kept_city import city_key, computed_anew, kept_city
from jobs.reach import ReachWish, isochrone_files
from jobs.scenario import ScenarioWish, scenario_files
from jobs.study.cases import StudyFiles
from tests.small_city import write_small_city

# These hold the time at which they were made.
STAMPED = {"provenance.json", "reach.gpkg"}


@pytest.fixture
def city(tmp_path: Path) -> StudyFiles:
    return write_small_city(tmp_path / "city")


def tables(out: Path) -> dict[str, bytes]:
    timeless = (path for path in out.iterdir() if path.name not in STAMPED and path.suffix != ".xlsx")
    return {path.name: path.read_bytes() for path in timeless}


def not_read(*_: object, **__: object) -> None:
    raise AssertionError("the files were read again")


def test_every_verb_begins_with_the_kept_city_and_says_the_same(
    city: StudyFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = tmp_path / "edits.json"
    edits.write_text(
        '{"format": 1, "name": "", "edits": [{"do": "close", "facility_id": "f4f2a4e1da4"}]}', "utf-8"
    )
    cache, wish = tmp_path / "cache", ScenarioWish(str(edits))
    assess_files(city, out=tmp_path / "assess", cache=cache)
    scenario_files(city, wish, out=tmp_path / "scenario")
    isochrone_files(city, ReachWish(), out=tmp_path / "reach")
    monkeypatch.setattr(folder, "open_inputs", not_read)
    monkeypatch.setattr(folder, "assess_inputs", not_read)
    assess_files(city, out=tmp_path / "assess again", cache=cache)
    scenario_files(city, wish, out=tmp_path / "scenario again", cache=cache)
    isochrone_files(city, ReachWish(), out=tmp_path / "reach again", cache=cache)
    for made in ("assess", "scenario", "reach"):
        assert tables(tmp_path / f"{made} again") == tables(tmp_path / made)


def test_a_change_of_any_file_setting_or_standard_is_another_city(city: StudyFiles) -> None:
    keys = {city_key(city)}
    for other in (
        replace(city, name="另一城"),
        replace(city, standard="gb50180-2018"),
        replace(city, heal_m=5.0),
        replace(city, units=None),
    ):
        keys.add(city_key(other))
    (city.population.parent / "source.json").write_text("{}", "utf-8")
    keys.add(city_key(city))
    city.network.with_suffix(".prj").write_text("", "utf-8")
    keys.add(city_key(city))
    with city.population.open("a", encoding="utf-8") as file:
        file.write("\n")
    keys.add(city_key(city))
    assert len(keys) == 8
    with computed_anew():
        assert city_key(city) is None


def test_a_kept_city_that_was_cut_or_flipped_is_made_anew(city: StudyFiles, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = read_and_assess(city, cache=cache).results
    (entry,) = cache.glob(f"{CITY}*")
    content = bytearray((entry / "city.pickle").read_bytes())
    content[len(content) // 2] ^= 1
    (entry / "city.pickle").write_bytes(content)
    again = read_and_assess(city, cache=cache).results
    assert again.document == first.document
    (remade,) = cache.glob(f"{CITY}*")
    assert (remade / "city.pickle").read_bytes() != bytes(content)


class Harm:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("harm"),)


def test_what_lies_in_the_cache_calls_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path / f"{CITY}k", lambda at: (at / "city.pickle").write_bytes(pickle.dumps(Harm())))
    assert kept_city(tmp_path, "k", lambda _: not_read()) is None  # type: ignore[arg-type,return-value]
    assert not (tmp_path / "harm").exists()
    assert not (tmp_path / f"{CITY}k").exists()
