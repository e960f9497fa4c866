"""Which coordinate system: decided on strong evidence that agrees, asked otherwise."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from core.errors import SettingError
from coverage.model.tables import UnitTable
from data.formats.raw import RawSheet
from data.intake.datum.coordinates import named_systems, wanted_system
from data.intake.datum.likelihood import HYPOTHESES, place
from data.intake.datum.origin import layer_datum, shifted_layer
from data.intake.datum.reference import Reference
from data.intake.groups import Context, find_systems
from data.intake.tables.sheets import Table
from data.vector import read_vector
from geo.crs import project, unproject
from geo.datum import convert
from tests.data.intake.small_lists import CRS, corner, stations, units

REAL_UNITS = Path(__file__).parents[4] / ".." / "shared" / "data" / "nanjing_units"
NOTHING = np.array([], object)


def frame_of(rows, system, table=0, source=""):
    lon, lat = convert([row[1] for row in rows], [row[2] for row in rows], "wgs84", system)
    columns = {"name": [row[0] for row in rows], "community": [row[3] for row in rows]}
    fixed = {"district": "", "street": "", "metres": False, "table": table, "source": source, "said": ""}
    return pd.DataFrame(columns).assign(given_lon=lon, given_lat=lat, **fixed)


def decide(frame, title="", tables=1, wanted="auto", **known):
    named = [Table("", RawSheet("", []), {}, (title,), (), (), 0) for _ in range(tables)]
    return find_systems(frame, named, wanted, Context(**known))


@pytest.mark.parametrize("system", ["wgs84", "gcj02", "bd09"])
def test_declared_communities_decide(system):
    found = decide(frame_of(stations(), system), units=units())
    assert found.overall.system == system and found.overall.decided and found.overall.confidence >= 0.95
    assert set(found.by_row) == {system}


def test_without_any_evidence_nothing_is_decided():
    found = decide(frame_of(stations(), "gcj02"))
    assert (found.overall.system, found.overall.decided, found.overall.confidence) == ("unknown", False, 0.0)


def test_few_rows_are_asked_about_and_the_truth_stands_first():
    found = decide(frame_of(stations(4), "gcj02"), units=units()).overall
    assert not found.decided and found.ranking[0][0] == "gcj02"


def test_the_lists_own_word_decides_where_nothing_else_is_known():
    found = decide(frame_of(stations(3), "bd09"), title="百度坐标 / 经度").overall
    assert found.system == "bd09" and found.decided and found.confidence == 0.95


def test_a_word_against_the_rows_is_asked_about():
    found = decide(frame_of(stations(), "wgs84"), title="经度（百度）", units=units()).overall
    assert not found.decided and {piece.kind for piece in found.evidence} >= {"metadata", "member"}


def test_what_the_user_says_rules():
    found = decide(frame_of(stations(), "wgs84"), units=units(), wanted="gcj02").overall
    assert (found.system, found.decided, found.confidence) == ("gcj02", True, 1.0)


def test_sheets_in_different_systems_are_read_each_in_its_own():
    frame = pd.concat(
        [frame_of(stations(), "wgs84"), frame_of(stations(seed=1), "gcj02", table=1)], ignore_index=True
    )
    found = decide(frame, tables=2, units=units())
    assert found.overall.system == "mixed" and found.overall.decided
    assert found.by_row.tolist() == ["wgs84"] * 36 + ["gcj02"] * 36


def test_sources_in_different_systems_are_read_each_in_its_own():
    frame = pd.concat(
        [frame_of(stations(), "wgs84", source="甲"), frame_of(stations(seed=1), "bd09", source="乙")],
        ignore_index=True,
    )
    found = decide(frame, units=units())
    assert found.overall.system == "mixed" and found.by_row.tolist() == ["wgs84"] * 36 + ["bd09"] * 36


def test_a_mixture_without_order_is_reported_and_not_decided():
    rows = stations()
    frame = pd.concat([frame_of(rows[::2], "wgs84"), frame_of(rows[1::2], "gcj02")], ignore_index=True)
    found = decide(frame, units=units()).overall
    assert found.system == "mixed" and not found.decided


@pytest.mark.parametrize("hypothesis", HYPOTHESES[3:], ids=lambda h: h.id)
def test_a_mistake_of_conversion_is_recognised_but_never_decided_alone(hypothesis):
    rows = stations()
    frame = frame_of(rows, "wgs84")
    # The numbers that the hypothesis leads back to the truth, by fixed-point iteration.
    lon, lat = frame["given_lon"].to_numpy(), frame["given_lat"].to_numpy()
    x, y = lon.copy(), lat.copy()
    for _ in range(60):
        back = place(hypothesis, x, y)
        x, y = x + 0.7 * (lon - back[0]), y + 0.7 * (lat - back[1])
    found = decide(frame.assign(given_lon=x, given_lat=y), units=units()).overall
    assert not found.decided and found.ranking[0][0] == hypothesis.id


def test_names_of_known_places_decide():
    rows = stations()
    reference = Reference(NOTHING, tuple(r[0] for r in rows), shapely.points([r[1:3] for r in rows]), NOTHING)
    found = decide(frame_of(rows, "bd09").assign(community=""), reference=reference).overall
    assert found.system == "bd09" and found.decided and found.evidence[0].kind == "anchor"


@pytest.mark.parametrize("system", ["wgs84", "gcj02"])
def test_buildings_decide(system):
    random = np.random.default_rng(3)
    x, y = corner()
    xy = np.array([x, y]) + random.uniform(-3_000, 3_000, (1_500, 2))
    lon, lat = unproject(xy, CRS)
    buildings = shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)
    inner = np.flatnonzero(np.abs(xy - [x, y]).max(axis=1) < 1_200)[:80]
    rows = [("", lon[k], lat[k], "") for k in inner]
    found = decide(frame_of(rows, system), reference=Reference(buildings, (), NOTHING, NOTHING)).overall
    assert found.system == system and found.decided


@pytest.mark.parametrize("system", ["EPSG:32650", "EPSG:4548"])
def test_metres_that_two_systems_fit_are_asked_about_and_the_one_in_buildings_stands_first(system):
    """UTM and Gauss-Kruger of the same meridian lie 1.4 km apart: both in the area."""
    random = np.random.default_rng(3)
    x, y = corner()
    xy = np.array([x, y]) + random.uniform(-6_000, 6_000, (1_500, 2))
    lon, lat = unproject(xy, CRS)
    buildings = shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)
    inner = np.flatnonzero(np.abs(xy - [x, y]).max(axis=1) < 2_000)[:60]
    metres = project(lon[inner], lat[inner], system)
    frame = frame_of([("", lon[k], lat[k], "") for k in inner], "wgs84")
    frame = frame.assign(metres=True, given_lon=metres[:, 0], given_lat=metres[:, 1])
    found = decide(frame, reference=Reference(buildings, (), NOTHING, NOTHING)).overall
    assert not found.decided
    assert {name for name, _ in found.ranking} == {"epsg:32650", "epsg:4548"}
    assert found.ranking[0][0] == system.lower()


def test_units_that_are_themselves_shifted_make_the_evidence_disagree():
    """True names of places and units moved as GCJ-02 moves them: one cannot be right."""
    rows = stations()
    moved = units().frame.assign(geometry=[translate(g, 493, -226) for g in units().frame.geometry])
    reference = Reference(NOTHING, tuple(r[0] for r in rows), shapely.points([r[1:3] for r in rows]), NOTHING)
    found = decide(frame_of(rows, "wgs84"), units=UnitTable(moved), reference=reference).overall
    assert not found.decided


def test_the_same_list_gives_the_same_belief():
    frame = frame_of(stations(), "gcj02")
    assert decide(frame, units=units()).overall == decide(frame, units=units()).overall


def test_evidence_is_said_in_words():
    found = decide(frame_of(stations(), "gcj02"), units=units()).overall
    assert "36 rows that declare a unit" in str(found.evidence[0].message) and found.evidence[0].weight > 2


@pytest.mark.parametrize(
    ("words", "systems"),
    [
        ("百度经度", {"bd09"}),
        ("经度(GCJ-02)", {"gcj02"}),
        ("坐标（国家2000）", {"wgs84"}),
        ("高德坐标拾取", {"gcj02"}),
        ("CGCS2000", {"wgs84"}),
        ("bd_lng", {"bd09"}),
        ("经度", set()),
        ("abdomen", set()),
    ],
)
def test_words_that_name_a_system(words, systems):
    assert set(named_systems(words)) == systems


def test_options_are_understood_or_refused():
    assert wanted_system("WGS84") == "wgs84" and wanted_system("EPSG:4490") == "wgs84"
    assert wanted_system("epsg:4549") == "epsg:4549"
    with pytest.raises(SettingError, match="wgs72"):
        wanted_system("wgs72")


def test_a_layer_of_the_same_places_tells_that_another_is_shifted():
    true = units().frame.to_crs("EPSG:4326")
    lonlat = true.geometry.transform(lambda x: np.column_stack(convert(x[:, 0], x[:, 1], "wgs84", "gcj02")))
    shifted = gpd.GeoDataFrame({"name": true["name"]}, geometry=lonlat, crs="EPSG:4326")
    assert layer_datum(shifted, true).system == "gcj02" and layer_datum(true, true).system == "wgs84"
    assert shifted_layer(layer_datum(true, true)) is None


@pytest.mark.skipif(not REAL_UNITS.exists(), reason="the real unit layers are not beside the project")
def test_the_district_file_that_claims_wgs84_is_caught():
    claimed = read_vector(REAL_UNITS / "districts_claims_4326_is_gcj02.json")
    true = read_vector(REAL_UNITS / "districts_wgs84.geojson")
    decision = layer_datum(claimed, true)
    assert decision.system == "gcj02" and decision.decided
    assert "GCJ02" in str(shifted_layer(decision))
