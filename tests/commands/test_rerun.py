"""`rerun`: a result made again from its provenance alone, with inputs that were renamed and moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command_line import cli
from tests.commands.test_measuring_verbs import opening
from tests.test_cli import study_options

TIER = ("--tier", "station", "--count", 1)
VERBS = {
    "assess": ("--also", "split"),
    "suggest": TIER,
    "isochrones": ("--facility", "东庄村服务站", "--minutes", 6),
    "scenario": (),
}


@pytest.fixture(scope="module", params=list(VERBS))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A result, the folder its inputs were moved to under other names, and its verb."""
    verb, folder = request.param, tmp_path_factory.mktemp(request.param)
    more = ("--edits", opening(folder)) if verb == "scenario" else VERBS[verb]
    done = cli(verb, *study_options(folder / "in"), *more, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    moved = folder / "elsewhere" / "deeper"
    moved.mkdir(parents=True)
    for number, path in enumerate(sorted((folder / "in").iterdir())):
        path.rename(moved / f"{number}{path.suffix}")
    return folder / "out", folder / "elsewhere", verb


def test_every_verb_makes_its_result_again_to_the_byte(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    result, inputs, verb = made
    done = cli("rerun", result, "--out", tmp_path / "again", "--inputs", inputs, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["verb"] == verb
    assert said["same_tables"]


def test_the_run_says_every_option_with_its_default(made: tuple[Path, Path, str]) -> None:
    result, _, verb = made
    run = json.loads((result / "provenance.json").read_text("utf-8"))["run"]
    assert run["verb"] == verb
    assert (run["study"]["datum"], run["study"]["answers"]["population_datum"]) == ("wgs84", "auto")
    assert all(len(said["sha256"]) == 64 for said in run["study"]["facilities"])
    if verb == "suggest":
        assert (run["request"]["goal"], run["request"]["tier"], run["request"]["count"]) == (
            "most-people", "station", 1,
        )  # fmt: skip
    if verb == "scenario":
        assert run["after"]["edits"][0]["do"] == "open"


def test_a_missing_input_is_named(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    result, inputs, _ = made
    fewer = tmp_path / "fewer"
    shutil.copytree(inputs, fewer)
    list_file = next(path for path in fewer.rglob("*.csv"))
    list_file.write_bytes(list_file.read_bytes() + b"\n")
    done = cli("rerun", result, "--out", tmp_path / "again", "--inputs", fewer, "--lang", "en")
    assert done.returncode == 2
    run = json.loads((result / "provenance.json").read_text("utf-8"))["run"]
    assert run["study"]["facilities"][0]["file"] in done.stderr.replace("\n", "")
    assert not (tmp_path / "again").exists()


def test_a_table_that_differs_is_named(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    result, inputs, _ = made
    changed = tmp_path / "changed"
    shutil.copytree(result, changed)
    table = next(iter(sorted(path for path in changed.iterdir() if path.suffix == ".geojson")))
    table.write_bytes(table.read_bytes() + b"\n")
    done = cli("rerun", changed, "--out", tmp_path / "again", "--inputs", inputs, "--lang", "en")
    assert done.returncode == 2
    assert table.name in done.stderr.replace("\n", "")


def test_a_folder_of_an_older_version_says_so(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text('{"format": 1}', "utf-8")
    done = cli("rerun", tmp_path, "--out", tmp_path / "again", "--lang", "en")
    assert done.returncode == 2
    assert "older version" in done.stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("provenance.json", '{"format": 1, "verb": "check"}', "A result of “check” cannot be made again"),
        ("batch.json", '{"format": 1}', "is of a batch"),
        ("other.json", "{}", "provenance.json is missing or damaged"),
        ("provenance.json", "[]", "older version"),
        ("provenance.json", '{"run": 5}', "older version"),
    ],
)
def test_a_folder_that_cannot_be_made_again_says_why(
    file: str, content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(content, "utf-8")
    done = cli("rerun", tmp_path, "--out", tmp_path / "again", "--lang", "en")
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_every_json_of_a_scenario_says_that_it_is_one(made: tuple[Path, Path, str]) -> None:
    result, _, verb = made
    for path in (*result.glob("*.json"), *result.glob("*.geojson")):
        said = json.loads(path.read_bytes()).get("scenario")
        assert bool(said) == (verb == "scenario"), path.name
