"""rerun: a result made again from its provenance, its inputs found by their contents."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import listed, printable, text
from data.files import digest
from data.scenarios import scenario_from_json
from geo import __version__
from jobs.assess.folder import assess_files
from jobs.cache.kept_city import computed_anew
from jobs.lists.compare import Alike, compare_with_osm
from jobs.reach import ReachWish, isochrone_files
from jobs.scenario import scenarios_files
from jobs.siting.request import SitingRequest
from jobs.siting.search_monitor import SearchMonitor
from jobs.siting.suggest import suggest_files
from jobs.study.cases import StudyFiles
from jobs.study.run import files_in, restored

PROVENANCE: Final = "provenance.json"
# What a batch's folder has in place of it, and where its areas lie.
_BATCH, _AREAS = "batch.json", "areas"
# What a result says in figures; maps, workbooks and texts are drawn from these.
_TABLES: Final = (".csv", ".geojson", ".json", ".parquet")
# A folder of data (a File Geodatabase) is one file to its reader.
_FOLDERS: Final = (".gdb",)


@dataclass(frozen=True)
class Rerun:
    """What was made again: its verb, the inputs by name and where each was found, the tables compared."""

    verb: str
    inputs: Mapping[str, Path]
    tables: tuple[str, ...]

    def as_json(self) -> Mapping[str, Any]:
        inputs = [{"file": name, "found": str(path)} for name, path in self.inputs.items()]
        return {"format": 1, "verb": self.verb, "inputs": inputs, "same_tables": list(self.tables)}


@dataclass(frozen=True)
class _Again:
    """The run as it was kept, where its files are, and where the new result goes."""

    run: Mapping[str, Any]
    find: Callable[[Mapping[str, Any]], Path]
    out: Path
    cache: Path | None
    progress: Progress

    def asked(self, name: str, hint: Any) -> Any:
        return restored(hint, self.run[name], self.find)

    @property
    def study(self) -> StudyFiles:
        files: StudyFiles = self.asked("study", StudyFiles)
        return files

    @property
    def how(self) -> dict[str, Any]:
        return {"out": self.out, "language": self.run["language"], "cache": self.cache}


def rerun(
    folder: Path,
    *,
    out: Path,
    inputs: Path | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Rerun:
    """Make the result of `folder` again in `out` and compare every table, byte by byte.

    Inputs are looked for by their SHA-256 in `inputs` and all below it; without it in `folder`, in the
    folder that holds it and in the current one. InputError with the names where one is not there, or where
    a table comes out differently (the new result is there then, to be looked at).
    """
    if out.resolve() == folder.resolve():
        raise SettingError("--out must be another folder: the result that is made again stays as it is.")
    provenance = _provenance(folder)
    run = provenance["run"]
    progress(0.0, text("Looking for the input files"))
    found = _found(list(files_in(run)), inputs, folder)
    try:
        with tempfile.TemporaryDirectory() as place:
            named = {_key(said): _as_named(said, found[_key(said)], Path(place)) for said in files_in(run)}
            told = part(progress, 0.1, 1.0)
            with computed_anew():
                _VERBS[run["verb"]](_Again(run, lambda said: named[_key(said)], out, cache, told))
    except KeyError as error:
        raise InputError(
            "{file} does not say all that is needed to make the result again ({name} is missing).",
            file=PROVENANCE,
            name=str(error.args[0]),
        ) from error
    tables, differing = compared_tables(folder, out)
    if differing:
        raise InputError(
            "The result was made again in {out}, but these files differ from those in {folder}: {files}. "
            "{why}",
            out=str(out),
            folder=str(folder),
            files=listed(differing),
            why=_why(provenance, run),
        )
    return Rerun(run["verb"], {said["file"]: found[_key(said)] for said in files_in(run)}, tables)


def compared_tables(one: Path, other: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(tables that are the same in two result folders, tables that differ or that only one has); how long a
    search took is no figure of the result."""
    names = sorted(
        {
            path.name
            for folder in (one, other)
            for path in folder.iterdir()
            if path.suffix in _TABLES and path.name != PROVENANCE
        }
    )
    same = [name for name in names if _content(one / name) == _content(other / name)]
    return tuple(same), tuple(name for name in names if name not in same)


def _provenance(folder: Path) -> Mapping[str, Any]:
    if (folder / _BATCH).is_file() and not (folder / PROVENANCE).exists():
        raise InputError(
            "{folder} is of a batch, which holds a result an area: make the areas again one by one, from the "
            "folders in {areas}.",
            folder=folder.name,
            areas=str(folder / _AREAS),
        )
    try:
        provenance = json.loads((folder / PROVENANCE).read_bytes())
        verb = provenance["run"]["verb"] if "run" in provenance else provenance["verb"]
    except (OSError, ValueError) as error:
        raise InputError("{folder} holds no result: {file} is missing or damaged.",
                         folder=folder.name, file=PROVENANCE) from error  # fmt: skip
    except (KeyError, TypeError) as error:
        raise InputError(
            "{file} does not say how the result was made: an older version wrote it.", file=PROVENANCE
        ) from error
    if verb not in _VERBS:
        raise InputError(
            "A result of “{verb}” cannot be made again; those of {verbs} can.",
            verb=str(verb),
            verbs=listed(_VERBS),
        )
    found: Mapping[str, Any] = provenance
    return found


