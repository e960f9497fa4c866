"""Which layers of a study do not say in which coordinate system they truly are, and what that means for every
figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.text import Text, listed, text
from data.intake.datum.origin import may_be_shifted, tells_true
from data.intake.findings import Finding, level_of
from data.streets.detect import OSM_FORMATS
from geo.crs import unproject
from geo.datum import SYSTEMS
from jobs.study.cases import StudyFiles
from jobs.study.people import People

CODE: Final = "layer-system-unknown"
# What OSMnx writes is OpenStreetMap's too.
FROM_OSM: Final = (*OSM_FORMATS, "graphml")
# Layers beside the three whose ground a figure rests on.
_GROUND: Final = {
    "residential": text("Residential land"),
    "compounds": text("Residential compounds"),
    "buildings": text("Buildings"),
}
_MOST_NAMED: Final = 6


def unknown_layers(files: StudyFiles, people: People, streets: str) -> tuple[Finding, ...]:
    """One finding for each file of streets, residents, units and their ground of which nothing shows that it
    is in true coordinates.

    `streets` is the kind of the street file. Where the residents live outside China no layer is shifted.
    Residents by unit have no place of their own. That layers agree with each other, or a list with them, is
    no evidence: all may be shifted alike.
    """
    lon, lat = unproject(people.population.grid.xy, people.crs)
    if not may_be_shifted((lon.min(), lat.min(), lon.max(), lat.max())):
        return ()
    told = {entry.file: entry.system for entry in people.population.read if entry.used}
    asked: dict[Path, Text] = {}
    if not people.population.synthetic:
        for path in files.populations:
            if told.get(path.name, "?") not in ("", *SYSTEMS):
                asked[path] = text("Residents")
    if streets not in FROM_OSM:
        asked[files.network] = text("Streets")
    if not people.units_known:
        asked |= dict.fromkeys(files.unit_files, text("Units"))
    asked |= {path: _GROUND[role] for role, path in files.layers.by_role.items() if role in _GROUND}
    return tuple(
        Finding(path.name, "", 0, "", level_of(CODE), CODE, _sentence(path, role))
        for path, role in asked.items()
        if not tells_true(path)
    )


def _sentence(path: Path, role: Text) -> Text:
    return text(
        "{role}: nothing shows in which coordinate system {file} truly is; it is read as it declares. Files "
        "from map services in China declare WGS-84 and lie 300 to 1,200 m off. Ask where it comes from, and "
        "write “wgs84” into the file's name where it is true.",
        role=role,
        file=path.name,
    )


def unknown_notes(found: Sequence[Finding]) -> tuple[Text, ...]:
    """What stands beside every figure where there are such layers; nothing where there are none."""
    names = list(dict.fromkeys(one.file for one in found))
    if not names:
        return ()
    return (
        text(
            "Nothing shows in which coordinate system {files} truly {count:is|are}. The lists and these "
            "layers may both be shifted by 300 to 1,200 m, however well they agree with each other; a "
            "shifted one beside a true one falsifies every distance.",
            files=listed(names, most=_MOST_NAMED),
            count=len(names),
        ),
    )
