"""Files to a study: the first step of every verb."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from core.progress import Progress, part, silent
from core.text import Text, printable, text
from coverage.model.standard import Standard, Walking
from coverage.model.study import Study
from coverage.model.tables import PopulationGrid, UnitTable
from data.files import digest
from data.formats.asked import OpenQuestionError
from data.formats.inputs_read import InputRead
from data.handed_over import beside as further
from data.handed_over import handed_over
from data.intake.datum.coordinates import AUTO
from data.intake.datum.origin import is_synthetic
from data.intake.findings import INFO, WARNING, Finding
from data.intake.intake import Intake
from data.intake.read import ListRequest, read_lists
from data.population.ground import points_on
from data.population.grounds import read_grounds
from data.source import OSM_CREDIT, credits_of
from data.standards import open_standard
from data.streets import Asked, StreetFile, read_streets
from data.streets.cache import load_or_read
from data.streets.places import places_of_components
from data.streets.snapped import remember_places
from data.units import UnitFile
from data.units.totals import CONTRADICT
from geo.basemap import Basemap
from geo.crs import unproject
from geo.datum import BD09, GCJ02, WGS84, system_title
from geo.inside import first_outline_at
from geo.network.network import WalkNetwork
from geo.network.snapping import PassedOver, passed_over, snap_once
from jobs.study.area import coarse_m, longest_reach_m, short_sides, study_area
from jobs.study.cases import ASK
from jobs.study.cases import StudyFiles as StudyFiles
from jobs.study.layers import Answers
from jobs.study.origins import FROM_OSM, unknown_layers, unknown_notes
from jobs.study.people import People, people_notes, read_people
from jobs.study.shifted import shifted_streets

# The city at the head of a list's title: "云川市鼓台区基本公共服务设施一览表".
_CITY: Final = re.compile(r"^\s*(?:关于)?([\u4e00-\u9fff]{2,6}?市)(?=[\u4e00-\u9fff])")
_SYNTHETIC: Final = "虚构数据"
_MOST_DISTRICTS: Final = 3
_MOST_LISTED = 200

# Numbers of the inputs that contradict, or cells wide against the reach: they limit the trust in all figures.
_OF_EVERYBODY: Final = frozenset((
    "population-against-units", "population-coarse", "population-group-too-large", "population-implausible",
    "population-parts", "population-unit-contradicted", "population-unit-unclear", CONTRADICT,
))  # fmt: skip


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
    grid = people.population.grid
    progress(0.3, text("Reading streets"))
    streets = open_streets(files, standard, grid, cache=cache, progress=part(progress, 0.3, 0.7))
    return inputs_of(files, standard, people, streets, progress=part(progress, 0.7, 1.0))


def inputs_of(
    files: StudyFiles,
    standard: Standard,
    people: People,
    streets: StreetFile,
    *,
    progress: Progress = silent,
) -> Inputs:
    """What has been read with the lists, which are read now. Of streets that hold none nothing is
    said."""
    population, units, crs = people.population, people.units, people.crs
    layers, network = files.layers, streets.network
    grounds = read_grounds(layers.residential, layers.compounds, crs=crs, near=population.grid.xy)
    in_water: tuple[Finding, ...] = ()
    if not files.land_alone:
        in_water = water_findings(files.layers.water, streets.basemap, population.grid)
    table = units.table if units else None
    shifted = shifted_streets(network, population.grid, table, files.network.name) if len(network) else ()
    progress(0.0, text("Reading facility lists"))
    intake = _lists(files, people)
    progress(1.0, text("Read"))
    study = Study(
        name=files.name or city_name(intake, table) or files.population.stem,
        grid=population.grid,
        facilities=intake.table(crs),
        network=streets.network,
        units=table,
        grounds=grounds.grounds,
        unplaced=intake.unplaced,
    )
    short, passed, passed_one_by_one = _street_notes(files, study, standard)
    if files.land_alone:
        shifted = tuple(replace(one, message=_of_land(one.message)) for one in shifted)
    doubtful = unknown_layers(files, people, streets.kind)
    of_layers = (*(units.findings if units else ()), *grounds.findings, *streets.remarks, *passed_one_by_one)
    read = (*population.read, *(units.read if units else ()), *streets.read, *grounds.read)
    return Inputs(
        study=study,
        standard=standard,
        basemap=streets.basemap,
        intake=intake,
        findings=(*population.findings, *doubtful, *shifted, *in_water, *of_layers, *intake.findings),
        notes=(
            *list_notes(intake),
            *(() if files.land_alone else people_notes(people, study)),
            *unknown_notes(doubtful),
            *(finding.message for finding in (*shifted, *in_water)),
            *streets.findings,
            *passed,
            *short,
            *(entry.note() for entry in read),
        ),
        limits=(
            *undecided_notes(intake),
            *(finding.message for finding in shifted),
            *(found.message for found in population.findings if found.code in _OF_EVERYBODY),
            *unknown_notes(doubtful),
            *short,
        ),
        sha256=_fingerprints(files, streets, units, population.sha256, standard),
        synthetic=population.synthetic or others_synthetic(files, intake),
        datum=_datum(files),
        credits=_credits(files, streets),
        heal_m=files.heal_m,
        population_unit=population.unit,
        read=read,
        answers=files.answers,
    )


def _street_notes(
    files: StudyFiles, study: Study, standard: Standard
) -> tuple[tuple[Text, ...], tuple[Text, ...], tuple[Finding, ...]]:
    """Where the streets end too soon, what was passed over, and that one by one; nothing of no streets."""
    if not len(study.network):
        return (), (), ()
    short = short_sides(study.grid.xy, study.network.vertex_xy, margin_m=longest_reach_m(standard))
    if files.land_alone:
        return tuple(_of_land(one) for one in short), (), ()
    return short, *island_notes(study, standard.walking, files.network.name)


def open_streets(
    files: StudyFiles,
    standard: Standard,
    grid: PopulationGrid,
    *,
    cache: Path | None,
    progress: Progress = silent,
) -> StreetFile:
    """The streets around the residents, with what counts as an island by the standard."""
    area = study_area(grid.xy, grid.crs, margin_m=longest_reach_m(standard))
    asked = Asked(files.heal_m, files.answers.network_layer, files.answers.network_class)
    reader = read_streets if cache is None else partial(load_or_read, cache_dir=cache)
    streets = reader(files.network, crs=grid.crs, area=area, asked=asked, progress=progress)
    streets = replace(streets, network=network_for(standard, streets.network))
    if cache is not None:
        remember_places(streets.network, cache, grid.xy)
    return streets


def network_for(standard: Standard, network: WalkNetwork) -> WalkNetwork:
    """The network with the standard's own size of islands."""
    if standard.walking.island_m == network.island_m:
        return network
    return replace(network, island_m=standard.walking.island_m)