def _found(
    wanted: Sequence[Mapping[str, Any]], inputs: Path | None, folder: Path
) -> dict[tuple[str, ...], Path]:
    """Where each file is; InputError names those that are nowhere."""
    if inputs is not None and not inputs.is_dir():
        raise InputError("There is no folder {folder}.", folder=str(inputs))
    by_size: dict[int, list[Path]] = {}
    folders: list[Path] = []
    for path in _candidates(inputs, folder):
        if path.is_dir():
            folders.append(path)
        else:
            by_size.setdefault(path.stat().st_size, []).append(path)
    found: dict[tuple[str, ...], Path] = {}
    for said in wanted:
        likely = by_size.get(said["bytes"], []) if "bytes" in said else folders
        # The one of the same name first: the same contents may lie there twice.
        for path in sorted(likely, key=lambda one: (one.name != said["file"], str(one))):
            if digest(path) == said["sha256"] and _beside(path, said):
                found[_key(said)] = path
                break
    missing = [said for said in wanted if _key(said) not in found]
    if missing:
        raise InputError(
            "These input files are not there, or have other contents now: {files}. Name the folder that "
            "holds them with --inputs; they are found by their contents, whatever they are called.",
            files=listed(f"{said['file']} (SHA-256 {said['sha256'][:12]}…)" for said in missing),
        )
    return found


def _as_named(said: Mapping[str, Any], path: Path, place: Path) -> Path:
    """The file under the name it had, which stands in the tables; a copy where it is called otherwise now."""
    name = Path(str(said["file"])).name  # a folder that somebody sends may say anything
    if printable(path.name) == name:
        return path
    target = Path(tempfile.mkdtemp(dir=place)) / (name or "file")
    if path.is_dir():
        shutil.copytree(path, target)
    else:
        for ending in ("", *said.get("beside", {})):
            source = path.with_name(path.stem + ending) if ending else path
            shutil.copyfile(source, target.with_name(target.stem + ending) if ending else target)
    return target


def _candidates(inputs: Path | None, folder: Path) -> Iterator[Path]:
    if inputs is not None:
        places = [inputs, *inputs.rglob("*")]
    else:
        near = dict.fromkeys(place.resolve() for place in (folder, folder.parent, Path.cwd()))
        places = [path for place in near for path in sorted(place.iterdir())]
    yield from (path for path in places if path.is_file() or path.suffix.lower() in _FOLDERS)


def _key(said: Mapping[str, Any]) -> tuple[str, ...]:
    return said["sha256"], *said.get("beside", {}).values()


def _beside(path: Path, said: Mapping[str, Any]) -> bool:
    beside = said.get("beside", {})
    others = {path.with_name(path.stem + ending): known for ending, known in beside.items()}
    return all(other.is_file() and digest(other) == known for other, known in others.items())


def _content(path: Path) -> object:
    if not path.is_file():
        return None
    content = path.read_bytes()
    return _without_seconds(json.loads(content)) if path.name == "plan.json" else content


def _without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_seconds(one) for key, one in value.items() if key != "seconds"}
    return [_without_seconds(one) for one in value] if isinstance(value, list) else value


def _why(provenance: Mapping[str, Any], run: Mapping[str, Any]) -> Any:
    """What may be the reason, as far as the provenance tells it."""
    version = provenance.get("program", {}).get("version", "")
    if version != __version__:
        return text("It was made by version {then}; this is version {now}.", then=version, now=__version__)
    if run["verb"] == "suggest":
        return text("A search that its time limit ends may end at another plan.")
    return text("The version of the program is the same.")


def _assess(again: _Again) -> None:
    also = tuple(again.run["also"])
    assess_files(again.study, also=also, progress=again.progress, **again.how)


def _suggest(again: _Again) -> None:
    monitor = SearchMonitor(progress=again.progress)
    suggest_files(again.study, again.asked("request", SitingRequest), monitor=monitor, **again.how)


def _scenario(again: _Again) -> None:
    before, after = (scenario_from_json(json.dumps(again.run[name])) for name in ("before", "after"))
    scenarios_files(again.study, lambda _crs: (before, after), progress=again.progress, **again.how)


def _isochrones(again: _Again) -> None:
    isochrone_files(again.study, again.asked("reach", ReachWish), progress=again.progress, **again.how)


def _compare(again: _Again) -> None:
    compare_with_osm(
        again.asked("lists", tuple[Path, ...]),
        again.asked("osm", Path),
        out=again.out,
        datum=again.run["datum"],
        alike=again.asked("alike", Alike),
        progress=again.progress,
    )


_VERBS: Final[Mapping[str, Callable[[_Again], None]]] = {
    "assess": _assess,
    "suggest": _suggest,
    "scenario": _scenario,
    "isochrones": _isochrones,
    "compare": _compare,
}
