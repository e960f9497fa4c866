"""Files to a study: the first step of every verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage.standard import Standard
from coverage.study import Study
from data.digest import sha256_of
from data.intake.findings import Finding
from data.intake.intake import Intake
from data.intake.read import read_facilities
from data.population import read_population
from data.standards import DEFAULT_STANDARD, open_standard
from data.streets import StreetFile, read_streets
from data.units import UnitFile, read_units
from geo.basemap import Basemap
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.text import Text, text


@dataclass(frozen=True)
class StudyFiles:
    """What the user names: lists, people, streets, and optionally units, a standard and a datum.

    `name` is what the area is called in results (default: the population file's name).
    """

    facilities: tuple[Path, ...]
    population: Path
    network: Path
    units: Path | None = None
    standard: str = DEFAULT_STANDARD
    datum: str = "auto"
    name: str = ""


@dataclass(frozen=True)
class Inputs:
    """Everything read and checked, in one metric CRS; `sha256` by role ("population", …)."""

    study: Study
    standard: Standard
    basemap: Basemap
    intake: Intake
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...]
    sha256: Mapping[str, str]
    synthetic: bool
    datum: str


def open_inputs(files: StudyFiles, *, progress: Progress = silent) -> Inputs:
    """Read all files of a study. InputError says which file cannot be used and why.

    Population comes first: its place decides the metric CRS of everything else.
    """
    standard = open_standard(files.standard)
    progress(0.0, text("Reading residents"))
    population = read_population(files.population)
    crs = population.grid.crs
    progress(0.2, text("Reading units"))
    units = read_units(files.units, crs=crs) if files.units else None
    progress(0.3, text("Reading streets"))
    streets = read_streets(files.network, crs=crs)
    progress(0.7, text("Reading facility lists"))
    intake = read_facilities(files.facilities, datum=files.datum, units=units.table if units else None)
    facilities = intake.table(crs)
    if not len(facilities):
        raise InputError("No facility of the lists could be used; see what the check of the lists says.")
    progress(1.0, text("Read"))
    study = Study(
        name=files.name or files.population.stem,
        grid=population.grid,
        facilities=facilities,
        network=streets.network,
        units=units.table if units else None,
    )
    return Inputs(
        study=study,
        standard=standard,
        basemap=streets.basemap,
        intake=intake,
        findings=(*population.findings, *(units.findings if units else ()), *intake.findings),
        notes=tuple(streets.findings),
        sha256=_fingerprints(files, streets, units, population.sha256, standard),
        synthetic=population.synthetic,
        datum=files.datum,
    )


def _fingerprints(
    files: StudyFiles, streets: StreetFile, units: UnitFile | None, population: str, standard: Standard
) -> Mapping[str, str]:
    lists = {f"facilities:{path.name}": sha256_of(path) for path in files.facilities}
    fixed = {"population": population, "network": streets.sha256, "standard": standard.sha256}
    return {**lists, **fixed, **({"units": units.sha256} if units else {})}