def _lists(files: StudyFiles, people: People) -> Intake:
    """The lists, judged by the units; without these by where the residents live.

    OpenQuestionError where it is to be asked in which system they are (`datum` ASK) and nothing decides it.
    """
    area, table, grid = None, people.units.table if people.units else None, people.population.grid
    if people.units is None:
        lon, lat = unproject(grid.xy, grid.crs)
        area = float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
    request = ListRequest(_datum(files), table, units_known=people.units_known, area=area)
    intake = read_lists(files.facilities, request)
    if files.datum == ASK and not intake.datum.decided and intake.accepted_count:
        said = [piece.message for piece in intake.datum.evidence]
        found = said[0] if said else text("Nothing in the list or beside it shows which.")
        for message in said[1:]:
            found = text("{found} {message}", found=found, message=message)
        question = text(
            "In which coordinate system are the facility lists? Read in the wrong one, facilities lie 300 to "
            "1,200 m off. {found}",
            found=found,
        )
        systems = (WGS84, GCJ02, BD09, AUTO)
        raise OpenQuestionError(question, option="--datum", field="datum", choices=systems)
    return intake


def _datum(files: StudyFiles) -> str:
    return AUTO if files.datum == ASK else files.datum


def _credits(files: StudyFiles, streets: StreetFile) -> tuple[str, ...]:
    """Whose data the inputs are, as far as they say so."""
    known = (OSM_CREDIT,) if streets.kind in FROM_OSM else ()
    layers = files.layers.by_role.values()
    paths = (files.network, *files.facilities, *files.populations, *files.unit_files, *layers)
    return tuple(dict.fromkeys((*known, *credits_of(paths))))


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
            system=system_title(intake.datum.system),
        ),
    )


