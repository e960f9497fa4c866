"""One area of a batch as a task that may be done again: what is there already, and is the same, is kept.

Results go to files, never through the scheduler; what comes back is one row. A finished folder names itself:
its provenance holds the verb, every option and the hash of every input, and is compared with what is asked.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import psutil
import shapely

from core.errors import InputError, UserError, told_by_system
from core.text import Text, text, text_to_json
from coverage.model.verdict_rows import verdict_rows
from data.defects import record_defect
from data.files import write_json
from data.guard import guarding
from data.standards import open_standard
from data.whole_folder import PROVENANCE, require_whole
from geo import __version__
from jobs.assess.export import ExportRequest, export
from jobs.assess.folder import assess_files
from jobs.batch import tiles
from jobs.batch.address import Address
from jobs.batch.plan import Area
from jobs.batch.tiles import make_tile
from jobs.reach import isochrone_files
from jobs.siting.suggest import suggest_files
from jobs.study.run import run_of

DONE, SKIPPED, FAILED, STOPPED, WAITING = "done", "skipped", "failed", "stopped", "waiting"
ISOCHRONES: Final = "isochrones"
# How many squares an area's outline on the overview is drawn with, along its longer side.
_OUTLINE_STEPS: Final = 48
_METRES_A_DEGREE: Final = 111_000


@dataclass(frozen=True)
class Task:
    """An area with everything its worker needs; `runs` are the runs asked for, by folder below the area's
    ("" is the area's own), as their provenance will hold them."""

    area: Area
    runs: Mapping[str, Mapping[str, Any]]
    exports: tuple[str, ...]
    out: Path
    language: str
    cache: Path
    address: Address | None = None  # where the area is put; then `out` is not for areas

    @property
    def below(self) -> str:
        """Its folder below that of the batch."""
        return f"areas/{self.area.folder}"

    @property
    def folder(self) -> Path:
        return self.out / self.below

    @property
    def tile_files(self) -> Mapping[int, Path]:
        """Where what is measured of each tile is kept; none of an area that is assessed at once."""
        numbers = range(self.area.tiles if self.area.tiles > 1 else 0)
        return {number: self.out / "tiles" / self.area.folder / f"{number}.npz" for number in numbers}


def task_of(
    area: Area,
    exports: tuple[str, ...],
    *,
    out: Path,
    language: str,
    cache: Path,
    address: Address | None = None,
) -> Task:
    """The task of an area; every file of its study is hashed here. OSError if one cannot be read, UserError
    for a standard that is none, or tiles at an address."""
    open_standard(area.study.standard)
    if area.tiles > 1 and address is not None:
        raise InputError(
            "An area in tiles needs a folder that all workers see, not the address {address}.",
            address=address.url,
        )
    if area.tiles > 1:
        main = run_of(tiles.VERB, language, study=area.study, tiles=area.tiles)
    elif area.request is None:
        main = run_of("assess", language, study=area.study, also=())
    else:
        main = run_of("suggest", language, study=area.study, request=area.request)
    reach = (
        {}
        if area.wish is None
        else {ISOCHRONES: run_of(ISOCHRONES, language, study=area.study, reach=area.wish)}
    )
    return Task(area, {"": main, **reach}, exports, out, language, cache, address)


def figures_there(task: Task) -> dict[str, Any] | None:
    """The figures of an area of which every result is whole and was made of the same inputs with the same
    options by this version; else None."""
    if task.address is None:
        whole = all(_same(task.folder / below, run) for below, run in task.runs.items())
        return figures(task) if whole and _has(task.folder, task.exports, None) else None
    names = task.address.names(task.below)
    with tempfile.TemporaryDirectory() as scratch:
        here = replace(task, out=Path(scratch), address=None)
        wanted = [name for name in names if name.rpartition("/")[2] in _TO_BE_READ]
        task.address.get(task.below, wanted, here.folder)
        abouts = {below: _about(here.folder / below, run) for below, run in task.runs.items()}
        if None in abouts.values() or not _has(here.folder, task.exports, names):
            return None
        files = {f"{below}/{name}".lstrip("/") for below, about in abouts.items() for name in about["files"]}  # type: ignore[index]
        return {**figures(here), "map": "map.html" in names} if files <= names else None


def _same(folder: Path, run: Mapping[str, Any]) -> bool:
    if _about(folder, run) is None:
        return False
    try:
        require_whole(folder)
    except (OSError, ValueError, UserError):
        return False
    return True


def _about(folder: Path, run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The provenance of a result that this run of this version made; else None."""
    try:
        about = json.loads((folder / PROVENANCE).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(about, dict) or about.get("program", {}).get("version") != __version__:
        return None
    return about if about.get("run") == json.loads(json.dumps(run)) else None


def _has(folder: Path, exports: Sequence[str], names: Collection[str] | None) -> bool:
    """Whether the products that an earlier run of the same batch exported are there: in the folder, or among
    `names`."""
    try:
        kept = json.loads((folder / _KEPT).read_bytes())
    except (OSError, ValueError):
        kept = {}
    products = [name for to in exports for name in kept.get(to, ["?"])]
    return all((folder / name).is_file() if names is None else name in names for name in products)


_KEPT: Final = "products.json"
# Of a folder at an address, what says what it is, and its figures.
_TO_BE_READ: Final = (
    PROVENANCE, _KEPT, "assessment.json", "cells.parquet", "standard.toml", "plan.json",
)  # fmt: skip


def measure_one(task: Task, number: int) -> dict[str, Any]:
    """Measure one tile of an area into its file; a row that says at what cost, or why it failed."""

    def work() -> dict[str, Any]:
        make_tile(task.area.study, task.runs[""], number, at=task.tile_files[number])
        return {"state": DONE}

    return _row_of(task, work)


def make_area(task: Task, parts: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Make one area; a row of its figures, or in words why it failed. Only what is missing is made.

    `parts` are the rows of its tiles, whose time is the area's too. Never an error of the input: one area
    that cannot be must not end the others.
    """

    def work() -> dict[str, Any]:
        if task.address is None:
            _make(task)
            return {**figures(task), "state": DONE}
        with tempfile.TemporaryDirectory(prefix="service-circle-", ignore_cleanup_errors=True) as scratch:
            here = replace(task, out=Path(scratch), address=None)
            _make(here)
            row = figures(here)
            task.address.put(here.folder, task.below)
        return {**row, "state": DONE}

    failed = [dict(tile) for tile in parts if tile["state"] == FAILED]
    row = failed[0] if failed else _row_of(task, work)
    row["seconds"] = round(row["seconds"] + sum(tile["seconds"] for tile in parts), 3)
    row["peak_mb"] = max([row["peak_mb"], *(tile["peak_mb"] for tile in parts)])
    return row


def _row_of(task: Task, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    begin = time.perf_counter()
    _forget_peak()
    row = blank_row(task.area)
    try:
        with guarding():
            row |= work()
    except UserError as error:
        row |= {"state": FAILED, "message": text_to_json(error.message)}
    except Exception as error:  # noqa: BLE001 - the others are to finish; the defect is recorded
        said = told_by_system(error) if isinstance(error, OSError) else None
        row |= {"state": FAILED, "message": text_to_json(said.message if said else _defect(error))}
    row["seconds"] = round(time.perf_counter() - begin, 3)
    row["peak_mb"] = round(_peak_mb(), 1)
    return row


def _make(task: Task) -> None:
    """What is missing: a worker may have been lost after it had made a part."""
    area, made = task.area, False
    how: dict[str, Any] = {"language": task.language, "cache": task.cache}
    for below, run in task.runs.items():
        folder = task.folder / below
        if _same(folder, run):
            continue
        made = True
        if run["verb"] == tiles.VERB:
            tiles.join(area.study, run, task.tile_files, out=folder)
        elif below == ISOCHRONES and area.wish is not None:
            isochrone_files(area.study, area.wish, out=folder, **how)
        elif area.request is not None and run["verb"] == "suggest":
            suggest_files(area.study, area.request, out=folder, **how)
        else:
            assess_files(area.study, out=folder, **how)
    if task.exports and (made or not _has(task.folder, task.exports, None)):
        names = {
            to: [path.name for path in export(ExportRequest(task.folder, to, task.language))]
            for to in task.exports
        }
        write_json(task.folder / _KEPT, names)


def blank_row(area: Area, state: str = WAITING, message: Text | None = None) -> dict[str, Any]:
    """A row of an area of which there is nothing to say yet, or only why not."""
    return {
        "name": area.name,
        "code": area.code,
        "folder": area.folder,
        "state": state,
        "message": None if message is None else text_to_json(message),
        "seconds": 0.0,
        "peak_mb": 0.0,
    }


def figures(task: Task) -> dict[str, Any]:
    """What `areas.csv` and the overview say of a finished area, from the tables of its folder."""
    document = json.loads((task.folder / "assessment.json").read_bytes())
    cells = pd.read_parquet(task.folder / "cells.parquet", columns=["lon", "lat", "residents", "area_m2"])
    standard = open_standard(str(task.folder / "standard.toml"))
    found: dict[str, Any] = {
        "residents": document["area"]["residents"],
        "cells": document["area"]["cells"],
        "residents_unlinked": document["area"]["residents_unlinked"],
        "standard": document["standard"]["id"],
        "standard_sha256": document["standard"]["sha256"],
        "rules": [
            {
                **{key: value for key, value in rule.items() if _plain(value)},
                "title": text_to_json(row.title),
                "asked": text_to_json(row.figure),
                "actual": text_to_json(row.actual),
            }
            for rule, row in zip(document["rules"], verdict_rows(document, standard), strict=True)
        ],
        "synthetic": bool(document["area"].get("synthetic")),
        "created": json.loads((task.folder / "provenance.json").read_bytes()).get("created", ""),
        "gaps": len(document["gaps"]),
        "sites": None,
        "version": __version__,
        "map": (task.folder / "map.html").is_file(),
        "outline": shapely.to_geojson(outline_of(cells)),
    }
    plan = task.folder / "plan.json"
    if task.runs[""]["verb"] == "suggest" and plan.is_file():
        found["sites"] = len(json.loads(plan.read_bytes())["sites"])
    return found


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def outline_of(cells: pd.DataFrame) -> shapely.Geometry:
    """Where the residents of an area live, as squares of a 48th of its longer side (of one cell and a half at
    least), in degrees: for a map on which the area is a few centimetres wide."""
    lived_in = cells[cells["residents"] > 0]
    lon, lat = lived_in["lon"].to_numpy(float), lived_in["lat"].to_numpy(float)
    if not len(lon):
        return shapely.Polygon()
    cell = math.sqrt(float(lived_in["area_m2"].median())) / _METRES_A_DEGREE
    step = max(np.ptp(lon) / _OUTLINE_STEPS, np.ptp(lat) / _OUTLINE_STEPS, 1.5 * cell, 1e-5)
    squares = np.unique(np.floor(np.column_stack([lon, lat]) / step).astype(int), axis=0)
    corners = np.round(squares * step, 6), np.round((squares + 1) * step, 6)
    ground = shapely.union_all(
        shapely.box(corners[0][:, 0], corners[0][:, 1], corners[1][:, 0], corners[1][:, 1]), grid_size=1e-6
    )
    closed = ground.buffer(step, join_style="mitre").buffer(-step, join_style="mitre")
    return shapely.set_precision(closed, 1e-6)


def _defect(error: Exception) -> Text:
    recorded = record_defect(error, doing="batch")
    return text(
        "A defect of the program (number {number}, {kind}); the file that says where is {path} on the "
        "machine of the worker.",
        number=recorded.number,
        kind=type(error).__name__,
        path=str(recorded.path or "-"),
    )


def _forget_peak() -> None:
    """Begin to count the largest memory anew, where the system lets us."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_mb() -> float:
    """The largest that this process was since `_forget_peak`; elsewhere than on Linux what it is now. What
    its readers' processes take is not in it."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("VmHWM"))
        return float(line.split()[1]) * 1024 / 1e6
    return float(psutil.Process().memory_info().rss) / 1e6
