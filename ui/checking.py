"""A check of uploaded lists, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.session import session_folder

if TYPE_CHECKING:  # reading lists takes two seconds to load; the page is shown before
    import pandas as pd


@dataclass(frozen=True)
class Lists:
    """Uploaded lists to be checked; `names` are what the user calls them, in the order of `paths`."""

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    datum: str
    units: Path | None
    language: str

    def called(self, file: str) -> str:
        """The user's own name of a file that the check names."""
        return next(
            (name for path, name in zip(self.paths, self.names, strict=True) if path.name == file), file
        )


@dataclass(frozen=True)
class Checked:
    """`report` is the object of `check --json`, `accepted` the accepted rows; `folder` has both as files."""

    report: Mapping[str, Any]
    evidence: tuple[Any, ...]
    accepted: pd.DataFrame
    folder: Path


@st.cache_resource(max_entries=6, show_spinner=False, scope="session")
def checked(lists: Lists) -> Checked:
    """Read and judge the lists once; the paths hold the contents' fingerprints."""
    from jobs.check import ListFiles, check_lists

    number = abs(hash((lists.paths, lists.datum, lists.units, lists.language)))
    folder = session_folder() / "checks" / f"{number:x}"
    files = ListFiles(lists.paths, datum=lists.datum, units=lists.units)
    done = check_lists(files, out=folder, language=lists.language)
    return Checked(done.as_json(), done.intake.datum.evidence, done.intake.accepted, folder)


def inside(accepted: pd.DataFrame, bounds: tuple[float, float, float, float]) -> int:
    """How many accepted rows lie within west, south, east, north (degrees), the border included."""
    west, south, east, north = bounds
    lon, lat = accepted["lon"], accepted["lat"]
    return int(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).sum())
