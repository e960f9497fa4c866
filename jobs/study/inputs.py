"""Files to a study: the first step of every verb."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import shapely

from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.model.standard import Standard
from coverage.model.study import Study
from coverage.model.tables import PopulationGrid
from data.files import sha256_of
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead
from data.intake.coordinates import AUTO
from data.intake.findings import Finding
from data.intake.intake import Intake
from data.intake.placing import Bounds
from data.intake.read import ListRequest, read_lists
from data.population.grounds import read_grounds
from data.source import OSM_CREDIT, credits_of
from data.standards import open_standard
from data.streets import Asked, StreetFile, read_streets
from data.streets.cache import load_or_read
from data.streets.detect import OSM_FORMATS
from data.streets.snapped import remember_places
from data.units import UnitFile
from geo.basemap import Basemap
from geo.crs import unproject
from geo.datum import BD09, GCJ02, WGS84
from jobs.study.area import coarse_m, longest_reach_m, short_sides, study_area
from jobs.study.cases import ASK
from jobs.study.cases import StudyFiles as StudyFiles
from jobs.study.city_name import city_name
from jobs.study.islands import island_notes
from jobs.study.layers import Answers
from jobs.study.people import People, people_notes, read_people
from jobs.study.water import water_findings

_FROM_OSM: Final = (*OSM_FORMATS, "graphml")


@dataclass(frozen=True)
class Inputs:
    """Everything read and checked, in one metric CRS.

    `findings` are rows that could not be used as they are, `notes` what a reader of the results
    must know about the files, `limits` those of them that limit the trust in every figure, `sha256` the
    fingerprints by role ("population", …), `credits` whose data they are, `population_unit` what a
    population raster's numbers were taken for, `read` what was chosen and set aside in each file, with
    the user's `answers`.
    """

    study: Study
    standard: Standard
    basemap: Basemap
    intake: Intake
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...]
    limits: tuple[Text, ...]
    sha256: Mapping[str, str]
    synthetic: bool
    datum: str
    credits: tuple[str, ...] = ()
    heal_m: float = 0.0
    population_unit: str = ""
    read: tuple[InputRead, ...] = ()
    answers: Answers = field(default_factory=Answers)


def open_inputs(files: StudyFiles, *, cache: Path | None = None, progress: Progress = silent) -> Inputs:
    """Read all files of a study. InputError says which file cannot be used and why.

    Residents come first: their place decides the metric CRS of everything else. In `cache`, where
    given, built networks are remembered by their content, and where the residents live on them.
    """
    standard = open_standard(files.standard)
    people = read_people(files, coarse_m=coarse_m(standard), progress=part(progress, 0.0, 0.3))
    population, units, crs = people.population, people.units, people.crs
    progress(0.3, text("Reading streets"))
    margin_m = longest_reach_m(standard)
    area = study_area(population.grid.xy, crs, margin_m=margin_m)
    streets = _streets(files, crs, area, cache, part(progress, 0.3, 0.7))
    grounds, of_grounds = read_grounds(files.layers.residential, files.layers.compounds, crs=crs)
    network = streets.network
    if standard.walking.island_m != network.island_m:
        network = replace(network, island_m=standard.walking.island_m)
    if cache is not None:
        remember_places(network, cache, population.grid.xy)
    in_water = water_findings(files.layers.water, streets.basemap, population.grid)
    progress(0.7, text("Reading facility lists"))
    intake = _lists(files, people)
    progress(1.0, text("Read"))
    study = Study(
        name=files.name or city_name(intake, units.table if units else None) or files.population.stem,
        grid=population.grid,
        facilities=intake.table(crs),
        network=network,
        units=units.table if units else None,
        grounds=grounds,
        unplaced=intake.to_locate[["tier", "district", "street", "community"]],
    )
    of_units = units.findings if units else ()
    short = short_sides(population.grid.xy, streets.network, margin_m=margin_m)
    passed, passed_one_by_one = island_notes(study, standard.walking, files.network.name)
    said = (in_water, of_units, of_grounds, streets.remarks, passed_one_by_one, intake.findings)
    read = (*population.read, *(units.read if units else ()), *streets.read)
    return Inputs(
        study=study,
        standard=standard,
        basemap=streets.basemap,
        intake=intake,
        findings=tuple(itertools.chain(population.findings, *said)),
        notes=(
            *list_notes(intake),
            *people_notes(people, study),
            *(finding.message for finding in in_water),
            *streets.findings,
            *passed,
            *short,
            *(entry.note() for entry in read),
        ),
        limits=(*undecided_notes(intake), *short),
        sha256=_fingerprints(files, streets, units, population.sha256, standard),
        synthetic=population.synthetic,
        datum=_datum(files),
        credits=_credits(files, streets),
        heal_m=files.heal_m,
        population_unit=population.unit,
        read=read,
        answers=files.answers,
    )


def _lists(files: StudyFiles, people: People) -> Intake:
    """The lists, judged by the units; without these by where the residents live.

    OpenQuestionError where it is to be asked in which system they are (`datum` ASK) and nothing decides it.
    """
    area = None if people.units else _where_residents_live(people.population.grid)
    table, datum = people.units.table if people.units else None, _datum(files)
    request = ListRequest(datum, table, units_known=people.units_known, area=area)
    intake = read_lists(files.facilities, request)
    if files.datum == ASK and not intake.datum.decided and intake.accepted_count:
        said = [piece.message for piece in intake.datum.evidence]
        found = said[0] if said else text("Nothing in the list or beside it shows which.")
        for message in said[1:]:
            found = text("{found} {message}", found=found, message=message)
        question = text(
            "In which coordinate system are the facility lists? Read in the wrong one, facilities lie 500 to "
            "1,200 m off. {found}",
            found=found,
        )
        systems = (WGS84, GCJ02, BD09, AUTO)
        raise OpenQuestionError(question, option="--datum", field="datum", choices=systems)
    return intake


def _datum(files: StudyFiles) -> str:
    return AUTO if files.datum == ASK else files.datum


def _where_residents_live(grid: PopulationGrid) -> Bounds:
    """West, south, east, north of the cells, in degrees: where a list without units may be expected to
    lie."""
    lon, lat = unproject(grid.xy, grid.crs)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _credits(files: StudyFiles, streets: StreetFile) -> tuple[str, ...]:
    """Whose data the inputs are, as far as they say so."""
    known = (OSM_CREDIT,) if streets.kind in _FROM_OSM else ()
    layers = files.layers.by_role.values()
    paths = (files.network, *files.facilities, *files.populations, *files.unit_files, *layers)
    return tuple(dict.fromkeys((*known, *credits_of(paths))))


def _streets(
    files: StudyFiles, crs: str, area: shapely.Polygon, cache: Path | None, progress: Progress
) -> StreetFile:
    asked = Asked(files.heal_m, files.answers.network_layer, files.answers.network_class)
    if cache is None:
        return read_streets(files.network, crs=crs, area=area, asked=asked, progress=progress)
    return load_or_read(files.network, cache, crs=crs, area=area, asked=asked, progress=progress)


def list_notes(intake: Intake) -> tuple[Text, ...]:
    """How many rows of the lists count, and in which coordinates they were read."""
    return (
        text(
            "Of {rows} {rows:row|rows} in the lists {accepted} {accepted:counts|count}, {refused} "
            "{refused:was|were} refused and {aside} set aside.",
            rows=intake.rows,
            accepted=intake.accepted_count,
            refused=intake.refused_count,
            aside=intake.set_aside_count,
        ),
        *undecided_notes(intake),
    )


def undecided_notes(intake: Intake) -> tuple[Text, ...]:
    """That the coordinate system of the lists is not known for sure, where it is not."""
    if intake.datum.decided:
        return ()
    return (
        text(
            "Nothing shows for sure which coordinate system the lists are in ({system}). If it is "
            "another one, facilities lie hundreds of metres away: please confirm it.",
            system=intake.datum.system,
        ),
    )


def _fingerprints(
    files: StudyFiles, streets: StreetFile, units: UnitFile | None, population: str, standard: Standard
) -> Mapping[str, str]:
    lists = {f"facilities:{path.name}": sha256_of(path) for path in files.facilities}
    fixed = {"population": population, "network": streets.sha256, "standard": standard.sha256}
    layers = {role: sha256_of(path) for role, path in files.layers.by_role.items()}
    more = {f"population:{n}": sha256_of(path) for n, path in enumerate(files.more_population, start=2)}
    more |= {f"units:{n}": sha256_of(path) for n, path in enumerate(files.more_units, start=2)}
    return {**lists, **fixed, **({"units": units.sha256} if units else {}), **more, **layers}
