"""The options for further files of a study, the same for every verb that reads one.

    @with_layers
    def assess(…, layers: LayerOptions = NO_LAYERS): … StudyFiles(…, layers=layers.read())

takes `--totals`, `--buildings`, …, which Typer finds in the signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from geo.errors import SettingError
from jobs.layers import Layers

_PANEL: Final = "Where people live"


def _file(option: str, words: str) -> Any:
    return Annotated[Path | None, typer.Option(option, help=words, rich_help_panel=_PANEL)]


_OPTIONS: Final[dict[str, Any]] = {
    "area": _file("--area", "The study area; without it, the ground of the units."),
    "totals": _file("--totals", "Census totals by unit (table); residents are scaled to them."),
    "totals_column": Annotated[
        str, typer.Option("--totals-column", help="Its column of residents.", rich_help_panel=_PANEL)
    ],
    "buildings": _file("--buildings", "Residents of large areas follow floor area (footprint × floors)."),
    "settled": _file("--settled", "… or settlements: polygons, or a GeoTIFF above 0."),
    "water": _file("--water", "Where nobody lives."),
    "urban": _file("--urban", "Built-up area, for units that do not say urban or rural."),
    "group": Annotated[
        list[str] | None,
        typer.Option(
            "--group", help="elderly=FILE, children=FILE; may be given again.", rich_help_panel=_PANEL
        ),
    ],
}


@dataclass(frozen=True)
class LayerOptions:
    """The options as they were given, still to be understood: that is done behind the front door."""

    files: dict[str, Any]
    groups: Sequence[str] = ()

    def read(self) -> Layers:
        """The layers. SettingError for a `--group` that is not NAME=FILE, or a name given twice."""
        return Layers(**self.files, groups=groups_of(self.groups))


NO_LAYERS: Final = LayerOptions({})


def with_layers(verb: Callable[..., None]) -> Callable[..., None]:
    """A verb with a parameter `layers`, with the options of this file in its place."""

    @wraps(verb)
    def called(**options: Any) -> None:
        own = {name: options.pop(name, None) for name in _OPTIONS}
        groups = own.pop("group") or ()
        given = {name: value for name, value in own.items() if value}
        verb(**options, layers=LayerOptions(given, groups))

    hints = get_type_hints(verb, include_extras=True)
    kept = {
        name: parameter for name, parameter in inspect.signature(verb).parameters.items() if name != "layers"
    }
    ours = {
        name: inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default="" if name == "totals_column" else None,
            annotation=hint,
        )
        for name, hint in _OPTIONS.items()
    }
    named = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name])
        for name, parameter in kept.items()
    ]
    called.__signature__ = inspect.Signature([*named, *ours.values()])  # type: ignore[attr-defined]
    called.__annotations__ = {**{name: hints[name] for name in kept}, **_OPTIONS, "return": None}
    return called


def groups_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Names and files of `--group NAME=FILE`. SettingError for anything else, and a name given twice."""
    found: dict[str, Path] = {}
    for word in words:
        name, _, path = (part.strip() for part in word.partition("="))
        if not (name and path):
            raise SettingError(
                "--group wants a name and a file, as elderly=FILE; this is “{word}”.", word=word
            )
        if name in found:
            raise SettingError("The group “{name}” is given twice.", name=name)
        found[name] = Path(path)
    return tuple(found.items())
