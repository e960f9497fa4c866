"""What one office sees: what is asked of it until when, its list as it stands, what became of its lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import shapely

from core.errors import InputError
from core.progress import Progress, silent
from data.files import file_name, write_bytes
from data.store import Store
from data.store.records import (
    DRAFT,
    City,
    ListVersion,
    Office,
    Remark,
    Step,
    Submission,
    cities,
    city_named,
    current_lists,
    office_named,
    offices,
    originals,
    remarks,
    round_openers,
    rounds,
    steps,
    submissions,
)
from jobs.collect.cities import units_of_city
from jobs.collect.demo import demo_document
from jobs.collect.kept_lists import joined, list_rows
from jobs.collect.permissions import actor
from jobs.collect.standing import CITIES
from maps.basemap import encode
from maps.ground import basemap_of
from maps.model import Basemap

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Asked:
    """A round that asks the office: until which day (Beijing), by whom; `state` is how the office's list for
    it stands, "" where there is none."""

    round: str
    due: str
    opened_at: str
    opened_by: str
    state: str


@dataclass(frozen=True)
class SentList:
    """A list of the office with every step that it took, and what was remarked of it in the last decision."""

    now: Submission
    steps: tuple[Step, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Desk:
    """`asked` and `lists` are the newest first; `rows` are the office's part of the city's list as it stands
    (`ACCEPTED_COLUMNS`), in its `version` (None: it has none yet)."""

    city: City
    office: Office
    asked: tuple[Asked, ...]
    version: ListVersion | None
    rows: pd.DataFrame
    lists: tuple[SentList, ...]

    @property
    def open_list(self) -> SentList | None:
        """The newest list, unless it is a draft."""
        return next((one for one in self.lists if one.now.state != DRAFT), None)

    @property
    def draft(self) -> SentList | None:
        """The newest list, if it is a draft."""
        return self.lists[0] if self.lists and self.lists[0].now.state == DRAFT else None


def own_offices(store: Store, *, by: str = "") -> dict[str, tuple[str, ...]]:
    """City → the offices in it whose desk the actor may open; cities without any are left out."""
    who = actor(store, by)
    who.require("submission.list")
    with store.read() as connection:
        found = {
            city.name: tuple(one.name for one in offices(connection, city) if who.sees(one.id))
            for city in cities(connection)
        }
    demo = demo_document()
    if demo["name"] not in found and who.sees_all:
        found[demo["name"]] = tuple(office["name"] for office in demo["offices"])
    return {city: names for city, names in found.items() if names}


def desk_of(store: Store, city: str, office: str, *, by: str = "") -> Desk:
    """An office's desk. NotAllowedError for another office's."""
    who = actor(store, by)
    with store.read() as connection:
        of = city_named(connection, city)
        whose = office_named(connection, of, office)
        who.require("submission.read", whose)
        own = [one for one in submissions(connection, city=city) if one.office_id == whose.id]
        openers = round_openers(connection)
        asked = tuple(
            Asked(
                *(one.name, one.due, one.opened_at, openers.get(one.id, "")),
                next((sent.state for sent in reversed(own) if sent.round == one.name), ""),
            )
            for one in reversed(rounds(connection, of))
            if whose.name in one.offices
        )
        lists = tuple(SentList(one, steps(connection, one.id), remarks(connection, one.id)) for one in own)
        version = current_lists(connection, of).get(whose.id)
    rows = list_rows(store.files, version.sha256) if version is not None else joined([])
    newest_first = sorted(lists, key=lambda one: one.now.at, reverse=True)
    return Desk(of, whose, asked, version, rows, tuple(newest_first))


def originals_of(
    store: Store, number: str, folder: Path, *, city: str, office: str, by: str = ""
) -> tuple[Path, ...]:
    """The files of an office's submission as they were sent, written into a folder.

    NotAllowedError for another office's; InputError where they were deleted on their day, or where the
    office has no such submission.
    """
    desk = desk_of(store, city, office, by=by)
    found = next((one.now for one in desk.lists if one.now.id == number), None)
    if found is None:
        raise InputError("The store has no submission “{id}”.", id=number)
    with store.read() as connection:
        files = originals(connection, number, found.version)
    paths = []
    for name, sha256 in files:
        paths.append(folder / file_name(name))
        write_bytes(paths[-1], store.files.get(sha256))
    return tuple(paths)


def unit_outline(store: Store, desk: Desk) -> shapely.Geometry | None:
    """The outline (degrees) of the unit that an office answers for; None where it answers for none."""
    units, _ = units_of_city(store, desk.city)
    if units is None or not desk.office.unit_id:
        return None
    frame = units.table.frame
    own = frame[frame["unit_id"] == desk.office.unit_id].to_crs(4326)
    return own.geometry.iloc[0] if len(own) else None


def ground_of_city(
    store: Store, city: City, *, cache: Path | None = None, progress: Progress = silent
) -> Path:
    """The city's basemap as a file that pages draw: streets, water, borders and names, no facility of
    anybody. Made once; without streets where the city has no list to be read with yet."""
    path = store.files.folder.parent / "work" / f"ground-{city.id}.bin"
    if not path.is_file():
        try:
            inputs = CITIES.of(store, city, cache=cache, progress=progress).inputs
        except InputError:
            return _without_streets(path)
        study = inputs.study
        ground = basemap_of(study.network, study.units, inputs.basemap, study.grid)
        write_bytes(path, encode(ground))
    return path


def _without_streets(path: Path) -> Path:
    bare = path.with_name("ground-none.bin")
    write_bytes(bare, encode(Basemap()))
    return bare