def _fingerprints(
    files: StudyFiles, streets: StreetFile, units: UnitFile | None, population: str, standard: Standard
) -> Mapping[str, str]:
    lists = {f"facilities:{printable(path.name)}": digest(path) for path in files.facilities}
    handed = [further(path) for path in files.facilities if handed_over(path) is not None]
    lists |= {f"facilities:{printable(path.name)}": digest(path) for path in handed}
    fixed = {"network": streets.sha256, "standard": standard.sha256}
    fixed |= {} if files.land_alone else {"population": population}
    layers = {role: digest(path) for role, path in files.layers.by_role.items()}
    more = {f"population:{n}": digest(path) for n, path in enumerate(files.more_population, start=2)}
    more |= {f"units:{n}": digest(path) for n, path in enumerate(files.more_units, start=2)}
    return {**lists, **fixed, **({"units": units.sha256} if units else {}), **more, **layers}


def _of_land(said: Text) -> Text:
    """A note on the streets where land stands in for residents."""
    if "sides" in said.values:
        short = text(
            "The street file ends with the residential land in the {sides}: ways round outside are not "
            "known, so land at that rim may look farther away than it is. {margin:,.0f} m more are wanted."
        )
        return Text(short.template, said.values)
    shifted = text(
        "The streets of {file} lie {metres:,.0f} m beside the land and the units, as true places lie beside "
        "{system}: one of them is in that system. Convert it to WGS-84; as they are, no figure on foot is "
        "right."
    )
    return Text(shifted.template, said.values)


def others_synthetic(files: StudyFiles, intake: Intake) -> bool:
    """Whether lists, streets, units or ground say of themselves that they show no real place."""
    said = (cell for table in intake.tables for row in table.sheet.rows[: table.header_row] for cell in row)
    layers = (files.network, *files.unit_files, *files.layers.by_role.values())
    return any(_SYNTHETIC in str(cell) for cell in said) or any(map(is_synthetic, layers))


def city_name(intake: Intake, units: UnitTable | None) -> str:
    """The city that the titles of the lists agree on, else the districts by name (three of more, and how many
    there are), else those that the lists name; "" where nothing says."""
    above_headers = (
        cell
        for table in intake.tables
        for row in table.sheet.rows[: max(table.header_row - 1, 0)]
        for cell in row
        if isinstance(cell, str)
    )
    cities = {found.group(1) for title in above_headers if (found := _CITY.match(title))}
    if len(cities) == 1:
        return cities.pop()
    if units is not None and units.levels:
        names = units.frame["name"].to_numpy(str)[units.of_level(units.levels[0])].tolist()
    else:
        listed = intake.accepted["district"].tolist() if "district" in intake.accepted else []
        names = sorted({name for name in listed if isinstance(name, str) and name})
    named = "、".join(names[:_MOST_DISTRICTS])
    return named if len(names) <= _MOST_DISTRICTS else f"{named}等{len(names)}个单元"


def water_findings(water: Path | None, basemap: Basemap, grid: PopulationGrid) -> tuple[Finding, ...]:
    """How many residents' cells have their centre in water: by the file of water where one is given,
    else by what the street file knows of water; nothing if nobody does."""
    if water is None:
        areas = basemap.water[shapely.get_dimensions(basemap.water) == 2]
        wet = first_outline_at(areas, grid.xy) >= 0
    else:
        wet = points_on(water, grid.crs, grid.xy)
    cells = np.flatnonzero(wet & (grid.residents > 0))
    if not len(cells):
        return ()
    message = text(
        "{residents:,.1f} residents in {cells:,} {cells:cell stands|cells stand} in water by the cell's "
        "centre; they are "
        "counted there.",
        residents=float(grid.residents[cells].sum()),
        cells=len(cells),
    )
    return (Finding("" if water is None else water.name, "", 0, "", INFO, "population-water", message),)


