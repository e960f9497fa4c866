"""isochrones: how far one gets on foot from one facility, a tier, or all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from core.errors import SettingError
from core.memory import give_back
from core.progress import Progress, part, silent
from core.text import Text, listed, text, text_to_json
from coverage.model.study import Study
from coverage.model.tables import FacilityTable, Ints
from coverage.publish.reach_tables import Reach, ReachLayers, reach_layers
from data.files import write_bytes, write_json
from data.results.extras import PIECES, light_areas, write_geopackage
from data.results.folder import geojson
from data.whole_folder import whole_folder
from geo.isochrone.isochrones import Kind
from geo.network.snapping import Snapped
from jobs.assess.folder import Assessed, read_and_assess, with_run
from jobs.assess.map_model import ground_under, map_model, reach_areas
from jobs.study.inputs import Inputs, StudyFiles
from jobs.study.run import run_of
from maps import render_map
from maps.model import Basemap, MapModel


@dataclass(frozen=True)
class ReachWish:
    """From which facilities: some by number or name, else those of a `tier`, else all of the standard.

    `kind` is one of `geo.isochrone.isochrones.Kind`; `speed_kmh` 0 is the standard's own.
    """

    facilities: tuple[str, ...] = ()
    tier: str = ""
    minutes: tuple[float, ...] = (10.0, 15.0)
    kind: str = Kind.DISSOLVED.value
    speed_kmh: float = 0.0


@dataclass(frozen=True)
class Reached:
    """The layers of a wish; `doors` are the facilities' entrances on the streets of `study`."""

    wish: Reach
    layers: ReachLayers
    study: Study
    doors: Snapped

    def as_json(self) -> Mapping[str, Any]:
        """Every area without its outline, and the notes."""
        areas = self.layers.areas.drop(columns="geometry").to_dict("records")
        return {
            "format": 1,
            "kind": self.wish.kind.value,
            "speed_kmh": self.wish.speed_kmh,
            "areas": areas,
            "notes": [text_to_json(note) for note in self.notes],
        }

    @cached_property
    def light(self) -> gpd.GeoDataFrame:
        """The areas as GeoJSON has them."""
        return light_areas(self.layers.areas)

    @property
    def notes(self) -> tuple[Text, ...]:
        """Which doors are on an island of streets, or passed over one that is nearer."""
        study, doors = self.study, self.doors
        on_island = study.network.islands.on_island
        rows = study.facilities.entrances.of_rows(self.wish.facilities)
        said: list[Text] = []
        if "outline_off_m" in self.light:
            said.append(
                text(
                    "In isochrones.geojson and on the map outlines are up to {metres:g} m off, and enclosed "
                    "ground of less than {filled:,.0f} m² is drawn as reached; reach.gpkg and the areas in "
                    "km² have it exactly.",
                    metres=float(self.light["outline_off_m"].iloc[0]),
                    filled=float(self.light["filled_m2"].iloc[0]),
                )
            )
        for row, owner in zip(*(side.tolist() for side in rows), strict=True):
            facility = int(self.wish.facilities[owner])
            name, edge = str(study.facilities.frame["name"].iloc[facility]), int(doors.edge[row])
            if edge >= 0 and on_island[edge]:
                length_m = study.network.islands.length_m[study.network.islands.component[edge]]
                said.append(
                    text(
                        "The door of {name} is on an island of {metres:,.0f} m of street; nobody gets "
                        "farther than that from there on foot.",
                        name=name,
                        metres=float(length_m),
                    )
                )
            elif doors.passed is not None and doors.passed[row]:
                said.append(
                    text(
                        "The door of {name} is nearer to an island of streets; it joins the street that "
                        "leads on, {metres:,.0f} m away.",
                        name=name,
                        metres=float(doors.snap_m[row]),
                    )
                )
        return tuple(dict.fromkeys(said))


def isochrone_files(
    files: StudyFiles,
    wish: ReachWish,
    *,
    out: Path,
    language: str = "zh",
    cache: Path | None = None,
    progress: Progress = silent,
) -> Reached:
    """Read, measure and write the folder: isochrones.geojson, reach.gpkg (with the reached streets),
    reach.json, map.html and provenance.json. UserError on bad input."""
    done = read_and_assess(files, cache=cache, progress=part(progress, 0.0, 0.7), measures=False)
    progress(0.7, text("Drawing how far one gets on foot"))
    under = under_isochrones(with_run(done, run_of("isochrones", language, study=files, reach=wish)))
    draw = _drawing(done, wish)
    del done  # of a large city its tables and distances take as much as the outlines
    give_back()
    found = draw(part(progress, 0.7, 0.9))
    give_back()
    progress(0.9, text("Writing the results"))
    write_reach(out, found, under, language=language, progress=part(progress, 0.9, 1.0))
    progress(1.0, text("Done"))
    return found


def reached(done: Assessed, wish: ReachWish) -> Reached:
    """The isochrones of a wish. SettingError for a facility, tier or time that cannot be."""
    return _drawing(done, wish)(silent)


