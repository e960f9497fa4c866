"""The options that several verbs share, and their values."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

_CACHE: Final = Path(os.environ.get("SERVICE_CIRCLE_CACHE") or Path(__file__).parents[1] / ".cache")
# Built street networks, remembered by their content; safe to delete.
NETWORKS: Final = _CACHE / "networks"
# Scenarios stored by name.
SCENARIOS: Final = _CACHE / "scenarios"


class Language(StrEnum):
    zh = "zh"
    en = "en"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Lang = Annotated[
    Language, typer.Option("--lang", help="Language of words and results.", envvar="SERVICE_CIRCLE_LANG")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
UnitsFile = Annotated[Path | None, typer.Option("--units", help="Districts, streets, communities.")]
Datum = Annotated[str, typer.Option("--datum", help="auto, wgs84, gcj02, bd09 or epsg:N.")]
