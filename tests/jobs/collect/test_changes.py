"""A list held against what stands: who is who, single facilities, doubts, and figures that follow."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from core.errors import InputError, SettingError
from coverage.publish import unit_table
from data.store import Store
from data.store.records import city_named, current_lists
from jobs.assess.folder import read_and_assess
from jobs.collect.changes import ByRow
from jobs.collect.cities import study_at
from jobs.collect.kept_lists import list_rows
from jobs.collect.preview import preview
from jobs.collect.review import Decision, compare_versions, review, set_city_rule
from jobs.collect.standing import StandingCities
from jobs.collect.submit import Sending, submit
from tests.jobs.collect.desk import ACCEPT, CENTRE, STATION, WEST, listed
from tests.small_city import degrees, write_small_city


def test_a_city_that_is_followed_from_list_to_list_is_as_assessed_anew(store: Store, tmp_path: Path) -> None:
    """Facilities opened, closed, moved, retyped and back, several at one place: the same figures."""
    chance, cities = random.Random(3), StandingCities()
    kinds = ("公共服务站", "公共服务中心")
    with store.read() as connection:
        city = city_named(connection, "小城")
    for step in range(6):
        count = chance.randint(1, 4)
        xs = [chance.choice((0, 100, 250, 500, 500, 800, 900)) for _ in range(count)]
        paths = listed(tmp_path / "n.csv", *((f"站{n}", chance.choice(kinds), x) for n, x in enumerate(xs)))
        number = submit(store, paths, WEST)["id"]
        told = preview(store, [number])
        review(store, number, ACCEPT)
        followed = cities.of(store, city, cache=None)
        anew = read_and_assess(study_at(store, "小城"), measures=False)
        assert followed.assessment.study.facilities.frame.equals(anew.assessment.study.facilities.frame)
        pd.testing.assert_frame_equal(unit_table(followed.assessment), unit_table(anew.assessment))
        for one, other in zip(followed.assessment.results, anew.assessment.results, strict=True):
            assert (one.share, one.verdict, one.residents_met) == (
                other.share,
                other.verdict,
                other.residents_met,
            )
        after = {rule["id"]: rule["share_after"] for rule in told["rules"]}
        assert after == {rule["id"]: rule.get("share") for rule in anew.results.document["rules"]}, step


def test_single_facilities_are_left_as_they_were(store: Store, tmp_path: Path) -> None:
    first = read_and_assess(study_at(store, "小城")).results.facilities
    numbers = dict(zip(first["name"], first["facility_id"], strict=True))
    moved, new, other = ("西苑社区服务站", 800), ("新站", 100), ("又", 0)
    paths = listed(tmp_path / "n.csv", *((name, "公共服务站", x) for name, x in (moved, new, other)))
    number = submit(store, paths, WEST)["id"]
    told = preview(store, [number])
    out = next(row["facility_id"] for row in told["facilities"] if row["name"] == "新站")
    centre = numbers["南街道公共服务中心"]  # gone from the list
    by_row = ByRow(left=frozenset({centre, out}))
    shares = {rule["id"]: rule["share_after"] for rule in preview(store, [number], by_row=by_row)["rules"]}
    with pytest.raises(InputError, match="F0000010"):
        preview(store, [number], by_row=ByRow(left=frozenset({"F0000010"})))
    review(store, number, Decision(True, by_row=by_row))
    results = read_and_assess(study_at(store, "小城")).results
    kept = dict(zip(results.facilities["name"], results.facilities["facility_id"], strict=True))
    assert set(kept) == {"南街道公共服务中心", "西苑社区服务站", "又", "东庄村服务站"}
    assert kept["南街道公共服务中心"] == centre
    assert shares == {rule["id"]: rule.get("share") for rule in results.document["rules"]}
    (seen,) = [row for row in told["facilities"] if row["name"] == "又"]
    assert seen["facility_id"] == kept["又"]  # the preview says which number it gets


def test_a_facility_far_away_under_its_name_may_be_another_one(store: Store, tmp_path: Path) -> None:
    paths = listed(tmp_path / "n.csv", CENTRE, ("西苑社区服务站", "公共服务站", 900))
    number = submit(store, paths, WEST)["id"]
    told = preview(store, [number])
    (moved,) = told["facilities"]
    assert moved["unsure"] and "unsure-match" in [one["code"] for one in told["doubts"]]
    apart = preview(store, [number], by_row=ByRow(apart=frozenset({moved["facility_id"]})))
    assert (apart["new"], apart["gone"], apart["moved"]) == (1, 1, 0)


def test_some_rows_with_numbers_and_some_without(store: Store, tmp_path: Path) -> None:
    first = read_and_assess(study_at(store, "小城")).results.facilities
    own = dict(zip(first["name"], first["facility_id"], strict=True))
    centre = own["南街道公共服务中心"]
    (tmp_path / "n.csv").write_text(
        f"设施编号,名称,类型,经度,纬度\n{centre},改了名的中心,公共服务中心,{degrees(0)[0]},{degrees(0)[1]}\n"
        f",新站,公共服务站,{degrees(900)[0]},{degrees(900)[1]}\n",
        "utf-8-sig",
    )
    told = preview(store, [submit(store, [tmp_path / "n.csv"], WEST)["id"]])
    what = {row["name"]: (row["what"], row["facility_id"]) for row in told["facilities"]}
    assert what["改了名的中心"] == ("moved", centre) and what["新站"][0] == "new"


def test_two_offices_that_list_one_facility_are_told(store: Store, tmp_path: Path) -> None:
    east = Sending("小城", "东庄村")
    paths = listed(
        tmp_path / "n.csv", ("东庄村服务站", "公共服务站", 1700), ("西苑社区服务站", "公共服务站", 505)
    )
    told = preview(store, [submit(store, paths, east)["id"]])
    assert "duplicate-across-offices" in [one["code"] for one in told["doubts"]]


def test_a_version_that_was_not_looked_at_is_not_decided_on(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST)["id"]
    submit(store, listed(tmp_path / "n.csv", STATION), WEST)
    with pytest.raises(InputError, match="newer version"):
        review(store, number, Decision(True, seen=1))
    assert review(store, number, Decision(True, seen=2))["version"] == 2


def test_a_city_may_allow_that_one_accepts_their_own(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE), WEST, by="lao")["id"]
    with pytest.raises(SettingError, match="somebody else"):
        review(store, number, ACCEPT, by="lao")
    set_city_rule(store, city="小城", name="own-review", value="yes")
    assert review(store, number, ACCEPT, by="lao")["state"] == "accepted"


def test_any_two_versions_of_a_list_are_compared_in_either_direction(store: Store, tmp_path: Path) -> None:
    number = submit(store, listed(tmp_path / "n.csv", CENTRE, ("新站", "公共服务站", 850)), WEST)["id"]
    review(store, number, ACCEPT)
    told = compare_versions(store, city="小城", office="西苑社区", versions=(1, 2))
    assert (told["new"], told["gone"], told["moved"]) == (1, 1, 0)
    back = compare_versions(store, city="小城", office="西苑社区", versions=(2, 1))
    assert {row["name"] for row in back["facilities"] if row["what"] == "gone"} == {"新站"}
    same = compare_versions(store, city="小城", office="西苑社区", versions=(2, 2))
    assert same["facilities"] == []
    with pytest.raises(InputError, match="no version 3"):
        compare_versions(store, city="小城", office="西苑社区", versions=(1, 3))


def test_a_column_of_whole_numbers_that_the_new_list_lacks_is_kept_beside_a_new_facility(
    store: Store, tmp_path: Path
) -> None:
    first = submit(store, listed(tmp_path / "a.csv", CENTRE, STATION), WEST)["id"]
    review(store, first, ACCEPT)
    rows = [f"{name},{kind},{degrees(x)[0]},{degrees(x)[1]}\n" for name, kind, x in (CENTRE, STATION)]
    lon, lat = degrees(850)
    rows.append(f"新站,公共服务站,{lon},{lat}\n")
    (tmp_path / "b.csv").write_text("名称,类型,经度,纬度\n" + "".join(rows), "utf-8-sig")
    second = submit(store, [tmp_path / "b.csv"], WEST)["id"]
    told = preview(store, [second])
    assert (told["new"], told["gone"], told["changed"]) == (1, 0, 0)
    review(store, second, ACCEPT)
    with store.read() as connection:
        (own,) = (one for one in current_lists(connection, city_named(connection, "小城")).values()
                  if one.office == "西苑社区")  # fmt: skip
    kept = list_rows(store.files, own.sha256).set_index("name")["places"]
    assert kept.drop("新站").tolist() == [10, 10] and kept.isna()["新站"]


def test_doors_and_outlines_are_kept_and_count_in_the_city(store: Store, tmp_path: Path) -> None:
    """A centre with two doors and a station as an area: the city of the store is that of the file."""
    ring = [degrees(x, y) for x, y in ((250, -60), (450, -60), (450, 60), (250, 60), (250, -60))]
    shapes = (
        (*CENTRE[:2], {"type": "MultiPoint", "coordinates": [degrees(500), degrees(900)]}),
        (*STATION[:2], {"type": "Polygon", "coordinates": [ring]}),
    )
    features = [
        {"type": "Feature", "properties": {"名称": name, "类型": kind, "占地面积": 24000}, "geometry": shape}
        for name, kind, shape in shapes
    ]
    path = tmp_path / "west.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    number = submit(store, [path], replace(WEST, datum="wgs84"))["id"]
    assert preview(store, [number])["changed"] == 2
    review(store, number, ACCEPT)
    files = write_small_city(tmp_path / "again")
    east = listed(tmp_path / "east.csv", ("东庄村服务站", "公共服务站", 1700))
    direct = read_and_assess(replace(files, facilities=(path, *east))).results
    stored = read_and_assess(study_at(store, "小城")).results
    for metres in ("centre_m", "station_m", "centre_walk_m", "station_walk_m"):
        assert stored.cells[metres].tolist() == pytest.approx(direct.cells[metres].tolist(), abs=0.01)
    # A list of points alone takes no doors away; where a facility has moved, they have not moved with it.
    points = listed(tmp_path / "n.csv", (*STATION[:2], 350), (*CENTRE[:2], 700))
    number = submit(store, points, WEST)["id"]
    review(store, number, ACCEPT)
    with store.read() as connection:
        own = next(one for one in current_lists(connection, city_named(connection, "小城")).values())
    kept = list_rows(store.files, own.sha256).set_index("name")["extent"]
    assert kept["西苑社区服务站"].startswith("POLYGON") and kept["南街道公共服务中心"] == ""
