"""What the files of a study offer to be read as: their layers and columns, for boxes in which a reading
can be changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from data.formats.layers import LayerInfo, opened
from data.population import offered
from jobs.study.cases import StudyFiles


@dataclass(frozen=True)
class Offers:
    """Names as the files have them; empty where there is nothing to choose."""

    population_layers: tuple[str, ...] = ()
    population_columns: tuple[str, ...] = ()
    units_layers: tuple[str, ...] = ()
    network_layers: tuple[str, ...] = ()
    network_columns: tuple[str, ...] = ()


def offers_of(files: StudyFiles) -> Offers:
    """All that could be chosen; what cannot be opened offers nothing, and its reader says why."""
    try:
        layers, columns = offered(files.population, files.answers.population_layer)
    except InputError:
        layers, columns = [], []
    units = [info.name for path in files.unit_files for info in _layers(path) if info.geometry]
    lines = [info for info in _layers(files.network) if "Polygon" not in info.geometry and info.geometry]
    named = [info for info in lines if files.answers.network_layer in ("", info.name)]
    titles = dict.fromkeys(field for info in named for field in info.fields)
    return Offers(
        tuple(layers),
        tuple(columns),
        tuple(units) if len(units) > 1 else (),
        tuple(info.name for info in lines) if len(lines) > 1 else (),
        tuple(titles),
    )


def _layers(path: Path) -> tuple[LayerInfo, ...]:
    """The layers of a map file; none of another kind of file (OpenStreetMap, GraphML)."""
    try:
        with opened(path) as file:
            return file.layers
    except InputError:
        return ()
