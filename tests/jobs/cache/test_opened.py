"""A packed result folder is opened as it was made, or refused in words."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.errors import InputError
from jobs.assess.folder import assess_files
from jobs.cache.opened import open_packed
from jobs.cache.results import Shelf, archive, has_map
from tests.small_city import write_small_city


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assess_files(write_small_city(folder / "city"), out=folder / "result")
    return folder / "result"


def pack(target: Path, folder: Path, *, inside: str = "", changed: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in folder.iterdir():
            packed.writestr(f"{inside}{path.name}", (changed or {}).get(path.name, path.read_bytes()))
    return target


@pytest.mark.parametrize("inside", ["", "result/", "a/b/"])
def test_a_packed_folder_is_shown_as_it_was_made(made: Path, tmp_path: Path, inside: str) -> None:
    shelf = Shelf(tmp_path / "shelf")
    found = open_packed(pack(tmp_path / "r.zip", made, inside=inside), shelf, language="zh")
    assert (found / "assessment.json").read_bytes() == (made / "assessment.json").read_bytes()
    assert has_map(found, language="zh")
    assert open_packed(tmp_path / "r.zip", shelf, language="zh") == found
    # What a page exports is opened again.
    (tmp_path / "exported.zip").write_bytes(archive(found, language="zh"))
    again = open_packed(tmp_path / "exported.zip", shelf, language="zh")
    assert (again / "units.csv").read_bytes() == (made / "units.csv").read_bytes()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"units.csv": b"unit_id\n"}, "r: units.csv"),
        ({"assessment.json": b"{}"}, "r: assessment.json"),
        ({"assessment.json": b"{}", "provenance.json": b"{}"}, "r: "),
        ({"standard.toml": b"id = 7", "provenance.json": b"{}"}, "standard.toml"),
        ({"basemap.bin": b"", "provenance.json": b"{}"}, "basemap"),
    ],
)
def test_what_is_not_as_it_was_written_is_refused(
    made: Path, tmp_path: Path, changed: dict[str, bytes], said: str
) -> None:
    packed = pack(tmp_path / "r.zip", made, changed=changed)
    with pytest.raises(InputError, match=said):
        open_packed(packed, Shelf(tmp_path / "shelf"), language="zh")


def test_rules_and_residents_that_no_result_has_are_refused(made: Path, tmp_path: Path) -> None:
    document = json.loads((made / "assessment.json").read_bytes())
    for wrong in ({"rules": [{"id": "x"}]}, {"area": {"name": "", "residents": -1}}, {"notes": [7]}):
        content = json.dumps({**document, **wrong}).encode()
        packed = pack(
            tmp_path / "r.zip", made, changed={"assessment.json": content, "provenance.json": b"{}"}
        )
        with pytest.raises(InputError, match="broken"):
            open_packed(packed, Shelf(tmp_path / "shelf"), language="zh")


def test_a_zip_without_a_result_or_with_two_is_refused(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for inside in ("a", "b"):
            packed.write(made / "assessment.json", f"{inside}/assessment.json")
    for name in ("empty.zip", "two.zip"):
        with pytest.raises(InputError, match="pack one result folder"):
            open_packed(tmp_path / name, Shelf(tmp_path / "shelf"), language="zh")
