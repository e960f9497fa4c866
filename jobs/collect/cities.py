"""A city of the store: taken in once by a planner, opened by everybody from then on."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import listed, text
from coverage.model.standard import LEVELS, Standard
from coverage.model.tables import UnitTable
from data.files import digest, file_name, read_with, write_bytes
from data.intake.facility_numbers import is_facility_id, new_facility_id
from data.standards import open_standard, preset_ids
from data.store import Store, schema
from data.store.engine import canonical
from data.store.records import City, ListVersion, cities, city_named, current_lists, offices
from data.units import UnitFile
from geo.crs import project
from jobs.collect.demo import demo_document
from jobs.collect.kept_lists import kept_rows, list_bytes
from jobs.collect.permissions import actor
from jobs.collect.words import BEIJING, day_of
from jobs.study.cases import StudyFiles
from jobs.study.inputs import open_inputs
from jobs.study.people import read_people, read_unit_files
from jobs.study.run import plain, restored

# What the part is called that lies in no office's unit.
NOBODY_S: Final = "（不属任何单位）"


@dataclass(frozen=True)
class NewCity:
    """A city to be taken in: its name, its files, and the level of units that have an office each."""

    name: str
    files: StudyFiles
    level: str = "district"


def add_city(
    store: Store,
    wanted: NewCity,
    *,
    by: str = "",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Mapping[str, Any]:
    """Take in a city's files, with an office for each unit of its level; what its lists hold is each office's
    version 1.

    Everything is read once before anything is kept: InputError says which file cannot be used. SettingError
    for a name that is taken, a level that there is not, or units that have none of it.
    """
    name, files, level = wanted.name, wanted.files, wanted.level
    who = actor(store, by)
    who.require("city.add")
    if level not in LEVELS:
        raise SettingError(
            "The level “{level}” is not known; use one of {levels}.", level=level, levels=listed(LEVELS)
        )
    with store.read() as connection:
        if any(city.name == name for city in cities(connection)):
            raise SettingError("The store has a city “{name}” already; choose another name.", name=name)
    reading = part(progress, 0.0, 0.9)
    if files.facilities:
        inputs = open_inputs(files, cache=cache, progress=reading)
        units, crs = inputs.study.units, inputs.study.grid.crs
        rows = kept_rows(inputs.intake)
        rows = rows.assign(facility_id=numbers_for(rows["facility_id"].astype(str), {}, seed=name))
    else:
        people = read_people(files, progress=reading)
        units, crs, rows = (people.units.table if people.units else None), people.crs, None
    named = _offices_of(units, level)
    progress(0.9, text("Keeping the city"))
    with store.write(by=who.name) as writing:
        settings, kept = _settings(replace(files, facilities=()), writing.keep)
        city_id = writing.add(
            schema.city, name=name, level=level, settings=canonical(settings), added_at=writing.at,
            added_by=writing.by,
        )  # fmt: skip
        for path, sha256 in kept.items():
            writing.add(schema.city_file, city_id=city_id, path=path, sha256=sha256)
        parts = _split(rows, units, level, crs) if rows is not None else {}
        if "" in parts or not named:
            named = {**named, "": NOBODY_S if named else name}
        for unit_id, title in named.items():
            office_id = writing.add(schema.office, city_id=city_id, name=title, unit_id=unit_id)
            if rows is None:
                continue
            own = parts.get(unit_id, rows.iloc[:0])
            writing.add(
                schema.office_list, office_id=office_id, version=1, sha256=writing.keep(list_bytes(own)),
                facilities=len(own), submission_id=None, from_version=None, at=writing.at, by=writing.by,
            )  # fmt: skip
        writing.event("city.add", city=name)
    progress(1.0, text("Done"))
    return city_document(store, name)


def city_document(store: Store, name: str) -> Mapping[str, Any]:
    """A city with its offices, as JSON values."""
    with store.read() as connection:
        city = city_named(connection, name)
        lists = current_lists(connection, city)
        return {
            "format": 1,
            "name": city.name,
            "offices": [
                {
                    "name": office.name,
                    "unit_id": office.unit_id,
                    "version": lists[office.id].version if office.id in lists else 0,
                    "facilities": lists[office.id].facilities if office.id in lists else 0,
                }
                for office in offices(connection, city)
            ],
        }


def all_cities(store: Store, *, by: str = "") -> Mapping[str, Any]:
    """Every city with its offices, as JSON values: the demo city is one of them from the start."""
    actor(store, by).require("city.read")
    with store.read() as connection:
        names = [city.name for city in cities(connection)]
    demo = demo_document()
    there = [] if demo["name"] in names else [demo]
    return {"format": 1, "cities": [*(city_document(store, name) for name in names), *there]}


def study_at(store: Store, name: str, *, at: str = "", by: str = "") -> StudyFiles:
    """A city's study with the lists as they were known at the end of a day, or at a moment (now: "").

    InputError where no list was known by then.
    """
    actor(store, by).require("city.read")
    with store.read() as connection:
        city = city_named(connection, name)
        lists = current_lists(connection, city, until=moment(at))
    return replace(city_study(store, city, lists), as_of=at)


def standard_of(store: Store, name: str) -> Standard:
    """The standard that a city of the store was taken in with."""
    with store.read() as connection:
        city = city_named(connection, name)
    return open_standard(city_files(store, city).standard)


def city_files(store: Store, city: City) -> StudyFiles:
    """The study of a city without its lists, its files under their own names."""
    folder = _work(store) / f"city-{city.id}"
    for path, sha256 in city.files.items():
        _link(store, sha256, folder / path)
    places = city.settings["places"]
    files: StudyFiles = restored(
        StudyFiles, city.settings["study"], lambda said: folder / places[_key(said["file"], said["sha256"])]
    )
    return replace(files, name=files.name or city.name)


def units_of_city(store: Store, city: City) -> tuple[UnitFile | None, bool]:
    """What `read_unit_files` gives of a city: read once by a program, as every list is held against it."""
    files = city_files(store, city)
    asked = (*(digest(path) for path in files.unit_files), repr((files.answers, files.layers.urban)))
    with _READING:
        if asked not in _UNITS:
            _UNITS[asked] = read_unit_files(files)
            while len(_UNITS) > _MOST_HELD:
                _UNITS.popitem(last=False)
        _UNITS.move_to_end(asked)
        return _UNITS[asked]


_UNITS: Final[OrderedDict[tuple[str, ...], tuple[UnitFile | None, bool]]] = OrderedDict()
_READING: Final = Lock()
_MOST_HELD: Final = 4


def city_study(store: Store, city: City, lists: Mapping[int, ListVersion]) -> StudyFiles:
    """The study of a city with these versions of its offices' lists.

    InputError where none of them holds a facility.
    """
    paths = [
        kept_path(store, version.office, store.files.get(version.sha256))
        for version in sorted(lists.values(), key=lambda one: one.office_id)
        if version.facilities
    ]
    if not paths:
        raise InputError("No office of {city} has a list with a facility.", city=city.name)
    used = tuple(
        f"{one.office} {one.version}" for one in sorted(lists.values(), key=lambda one: one.office_id)
    )
    return replace(city_files(store, city), facilities=tuple(paths), datum="wgs84", versions=used)


def kept_path(store: Store, office: str, content: bytes) -> Path:
    """An office's list as a file that bears the office's name."""
    folder = _work(store) / "lists" / hashlib.sha256(content).hexdigest()
    path = folder / file_name(office, ending=".csv")
    if not path.is_file():
        write_bytes(path, content)
    return path


def moment(at: str) -> str:
    """The end of a day in Beijing, or a moment, as the store writes moments. SettingError for neither."""
    if not at:
        return ""
    try:
        if len(at) <= len("2026-03-31"):
            found = datetime.combine(day_of(at), time.max, BEIJING)
        else:
            found = datetime.fromisoformat(at)
            found = found if found.tzinfo else found.replace(tzinfo=BEIJING)
        return found.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise SettingError("“{at}” is no date; write it as 2026-03-31.", at=at) from error


def _settings(files: StudyFiles, keep: Callable[[bytes], str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the study was taken in with, as JSON values with every file by its contents and its place; and
    place → SHA-256 of all files that are kept, those that belong to one beside it in a folder of its own."""
    layers = files.layers.by_role.values()
    own = [] if files.standard in preset_ids() else [Path(files.standard)]
    kept: dict[str, str] = {}
    places: dict[str, str] = {}
    for number, path in enumerate((*files.populations, files.network, *files.unit_files, *layers, *own), 1):
        places[_key(path.name, digest(path))] = f"{number}/{path.name}"
        for one in with_what_belongs(path):
            kept[f"{number}/{one.relative_to(path.parent).as_posix()}"] = keep(one.read_bytes())
    return {"study": plain(files), "places": places}, kept


