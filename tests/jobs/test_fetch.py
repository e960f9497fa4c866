"""fetch through the real OSMnx, against a server on loopback that fails on demand."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import socket
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely

from core.errors import Cancelled, InputError
from data.intake.read import read_facilities
from data.osm_fetch import Servers
from data.streets import read_streets
from data.units import read_units
from jobs.fetch import Fetch, fetch, plan_fetch
from jobs.lists.compare import compare_with_osm
from tests.command_line import cli
from tests.data.loopback_osm import made_up_town, serving

PLACE = "小城"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def quick():
    """OSMnx without its second of courtesy before a look-up, and without the search for a metric CRS,
    which takes longer than everything else here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(osmnx._nominatim, "time", SimpleNamespace(sleep=lambda _seconds: None))
        patch.setattr(gpd.GeoDataFrame, "estimate_utm_crs", lambda _frame: "EPSG:32650")
        yield


@pytest.fixture
def osm():
    with serving(made_up_town()) as server:
        yield server


def get(osm, out, *, waits=None, timeout_s=30, **options):
    servers = Servers(f"{osm.address}/api", osm.address, timeout_s)
    wait = (lambda _seconds: None) if waits is None else waits.append
    return fetch(Fetch(PLACE, servers=servers), out=out, wait=wait, **options)


def content(done):
    streets = gpd.read_file(done.files["streets"])
    return (
        [*zip(streets["osm_id"], streets.geometry.to_wkt(), strict=True)],
        gpd.read_file(done.files["units"]).drop(columns="geometry").to_numpy().tolist(),
        done.files["facilities"].read_bytes(),
    )


@pytest.fixture(scope="module")
def undisturbed(quick, tmp_path_factory):
    with serving(made_up_town()) as server:
        return content(get(server, tmp_path_factory.mktemp("undisturbed")))


def test_every_street_is_there_once_although_the_town_lies_in_several_tiles(osm, tmp_path):
    done = get(osm, tmp_path)
    town = made_up_town()
    streets = gpd.read_file(done.files["streets"])
    walked = [way for way, (_, tags) in town.ways.items() if "highway" in tags and way not in (200, 201)]
    assert osm.asked.count("/api/interpreter") > 4
    assert sorted(streets["osm_id"]) == sorted(walked)
    expected = sum(town.shape("way", way).length for way in walked)
    assert shape_lengths(streets) == pytest.approx(expected)


def shape_lengths(frame):
    return sum(line.length for line in frame.geometry)


def test_units_have_levels_and_parents_and_lie_in_the_place(osm, tmp_path):
    units = gpd.read_file(get(osm, tmp_path).files["units"])
    assert units["name"].tolist() == ["西区", "东区", "西南街道"]
    assert units["level"].tolist() == ["district", "district", "street"]
    assert units["parent_id"].fillna("").tolist() == ["", "", "r300"]


def test_tags_become_tiers_and_what_is_disused_is_closed(osm, tmp_path):
    table = pd.read_csv(get(osm, tmp_path).files["facilities"], encoding="utf-8-sig")
    assert table[["facility_id", "type", "status"]].to_numpy().tolist() == [
        ["n9001", "station", "open"],
        ["n9002", "centre", "open"],
        ["n9003", "library", "open"],
        ["n9004", "library", "closed"],
        ["w400", "school", "open"],
    ]


def test_what_was_fetched_is_accepted_as_input(osm, tmp_path):
    files = get(osm, tmp_path).files
    assert read_streets(files["streets"]).network.edge_length_m.sum() > 100_000
    assert len(read_units(files["units"], crs="EPSG:4549").table) == 3
    lists = read_facilities([files["facilities"]])
    assert lists.datum.system == "wgs84"
    assert {"station", "centre"} <= set(lists.accepted["tier"])


def test_osmnx_opens_the_graph_and_it_is_the_network_of_the_lines(osm, tmp_path):
    files = get(osm, tmp_path).files
    graph = osmnx.load_graphml(files["graphml"])
    lines = gpd.read_file(files["streets"])
    assert (graph.graph["crs"], graph.graph["simplified"]) == ("epsg:4326", False)
    pairs = {(u, v) for u, v, _ in graph.edges}
    assert pairs == {(v, u) for u, v in pairs}
    metres = sum(data["length"] for _, _, data in graph.edges(data=True)) / 2
    assert metres == pytest.approx(osmnx.distance.great_circle(0, 0, 0, 1) * great_degrees(lines), rel=1e-9)
    assert {data["osmid"] for _, _, data in graph.edges(data=True)} == set(lines["osm_id"])
    # 11 × 11 crossings; three corners are none, at the fourth a footway begins, and it ends somewhere.
    assert len(osmnx.simplify_graph(graph)) == 11 * 11 - 3 + 1


def great_degrees(lines):
    """Degrees on the sphere of all segments."""
    total = 0.0
    for line in lines.geometry:
        (x, y), (x2, y2) = (shapely.get_coordinates(line)[part].T for part in (slice(-1), slice(1, None)))
        total += float(np.sum(osmnx.distance.great_circle(y, x, y2, x2)))
    return total / float(osmnx.distance.great_circle(0, 0, 0, 1))


