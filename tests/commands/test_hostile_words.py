"""Words of a file command neither the terminal nor what is written, over the verbs; what cannot be is a
sentence and exit 2, never a defect."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result
from typer.testing import CliRunner

import cli
from core.text import printable
from tests.small_city import degrees, write_small_city

# An escape sequence, a title for the window, a bell, and marks that turn the direction of text.
HOSTILE: Final = "\x1b[31m\x1b]0;owned\x07\u202egpj\u2066"
DIGITS: Final = "9" * 5_000
_ESCAPED: Final = re.compile(r"\\u(001b|0007|202e|2066|d83d)")
_TEXTS: Final = (".csv", ".json", ".geojson", ".html", ".md")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_small_city(folder)
    rows = (folder / "list.csv").read_text("utf-8-sig").replace("服务站,", f"服务站{HOSTILE},")
    rows = rows.replace("床位", f"床位{HOSTILE}")
    (folder / f"list{HOSTILE}.csv").write_text(rows, "utf-8")
    units = json.loads((folder / "units.geojson").read_text("utf-8"))
    for row in units["features"]:
        for column in ("name", "unit_id", "parent_id"):
            row["properties"][column] += HOSTILE if row["properties"][column] else ""
    (folder / "hostile.geojson").write_text(json.dumps(units), "utf-8")
    return folder


def study(folder: Path, **other: Path) -> list[object]:
    files = {
        "facilities": folder / "list.csv",
        "population": folder / "people.csv",
        "network": folder / "streets.geojson",
        "units": folder / "units.geojson",
        **other,
    }
    return ["--datum", "wgs84", *(word for name, path in files.items() for word in (f"--{name}", path))]


def is_clean(done: Result, out: Path) -> None:
    assert done.exit_code == 0, done.stderr
    assert printable(done.stdout) == done.stdout
    assert printable(done.stderr) == done.stderr
    for path in out.rglob("*"):
        if path.suffix in _TEXTS and not path.name.startswith("list"):  # the list as it was sent is kept
            written = path.read_text("utf-8-sig")
            assert printable(written).replace("\r\n", "\n") == written.replace("\r\n", "\n"), path
            assert not _ESCAPED.search(written), path


def test_a_list_loses_what_nobody_sees_and_a_finding_names_the_cell(folder: Path, tmp_path: Path) -> None:
    path = folder / f"list{HOSTILE}.csv"
    done = run("check", path, "--datum", "wgs84", "--out", tmp_path / "out", "--json")
    is_clean(done, tmp_path / "out")
    found = [f for f in json.loads(done.stdout)["findings"] if f["code"] == "invisible-characters"]
    assert [(f["row"], f["column"]) for f in found] == [(3, "名称"), (3, "类型")]


def test_verbs_print_and_write_no_escape_sequence(folder: Path, tmp_path: Path) -> None:
    path = folder / f"list{HOSTILE}.csv"
    edit = {"do": "open", "facility_id": "n", "name": HOSTILE, "tier": "station"}
    edit |= dict(zip("xy", degrees(1000), strict=True))
    scenario = {"format": 1, "name": HOSTILE, "crs": "EPSG:4326", "edits": [edit]}
    (tmp_path / "edits.json").write_text(json.dumps(scenario), "utf-8")
    words = study(folder, facilities=path, units=folder / "hostile.geojson")
    done = run("scenario", *words, "--edits", tmp_path / "edits.json", "--out", tmp_path / "out")
    is_clean(done, tmp_path / "out")
    findings = (tmp_path / "out" / "findings.csv").read_text("utf-8-sig")
    assert "invisible-characters" in findings


def test_texts_that_are_too_long_are_cut_and_said(folder: Path, tmp_path: Path) -> None:
    rows = (folder / "list.csv").read_text("utf-8-sig").replace("南街道", "南" * 50_000)
    (tmp_path / "a.csv").write_text(rows, "utf-8")
    done = run("check", tmp_path / "a.csv", "--datum", "wgs84", "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0
    assert "long-text" in done.stdout
    assert max(map(len, (tmp_path / "out" / "accepted.csv").read_text("utf-8").splitlines())) < 2_000


def _replaced(name: str, old: str, new: str) -> Callable[[Path], bytes]:
    return lambda folder: (folder / name).read_text("utf-8-sig").replace(old, new).encode()


def _osm(node: object, way: object = 3, tag: object = "residential") -> Callable[[Path], bytes]:
    (west, south), (east, north) = degrees(-50), degrees(2050)
    written = (
        f"<osm version='0.6'><node id='{node}' lat='{south}' lon='{west}'/><node id='2' lat='{north}' "
        f"lon='{east}'/><way id='{way}'><nd ref='{node}'/><nd ref='2'/><tag k='highway' v='{tag}'/></way>"
        "</osm>"
    )
    return lambda _folder: written.encode()


def _graphml(highway: str) -> Callable[[Path], bytes]:
    (west, south), (east, north) = degrees(-50), degrees(2050)
    node = "<node id='{}'><data key='x'>{}</data><data key='y'>{}</data></node>"
    keys = "".join(f"<key id='{name}' attr.name='{name}'/>" for name in ("x", "y", "highway"))
    edge = f"<edge source='1' target='2'><data key='highway'>{highway}</data></edge>"
    written = (
        f"<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>{keys}<graph>{node.format(1, west, south)}"
        f"{node.format(2, east, north)}{edge}</graph></graphml>"
    )
    return lambda _folder: written.encode()


def _edits(**change: Any) -> Callable[[Path], bytes]:
    edit = {
        "do": "open",
        "facility_id": "n",
        "name": "新",
        "tier": "station",
        "x": 400_700.0,
        "y": 3_550_000.0,
    }
    crs = change.pop("crs", "EPSG:4549")
    document = {"format": 1, "name": change.pop("scenario", "s"), "crs": crs, "edits": [edit | change]}
    return lambda _folder: json.dumps(document).encode()


def _toml(written: str) -> Callable[[Path], bytes]:
    return lambda _folder: written.encode()


IMPOSSIBLE: Final[dict[str, tuple[str, str, Callable[[Path], bytes]]]] = {
    "digits for residents": ("population", "a.csv", _replaced("people.csv", ",100,", f",{DIGITS},")),
    "nobody lives there": ("population", "a.csv", _replaced("people.csv", ",100,", ",0,")),
    "digits in units": ("units", "a.geojson", _replaced("units.geojson", '"S"', DIGITS)),
    "a street file of brackets": ("network", "a.geojson", lambda _folder: b"[" * 100_000),
    "the last number of OSM": ("network", "a.osm", _osm(2**63 - 1)),
    "a number beyond OSM": ("network", "a.osm", _osm(2**63)),
    "a way's number of digits": ("network", "a.osm", _osm(1, DIGITS)),
    "a tag of digits": ("network", "a.osm", _osm(1, 3, DIGITS)),
    "rules that are numbers": ("standard", "a.toml", _toml('id = "a"\nrule = [1, 2]\n')),
    "a check that is a list": ("standard", "a.toml", _toml('id = "a"\n[[rule]]\nid = "a"\ncheck = [1]\n')),
    "a scenario in no system": ("edits", "a.json", _edits(crs="none")),
    "a place beyond the earth": ("edits", "a.json", _edits(x=1e308)),
    "a scenario's endless name": ("edits", "a.json", _edits(scenario="n" * 100_000)),
    "edits of brackets": ("edits", "a.json", lambda _folder: b"[" * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_a_sentence_and_exit_2(name: str, folder: Path, tmp_path: Path) -> None:
    role, file, make = IMPOSSIBLE[name]
    path = tmp_path / file
    path.write_bytes(make(folder))
    verb, more = ("scenario", ["--edits", path]) if role == "edits" else ("assess", [])
    words = study(folder) if role == "edits" else study(folder, **{role: path})
    done = run(verb, *words, *more, "--out", tmp_path / "out")
    assert done.exit_code == 2, done.stderr
    assert "报告" not in done.stderr, "a report where a sentence was wanted"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("role", ["facilities", "population", "network", "units", "standard"])
def test_a_pipe_without_an_end_is_a_sentence_and_exit_2(role: str, folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    done = run("assess", *study(folder, **{role: tmp_path / "pipe.csv"}), "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "报告" not in done.stderr


@pytest.mark.parametrize(
    ("verb", "option"), [("suggest", "--spacing"), ("suggest", "--budget"), ("assess", "--heal")]
)
@pytest.mark.parametrize("number", ["inf", "nan"])
def test_what_is_no_number_is_refused_by_its_option(
    verb: str, option: str, number: str, folder: Path, tmp_path: Path
) -> None:
    more = ("--tier", "station", "--count", "1") if verb == "suggest" else ()
    done = run(verb, *study(folder), *more, option, number, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert option in done.stderr


def test_a_graph_of_deep_lists_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_bytes(_graphml("[" * 100_000)(folder))
    done = run("assess", *study(folder, network=tmp_path / "a.graphml"), "--out", tmp_path / "out")
    assert done.exit_code == 0