def _drawing(done: Assessed, wish: ReachWish) -> Callable[[Progress], Reached]:
    """What draws the isochrones, without the rest of the assessment."""
    study, standard, distances = done.inputs.study, done.inputs.standard, done.assessment.measured.distances
    cells, doors = distances.cells, distances.entrances
    asked = Reach(
        facilities=wished_rows(study.facilities, wish, standard.tiers),
        minutes=_minutes(wish.minutes),
        speed_kmh=wish.speed_kmh or standard.walking.speed_kmh,
        kind=Kind(wish.kind),
    )
    return lambda progress: Reached(
        asked, reach_layers(study, cells, doors, asked, progress=progress), study, doors
    )


def wished_rows(facilities: FacilityTable, wish: ReachWish, tiers: Sequence[str]) -> Ints:
    """Rows of the facility table, each once, in the table's order."""
    frame = facilities.frame
    if wish.facilities:
        return np.unique(np.concatenate([_rows_of(facilities, word) for word in wish.facilities]))
    if wish.tier and wish.tier not in facilities.tiers:
        raise SettingError(
            "The lists have no facility of the tier “{tier}”. They have: {tiers}.",
            tier=wish.tier,
            tiers=listed(facilities.tiers),
        )
    wanted = (wish.tier,) if wish.tier else tuple(tiers) or facilities.tiers
    return np.flatnonzero(frame["tier"].isin(wanted).to_numpy(bool))


def _rows_of(facilities: FacilityTable, word: str) -> Ints:
    """By number, else by the whole name, else by a part of a name that only one has."""
    frame = facilities.frame
    for same in (frame["facility_id"] == word, frame["name"] == word):
        if same.any():
            return np.flatnonzero(same.to_numpy(bool))
    part_of = np.flatnonzero(frame["name"].str.contains(word, regex=False).to_numpy(bool))
    if len(part_of) != 1:
        raise SettingError(
            "“{word}” is the number or name of {count} facilities; name exactly one.",
            word=word,
            count=len(part_of),
        )
    return part_of


def _minutes(minutes: Sequence[float]) -> tuple[float, ...]:
    wrong = [value for value in minutes if not 0 < value <= 120]
    if wrong or not minutes:
        raise SettingError("Walking times must lie between 0 and 120 minutes.")
    return tuple(sorted(set(map(float, minutes))))


def area_bytes(found: Reached) -> bytes:
    """The areas as GeoJSON; of very many corners made lighter, each then says by how much."""
    return geojson(found.light)


def package_bytes(found: Reached) -> bytes:
    """The areas and the reached pieces of streets as a GeoPackage."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reach.gpkg"
        _write_package(path, found.layers)
        return path.read_bytes()


def _write_package(path: Path, layers: ReachLayers, progress: Progress = silent) -> None:
    def counted(parts: Iterable[gpd.GeoDataFrame]) -> Iterator[gpd.GeoDataFrame]:
        for number, part_of in enumerate(parts, start=1):
            progress(0.0, text("Writing the GeoPackage: part {n}", n=number))
            yield part_of

    areas = (layers.areas.iloc[row : row + 1] for row in range(len(layers.areas)))
    write_geopackage(path, {"isochrones": areas, PIECES: counted(layers.street_parts())})


@dataclass(frozen=True)
class UnderIsochrones:
    """What a folder of isochrones has of the assessment: its map without ground, what ground is drawn of, and
    the provenance."""

    model: MapModel
    inputs: Inputs
    provenance: Mapping[str, Any]


def under_isochrones(done: Assessed) -> UnderIsochrones:
    """Taken before isochrones are drawn, so that the assessment may go."""
    return UnderIsochrones(map_model(done.results, Basemap()), done.inputs, done.results.provenance)


def write_reach(
    out: Path, found: Reached, under: UnderIsochrones, *, language: str, progress: Progress = silent
) -> None:
    """isochrones.geojson, reach.gpkg, reach.json, map.html and provenance.json, or `out` as it was."""
    with whole_folder(out) as folder:
        write_bytes(folder / "isochrones.geojson", area_bytes(found))
        give_back()
        progress(0.3, text("Writing the GeoPackage"))
        _write_package(folder / "reach.gpkg", found.layers, part(progress, 0.3, 0.6))
        progress(0.6, text("Drawing the map"))
        write_json(folder / "reach.json", found.as_json())
        write_bytes(folder / "map.html", _map(found, under, language).encode("utf-8"))
        write_json(folder / "provenance.json", under.provenance)


def _map(found: Reached, under: UnderIsochrones, language: str) -> str:
    """The map of the assessment with the isochrones shown."""
    areas = found.light
    west, south, east, north = areas.total_bounds if len(areas) else under.model.bounds
    shown = replace(
        under.model,
        basemap=ground_under(under.inputs, areas),
        areas=tuple(reach_areas(areas, show=True)),
        bounds=(float(west), float(south), float(east), float(north)),
    )
    return render_map(shown, language=language)