def test_our_reader_makes_the_same_network_of_the_graph_and_of_the_lines(osm, tmp_path):
    files = get(osm, tmp_path).files
    one, other = (read_streets(files[role], crs="EPSG:4549").network for role in ("streets", "graphml"))
    assert one.edge_length_m.sum() == pytest.approx(other.edge_length_m.sum(), rel=1e-9)
    assert len(one) == len(other)


def test_a_dry_run_asks_for_the_place_alone_and_writes_nothing(osm, tmp_path):
    servers = Servers(f"{osm.address}/api", osm.address)
    asked = plan_fetch(Fetch(PLACE, servers=servers), out=tmp_path / "out", wait=lambda _s: None)
    assert osm.asked == ["/search"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["osm-answers"]
    assert (asked.tiles, asked.kept) == (4, 1)
    get(osm, tmp_path / "out")
    assert len(osm.asked) == 1 + asked.tiles + 2
    assert any("4 tiles" in str(line) for line in asked.lines())


def test_a_fetch_that_fails_leaves_an_earlier_one_whole(osm, tmp_path):
    get(osm, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    shutil.rmtree(tmp_path / "osm-answers")
    osm.faults.extend(["", "", *["504"] * 6])
    with pytest.raises(InputError):
        get(osm, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_the_licence_is_named(osm, tmp_path):
    get(osm, tmp_path)
    assert "ODbL" in json.loads((tmp_path / "source.json").read_text("utf-8"))["credit"]
    assert "ODbL" in (tmp_path / "LICENCE.txt").read_text("utf-8")


@pytest.mark.parametrize("fault", ["429", "504", "500", "cut", "truncated", "remark"])
def test_a_server_that_fails_now_and_then_loses_and_doubles_nothing(osm, tmp_path, undisturbed, fault):
    osm.faults.extend([fault, "", fault, fault, "", fault, "", "", fault])
    assert content(get(osm, tmp_path / "disturbed")) == undisturbed
    assert not osm.faults


def test_a_server_that_is_too_slow_is_asked_again(osm, tmp_path, undisturbed):
    osm.slow_s = 1.5
    osm.faults.extend(["", "slow"])
    assert content(get(osm, tmp_path / "slow", timeout_s=1)) == undisturbed


def test_a_busy_server_is_left_alone_as_long_as_it_asks_and_ever_longer(osm, tmp_path):
    osm.faults.extend(["429", "504", "504"])
    waits: list[float] = []
    get(osm, tmp_path, waits=waits)
    assert waits[: 7 + 10 + 20 + 1] == [1.0] * 38
    assert waits[38:] == [1.0] * 6  # after each question that was answered but the first


def test_a_date_to_come_back_at_is_kept_to_and_one_far_away_ends_the_run(osm, tmp_path):
    osm.faults.extend(["429"])
    osm.retry_after = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=40))
    waits: list[float] = []
    get(osm, tmp_path / "soon", waits=waits)
    assert 38 <= sum(waits) - 7 <= 41
    osm.faults.extend(["429"])
    osm.retry_after = "86400"
    with pytest.raises(InputError, match=r"left alone for 1,440 minutes \(HTTP 429\)"):
        get(osm, tmp_path / "late")


def test_waiting_is_told_second_by_second_and_may_be_stopped(osm, tmp_path):
    osm.faults.extend(["504"])
    told = []

    def report(share, doing):
        told.append((share, str(doing)))
        if "again in 3 s" in str(doing):
            raise Cancelled

    with pytest.raises(Cancelled):
        get(osm, tmp_path, progress=report)
    assert told[1:] == [
        (0.0, f"The server is busy (HTTP 504); asked again in {left} s") for left in (5, 4, 3)
    ]


def test_a_second_run_asks_nothing(osm, tmp_path):
    first = content(get(osm, tmp_path))
    asked = len(osm.asked)
    assert content(get(osm, tmp_path)) == first
    assert len(osm.asked) == asked


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(osm, tmp_path, undisturbed):
    osm.faults.extend(["", "", "", *["504"] * 6])
    with pytest.raises(InputError, match="HTTP 504"):
        get(osm, tmp_path / "again")
    before = len(osm.asked)
    assert content(get(osm, tmp_path / "again")) == undisturbed
    assert len(osm.asked) - before == 4  # two tiles, units, facilities


def test_a_kept_answer_that_was_cut_short_by_a_crash_is_asked_for_again(osm, tmp_path):
    first = content(get(osm, tmp_path))
    kept = sorted((tmp_path / "osm-answers").glob("*.json"))
    for path in kept[:3]:
        path.write_bytes(path.read_bytes()[:-20])
    assert content(get(osm, tmp_path)) == first


def test_without_a_network_the_message_says_so_and_how_to_go_on(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    nobody = Fetch(PLACE, servers=Servers(address, address, 1))
    with pytest.raises(InputError, match=r"connected to the internet.*--overpass"):
        fetch(nobody, out=tmp_path, wait=lambda _seconds: None)


def test_an_unknown_place_is_said_and_a_wrong_address_too(osm, tmp_path):
    right, wrong = f"{osm.address}/api", f"{osm.address}/search?"
    with pytest.raises(InputError, match="no place with an outline called “Nowhere”"):
        fetch(Fetch("Nowhere", servers=Servers(right, osm.address)), out=tmp_path, wait=lambda _s: None)
    with pytest.raises(InputError):
        fetch(Fetch(PLACE, servers=Servers(wrong, wrong)), out=tmp_path, wait=lambda _s: None)


def test_osmnx_is_left_as_it_was_found(osm, tmp_path):
    before, look_up = dict(vars(osmnx.settings)), socket.getaddrinfo
    osm.faults.extend(["", *["504"] * 6])
    with pytest.raises(InputError):
        get(osm, tmp_path)
    assert vars(osmnx.settings) == before
    assert socket.getaddrinfo is look_up


def test_progress_tells_of_tiles_and_may_cancel(osm, tmp_path):
    class StopError(Exception):
        pass

    told = []

    def report(share, doing):
        told.append((share, str(doing)))
        if "tile 3" in str(doing):
            raise StopError

    with pytest.raises(StopError):
        get(osm, tmp_path, progress=report)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert get(osm, tmp_path).counts["streets"] == 23


def fetching(*words, osm):
    there = {"SERVICE_CIRCLE_OVERPASS": f"{osm.address}/api", "SERVICE_CIRCLE_NOMINATIM": osm.address}
    return cli(*words, "--lang", "en", env=there)


def test_from_the_name_of_a_place_to_an_assessment_on_the_command_line(osm, tmp_path):
    """What fetch prints at its end is the command that goes on, once the residents are filled in."""
    fetched = fetching("fetch", PLACE, "--out", tmp_path / "town", osm=osm)
    assert fetched.returncode == 0, fetched.stderr
    lines = fetched.stdout.splitlines()
    assert lines[0] == "小城: 23 streets, 3 units, 5 facilities"
    assert lines[-1].startswith("python cli.py assess --facilities")
    people = tmp_path / "people.csv"
    lon, lat = (
        axis.ravel() for axis in np.meshgrid(np.linspace(118.735, 118.80, 20), np.linspace(32.035, 32.10, 20))
    )
    pd.DataFrame({"lon": lon, "lat": lat, "residents": 10.0}).to_csv(people, index=False)
    words = lines[-1].split()[2:]
    words[words.index("RESIDENTS.tif")] = people
    words[words.index("results")] = tmp_path / "results"
    done = fetching(*words, "--json", osm=osm)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["area"]["residents"] == 4000.0
    provenance = json.loads((tmp_path / "results" / "provenance.json").read_text("utf-8"))
    assert provenance["credits"] == ["© OpenStreetMap contributors, ODbL"]
    units = pd.read_csv(tmp_path / "results" / "units.csv", encoding="utf-8-sig")
    assert {"西区", "东区", "西南街道"} == set(units["name"])
    page = (tmp_path / "results" / "map.html").read_text("utf-8")
    assert "OpenStreetMap" in page


def test_a_dry_run_on_the_command_line_says_what_it_would_ask(osm, tmp_path):
    done = fetching("fetch", PLACE, "--out", tmp_path / "town", "--dry-run", osm=osm)
    assert done.returncode == 0, done.stderr
    assert "4 tiles" in done.stdout
    assert "admin_level 6" in done.stdout


def test_an_offices_list_is_set_beside_what_was_fetched(osm, tmp_path):
    known = get(osm, tmp_path).files["facilities"]
    own = tmp_path / "list.csv"
    own.write_text(
        "名称,类型,WGS84经度,WGS84纬度\n梅园社区服务站,station,118.740123,32.040223\n"
        "东区街道便民服务中心,centre,118.780123,32.090123\n西区街道便民服务中心,centre,118.740555,32.090555\n",
        "utf-8",
    )
    compared = compare_with_osm([own], known, out=tmp_path / "compared", datum="wgs84")
    assert compared.table["result"].tolist() == ["same", "elsewhere", "only_list"]
    assert compared.table["nearest_name"].tolist() == ["", "", "东区街道便民服务中心"]
    done = fetching("compare", own, tmp_path, "--out", tmp_path / "again", "--datum", "wgs84", osm=osm)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()[:2]
    assert first == (
        "1 in place, 1 elsewhere, 0 closed on the map, 1 missing on the map, 0 missing in the list."
    )
    assert second.startswith("东区街道便民服务中心: on the map 944 m away")
    wrong = fetching("compare", own, tmp_path / "streets.gpkg", "--out", tmp_path / "none", osm=osm)
    assert wrong.returncode == 2, wrong.stderr
    assert "streets.gpkg" in wrong.stderr
    shapes = gpd.read_file(tmp_path / "again" / "compared.geojson")
    assert shapes.geometry.geom_type.tolist() == ["Point", "Point", "Point"]
    (apart,) = gpd.read_file(tmp_path / "again" / "compared_lines.geojson").geometry
    assert apart.geom_type == "LineString"
    assert set(shapes["credit"]) == {"© OpenStreetMap contributors, ODbL"}