def island_notes(study: Study, walking: Walking, file: str) -> tuple[tuple[Text, ...], tuple[Finding, ...]]:
    """What was passed over, counted and listed: islands with their residents, facilities one by one.

    `file` is the street file's name. Also facilities that no other street is near enough for.
    """
    network, limit_m = study.network, walking.snap_limit_m
    cells = passed_over(network, study.grid.xy, limit_m=limit_m)
    entrances = study.facilities.entrances
    doors = passed_over(network, entrances.xy, limit_m=limit_m)
    snapped = snap_once(network, entrances.xy, limit_m=limit_m)
    on_island = snapped.linked & network.islands.on_island[snapped.edge]
    stranded = np.flatnonzero(np.isin(np.arange(len(study.facilities)), entrances.facility[on_island]))
    stranded = np.setdiff1d(stranded, entrances.facility[snapped.linked & ~on_island])
    if study.facilities.has_extents:  # with several entrances another one leads on
        doors = doors.some(np.bincount(entrances.facility)[entrances.facility[doors.row]] == 1)
        doors = replace(doors, row=entrances.facility[doors.row])
    residents = study.grid.residents[cells.row]
    notes = []
    if len(cells.row) or len(doors.row):
        notes.append(
            text(
                "{residents:,.0f} residents in {cells} {cells:cell|cells} and {count} "
                "{count:facility|facilities} stand nearer to a piece of street that leads nowhere (a part "
                "of the network with less than {island:,.0f} m of street); they join the nearest street "
                "that leads on.",
                residents=float(residents.sum()),
                cells=len(cells.row),
                count=len(doors.row),
                island=walking.island_m,
            )
        )
    if len(stranded):
        notes.append(
            text(
                "{count} {count:facility stands|facilities stand} on an island of streets, with no other "
                "street within {limit:g} m; findings.csv lists {count:it|them}.",
                count=len(stranded),
                limit=limit_m,
            )
        )
    findings = _passed_islands(study, cells, residents, file)
    names = study.facilities.frame["name"].to_numpy(object)
    listed = (values[:_MOST_LISTED].tolist() for values in (doors.row, doors.island_m, doors.joined_m))
    for row, near_m, joined_m in zip(*listed, strict=True):
        message = text(
            "{name} stands {near:,.0f} m from an island of streets; it joins the street that leads on, "
            "{metres:,.0f} m away.",
            name=str(names[row]),
            near=near_m,
            metres=joined_m,
        )
        findings.append(Finding(file, "", 0, "", INFO, "island-passed-over", message))
    for row in stranded[:_MOST_LISTED].tolist():
        message = text(
            "{name} stands on an island of streets: only who lives there reaches it on foot.",
            name=str(names[row]),
        )
        findings.append(Finding(file, "", 0, "", WARNING, "facility-on-island", message))
    return tuple(notes), tuple(findings)


def _passed_islands(study: Study, cells: PassedOver, residents: np.ndarray, file: str) -> list[Finding]:
    """One finding an island, the one with most residents first."""
    component, inverse, count = np.unique(cells.component, return_inverse=True, return_counts=True)
    people = np.bincount(inverse, weights=residents, minlength=len(component))
    order = np.argsort(-people, kind="stable")[:_MOST_LISTED]
    lon, lat = unproject(places_of_components(study.network, component[order]), study.network.crs)
    return [
        Finding(
            file,
            "",
            0,
            "",
            INFO,
            "island-passed-over",
            text(
                "An island of {metres:,.0f} m of street at {lon:.5f}, {lat:.5f} was passed over: "
                "{residents:,.0f} residents in {cells} {cells:cell|cells} join the nearest street that "
                "leads on.",
                metres=float(study.network.islands.length_m[component[i]]),
                lon=float(x),
                lat=float(y),
                residents=float(people[i]),
                cells=int(count[i]),
            ),
        )
        for i, x, y in zip(order, lon, lat, strict=True)
    ]