def _key(name: str, sha256: str) -> str:
    return f"{sha256} {name}"


def with_what_belongs(path: Path) -> list[Path]:
    """A file and those beside it that its readers read too: parts of a shapefile, a world file."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path, *read_with(path)]


def _offices_of(units: UnitTable | None, level: str) -> dict[str, str]:
    """Unit → what its office is called: as the unit, with its parent where two bear one name."""
    if units is None:
        return {}
    frame = units.frame[units.frame["level"] == level]
    if not len(frame):
        levels = listed(dict.fromkeys(units.frame["level"]))
        raise SettingError(
            "The units have no level “{level}”; they have: {levels}.", level=level, levels=levels
        )
    name_of = dict(zip(units.frame["unit_id"], units.frame["name"], strict=True))
    named: dict[str, str] = {}
    for row in frame.itertuples(index=False):
        twice = (frame["name"] == row.name).sum() > 1
        named[row.unit_id] = f"{name_of.get(row.parent_id, '')} {row.name}".strip() if twice else row.name
    taken: set[str] = set()
    for unit_id, title in named.items():
        named[unit_id] = f"{title} {unit_id}" if title in taken else title
        taken.add(named[unit_id])
    return named


def _split(rows: pd.DataFrame, units: UnitTable | None, level: str, crs: str) -> dict[str, pd.DataFrame]:
    """Unit → its rows: by place, else by what the list declares; "" for those in no unit."""
    of_row = np.full(len(rows), "", object)
    if units is not None:
        frame = units.frame[units.frame["level"] == level]
        names = frame["name"].tolist()
        unit_ids = frame["unit_id"].to_numpy(object)
        single = {name: unit for name, unit in zip(names, unit_ids, strict=True) if names.count(name) == 1}
        if level in rows:
            of_row = rows[level].map(single).fillna("").to_numpy(object)
        placed = np.flatnonzero(rows["lon"].notna().to_numpy())
        lon, lat = (rows[name].to_numpy(float)[placed] for name in ("lon", "lat"))
        points = shapely.points(project(lon, lat, crs))
        shapes = shapely.STRtree(frame.geometry.to_crs(crs).to_numpy())
        of_point, of_shape = shapes.query(points, predicate="intersects")
        # A point on a border belongs to one of both; the first, as everywhere.
        for point, shape in zip(of_point[::-1], of_shape[::-1], strict=True):
            of_row[placed[point]] = unit_ids[shape]
    return {unit: rows[of_row == unit].reset_index(drop=True) for unit in dict.fromkeys(of_row.tolist())}


def numbers_for(
    brought: Iterable[str], known: Mapping[int, str], elsewhere: Collection[str] = (), *, seed: str
) -> list[str]:
    """A number for every row: the one that is `known` for it (row → number), else its own where that is one
    and nobody else has it, here or `elsewhere`, else a new one, the same for the same `seed`."""
    taken, found = {*known.values(), *elsewhere}, []
    for row, word in enumerate(brought):
        number = known.get(row, "")
        if not number:
            own = word.strip().upper()
            number = (
                own if is_facility_id(own) and own not in taken else new_facility_id(taken, f"{seed}|{row}")
            )
        taken.add(number)
        found.append(number)
    return found


def _work(store: Store) -> Path:
    """Where stored files stand under their own names for readers; may be deleted at any time."""
    return store.files.folder.parent / "work"


def _link(store: Store, sha256: str, path: Path) -> Path:
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = store.files.path(sha256)
    scratch = path.with_name(f".{os.getpid()}.tmp")
    try:
        try:
            os.link(source, scratch)
        except OSError:
            shutil.copyfile(source, scratch)
        scratch.replace(path)
    except OSError as problem:
        raise InputError("The store lacks a file ({sha256}).", sha256=sha256[:12]) from problem
    finally:
        scratch.unlink(missing_ok=True)
    return path
