"""An assessed city kept on disk, so that the next verb begins where the last one ended.

An entry of `data.cache_entries` holds what `jobs.assess.folder.Assessed` holds, under a key of the program,
its libraries, and every file and setting of the study. Streets are left out: the cache of streets has them.
The entry is pickled, but read back by a reader that makes only dataclasses and enumerations of this program
and the listed kinds of arrays, tables and shapes: a file in a cache calls nothing else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from data.cache_entries import CITY, delete, is_whole, keep, limit_bytes, trim
from data.files import digest, read_with
from data.handed_over import beside
from data.source import SOURCE_FILE
from geo.network.network import WalkNetwork
from jobs.cache.case import program_fingerprint
from jobs.study.cases import StudyFiles
from jobs.study.run import plain

if TYPE_CHECKING:
    from coverage.model.tables import PopulationGrid
    from jobs.assess.folder import Assessed

_FILE: Final = "city.pickle"
_LIBRARIES: Final = ("numpy", "pandas", "scipy", "shapely", "geopandas", "pyproj")
_OURS: Final = frozenset({"core", "geo", "coverage", "data", "jobs"})
_STREETS: Final = "streets"
# What makes arrays, tables and shapes again; none of them calls anything that it is given.
_MAKERS: Final = frozenset(
    (module, name)
    for module, names in {
        "builtins": "bytearray frozenset range set slice",
        "datetime": "date datetime timedelta timezone",
        "pathlib": "PosixPath WindowsPath",
        "numpy": "dtype ndarray",
        "numpy._core.multiarray": "_reconstruct scalar",
        "numpy._core.numeric": "_frombuffer",
        "pandas": "BooleanDtype DataFrame Float64Dtype Index Int64Dtype RangeIndex Series StringDtype",
        "pandas.arrays": "ArrowStringArray BooleanArray FloatingArray IntegerArray",
        "pandas._libs.internals": "_unpickle_block",
        "pandas.core.indexes.base": "_new_Index",
        "pandas.core.internals.managers": "BlockManager SingleBlockManager",
        "pyarrow.lib": "_restore_array py_buffer type_for_alias",
        "geopandas.array": "GeometryArray GeometryDtype",
        "geopandas.geodataframe": "GeoDataFrame",
        "geopandas.geoseries": "GeoSeries",
        "shapely": "from_wkb",
        "shapely.io": "from_wkb",
        "pyproj.crs.crs": "CRS",
    }.items()
    for name in names.split()
)
_LOG: Final = logging.getLogger(__name__)
_ANEW: Final[ContextVar[bool]] = ContextVar("anew", default=False)


@contextmanager
def computed_anew() -> Iterator[None]:
    """Inside, no kept city is used and none is kept: a result that is to be checked is computed."""
    token = _ANEW.set(True)
    try:
        yield
    finally:
        _ANEW.reset(token)


def city_key(files: StudyFiles) -> str | None:
    """A fingerprint of all that the assessment of these files depends on; None where nothing is kept, and
    where a file cannot be read: its reader says so."""
    if _ANEW.get():
        return None
    try:
        return _key_of(files)
    except OSError:
        return None


def _key_of(files: StudyFiles) -> str:
    inputs = [*files.facilities, *files.populations, files.network, *files.unit_files]
    inputs += files.layers.by_role.values()
    inputs += files.own.paths if files.own else ()
    parts = {
        "program": program_fingerprint(),
        "python": sys.version,
        "libraries": [version(name) for name in _LIBRARIES],
        "study": plain(files),
        "beside": sorted({(one.name, digest(one)) for path in inputs for one in _beside(path)}),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _beside(path: Path) -> Iterator[Path]:
    """Files that say more about one: those its readers read too, what a check handed over, its origin."""
    yield from read_with(path)
    yield from (one for one in (beside(path), path.with_name(SOURCE_FILE)) if one.is_file())


def keep_city(cache: Path, key: str, done: Assessed) -> None:
    """Keep an assessed city; a cache is not needed, so that a full disk is only logged."""
    folder = _folder(cache, key)
    if keep(folder, partial(_write, done)):
        trim(cache, limit=limit_bytes(), needed=folder)


def kept_city(cache: Path, key: str, streets: Callable[[PopulationGrid], WalkNetwork]) -> Assessed | None:
    """What was kept under a key, None where there is nothing; `streets` opens those around the residents."""
    folder = _folder(cache, key)
    if not is_whole(folder):
        return None
    try:
        with (folder / _FILE).open("rb") as file:
            reader = _Reader(file)
            reader.network = streets(reader.load())
            done: Assessed = reader.load()
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError) as problem:
        _LOG.warning("%s cannot be read (%s) and is made anew", folder.name, problem)
        delete(folder)
        return None
    return done


def _folder(cache: Path, key: str) -> Path:
    return cache / f"{CITY}{key}"


def _write(done: Assessed, folder: Path) -> None:
    with (folder / _FILE).open("wb") as file:
        writer = _Writer(file, protocol=pickle.HIGHEST_PROTOCOL)
        writer.dump(done.inputs.study.grid)  # first: streets are opened around it
        writer.dump(done)


class _Writer(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return _STREETS if isinstance(obj, WalkNetwork) else None

    def reducer_override(self, obj: Any) -> Any:
        """Dataclasses by their fields: what a property keeps may hold for this process only."""
        if is_dataclass(obj) and not isinstance(obj, type):
            return _made, (type(obj), {one.name: getattr(obj, one.name) for one in fields(obj)})
        return NotImplemented


class _Reader(pickle.Unpickler):
    network: WalkNetwork | None = None

    def persistent_load(self, pid: object) -> WalkNetwork:
        if pid != _STREETS or self.network is None:
            raise pickle.UnpicklingError(f"{pid!r} is not known")
        return self.network

    def find_class(self, module: str, name: str) -> Any:
        ours = module.split(".")[0] in _OURS
        if ours or (module, name) in _MAKERS:
            found = super().find_class(module, name)
            if not ours or found is _made:
                return found
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not made from a cache")


def _made(kind: type, values: dict[str, Any]) -> Any:
    made: Any = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made
