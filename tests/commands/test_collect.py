"""The verbs on the store as scripts call them: options and JSON to the letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from tests.small_city import degrees, write_small_city


class Desk:
    """A store and the city's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = write_small_city(folder / "in")
        self.study = (
            *(
                "--facilities",
                files.facilities[0],
                "--population",
                files.population,
                "--network",
                files.network,
            ),
            *("--units", files.units, "--datum", "wgs84"),
        )

    def run(self, *words: object) -> tuple[int, str]:
        told = [*map(str, words), "--store", str(self.folder / "store"), "--lang", "en"]
        done = CliRunner().invoke(app, told)
        return done.exit_code, done.output

    def json(self, *words: object) -> dict[str, Any]:
        code, said = self.run(*words, "--json")
        assert code == 0, said
        found: dict[str, Any] = json.loads(said[said.index("{") :])
        return found

    def list(self, *xs: float) -> Path:
        body = "".join(f"站{x:.0f},公共服务站,{degrees(x)[0]},{degrees(x)[1]}\n" for x in xs)
        path = self.folder / "new.csv"
        path.write_text(f"名称,类型,经度,纬度\n{body}", "utf-8-sig")
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.json("city", "add", "小城", *made.study, "--offices", "community")
    return made


def test_the_whole_way_of_a_list(desk: Desk) -> None:
    city, demo = desk.json("city", "list")["cities"]
    assert demo["name"] == "云川市"  # there from the start
    assert [office["name"] for office in city["offices"]] == ["西苑社区", "东庄村"]
    desk.json("round", "open", "Q1", "--city", "小城", "--due", "2026-12-31")
    to = ("--city", "小城", "--office", "西苑社区", "--round", "Q1")
    draft = desk.json("submit", desk.list(500), *to, "--draft")
    assert draft["state"] == "draft"
    sent = desk.json("submit", desk.list(500, 900), *to, "--as", "xi")
    assert set(sent) == {
        "format",
        "id",
        "version",
        "state",
        "rows",
        "accepted",
        "refused",
        "set_aside",
        "sha256",
    }
    assert (sent["id"], sent["version"], sent["state"]) == (draft["id"], 2, "sent")
    assert sent["rows"] == sent["accepted"] + sent["refused"] + sent["set_aside"] == 2
    (seen,) = desk.json("submissions", "--city", "小城")["submissions"]
    assert {"id", "office", "round", "state", "version", "sent_at", "sent_by"} <= set(seen)
    assert (seen["office"], seen["round"], seen["sent_by"]) == ("西苑社区", "Q1", "xi")
    told = desk.json("preview", sent["id"].lower())
    assert (told["new"], told["gone"], told["moved"], told["changed"]) == (1, 1, 0, 1)
    assert {"id", "residents_gained", "residents_lost", "share_before", "share_after"} <= set(
        told["rules"][0]
    )
    desk.json("review", f" {sent['id'].lower()} ", "--accept", "--remark", "ok")
    out = desk.folder / "out"
    now = desk.json("assess", "--city", "小城", "--out", out)
    shares = {rule["id"]: rule["share"] for rule in now["rules"]}
    assert all(shares[rule["id"]] == rule["share_after"] for rule in told["rules"])
    versions = desk.json("history", "--city", "小城")["versions"]
    assert [(one["office"], one["version"], one["by"]) for one in versions][-1] == ("西苑社区", 2, "local")
    desk.json("restore", "--city", "小城", "--office", "西苑社区", "--to", "1")
    back = desk.json("assess", "--city", "小城", "--out", out)
    assert {rule["id"]: rule["share"] for rule in back["rules"]} == {
        rule["id"]: rule["share_before"] for rule in told["rules"]
    }
    assert desk.json("store", "check")["ok"] is True


def test_a_backup_is_restored_elsewhere(desk: Desk) -> None:
    desk.json("store", "backup", desk.folder / "b.zip")
    other = Desk(desk.folder / "other")
    other.json("store", "restore", desk.folder / "b.zip")
    assert other.json("city", "list") == desk.json("city", "list")
    assert desk.json("store", "tidy") == {"format": 1, "originals": 0, "unreferenced": 0}


def test_a_spoilt_store_is_told_and_exits_with_2(desk: Desk) -> None:
    kept = next((desk.folder / "store" / "files").glob("??/*"))
    kept.chmod(0o600)
    kept.write_bytes(b"spoilt")
    code, said = desk.run("store", "check")
    assert code == 2 and "damaged" in said


WRONG = {
    "no such city": ("submissions", "--city", "江城"),
    "no such office": ("submit", "LIST", "--city", "小城", "--office", "x"),
    "no such submission": ("preview", "S000000000"),
    "neither accepted nor returned": ("review", "S000000000"),
    "both": ("review", "S000000000", "--accept", "--return"),
    "no such version": ("restore", "--city", "小城", "--office", "西苑社区", "--to", "7"),
    "no date": ("round", "open", "Q", "--city", "小城", "--due", "soon"),
    "before there was a list": ("assess", "--city", "小城", "--at", "2011-08-01", "--out", "OUT"),
    "files beside a kept city": ("assess", "--city", "小城", "--facilities", "LIST", "--out", "OUT"),
    "a moment without a kept city": ("assess", "STUDY", "--at", "2026-01-01", "--out", "OUT"),
    "a week is no day": ("assess", "--city", "小城", "--at", "2026-W49", "--out", "OUT"),
    "beyond the calendar": ("assess", "--city", "小城", "--at", "9999-12-31T23:59:59-23:00", "--out", "OUT"),
    "a week is no due day": ("round", "open", "Q", "--city", "小城", "--due", "2026-W49"),
    "a name that is taken": ("city", "add", "小城", "STUDY"),
    "no study": ("city", "add", "江城"),
    "no such role": ("store", "person", "li", "--role", "king"),
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_told_and_exits_with_2(desk: Desk, words: tuple[str, ...]) -> None:
    places = {"LIST": (desk.list(500),), "OUT": (desk.folder / "o",), "STUDY": desk.study}
    code, said = desk.run(*(part for word in words for part in places.get(word, (word,))))
    assert code == 2 and "Traceback" not in said and said.strip()
    assert desk.json("store", "check")["ok"] is True


def test_without_a_store_it_says_how_to_make_one(tmp_path: Path) -> None:
    code, said = Desk(tmp_path).run("submissions")
    assert code == 2 and "store init" in said
