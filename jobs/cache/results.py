"""Finished assessments on disk, so that nobody waits twice for the same answer.

Light to import: what writes and draws takes two seconds to load, and is loaded when it is needed.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.errors import InputError
from locales import DEFAULT_LANGUAGE

if TYPE_CHECKING:
    from jobs.assess.folder import Assessed

# An entry of a city of a million takes about 12 MB.
MOST_ENTRIES: Final = 24
# Two threads that draw the same file would write to the same temporary file.
_DRAWING: Final = threading.Lock()


@dataclass(frozen=True)
class Shelf:
    """Assessment folders under `root`, each under the key of its case; the oldest make room.

    A folder is there as a whole or not at all.
    """

    root: Path
    most: int = MOST_ENTRIES

    def find(self, key: str) -> Path | None:
        """The folder kept under `key`, or None."""
        from data.cache_entries import is_whole

        folder = self.root / key
        return folder if is_whole(folder) else None

    def put(self, key: str, done: Assessed) -> Path:
        """Keep the tables and the basemap of an assessment; what is there already stays."""
        from data.cache_entries import delete, keep
        from jobs.assess.folder import write_tables

        target = self.root / key
        if not keep(target, lambda folder: write_tables(folder, done, language=DEFAULT_LANGUAGE)):
            raise InputError("The answer cannot be kept in {folder}: is the disk full?", folder=self.root)
        kept = [path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")]
        kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[self.most :]:
            delete(path)
        return target


def has_map(folder: Path, *, language: str, profile: str = "internal") -> bool:
    """Whether `map_page` has drawn this map before."""
    from data.cache_entries import kept_file

    return kept_file(folder, _map_file(language, profile)) is not None


def map_page(folder: Path, *, language: str, profile: str = "internal") -> str:
    """The map file of an assessment folder in a language, drawn the first time it is asked for."""
    content = _once(folder, _map_file(language, profile), lambda: _draw(folder, language, profile))
    return content.decode("utf-8")


def report(folder: Path, *, language: str) -> bytes:
    """report.xlsx of an assessment folder in a language, made the first time it is asked for."""
    return _once(folder, f"report-{language}.xlsx", lambda: _report(folder, language))


def archive(folder: Path, *, language: str) -> bytes:
    """The assessment folder as one zip, with `map.html` and `report.xlsx` in a language. It is for internal
    use: its tables name every unit."""
    page, book = map_page(folder, language=language).encode("utf-8"), report(folder, language=language)
    return packed(folder, {"map.html": page, "report.xlsx": book}, without=("map-", "report-"))


def packed(folder: Path, pages: Mapping[str, bytes], *, without: tuple[str, ...] = ()) -> bytes:
    """A folder of the shelf as one zip with `pages` beside its files; the shelf's own files, and those whose
    names begin with one of `without`, stay out."""
    from data.cache_entries import MANIFEST

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.iterdir()):
            if path.name != MANIFEST and not path.name.startswith((".", *without)):
                made.write(path, path.name)
        for name, page in pages.items():
            made.writestr(name, page)
    return buffer.getvalue()


def bounds_of(folder: Path) -> tuple[float, float, float, float]:
    """West, south, east, north of the residents of an assessment folder, in degrees."""
    import pandas as pd

    cells = pd.read_parquet(folder / "cells.parquet", columns=["lon", "lat"])
    return (
        float(cells["lon"].min()),
        float(cells["lat"].min()),
        float(cells["lon"].max()),
        float(cells["lat"].max()),
    )


def _map_file(language: str, profile: str) -> str:
    return f"map-{language}-{profile}.html"


def _report(folder: Path, language: str) -> bytes:
    from data.results import read_results
    from reports.workbook import workbook_bytes

    return workbook_bytes(read_results(folder), language=language)


def _draw(folder: Path, language: str, profile: str) -> bytes:
    from jobs.assess.export import ExportRequest, products_of

    ((_, page),) = products_of(ExportRequest(folder, "html", language, profile), ("html",))
    return page


def _once(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    from data.cache_entries import add_file, kept_file

    with _DRAWING:
        content = kept_file(folder, name)
        if content is None:
            content = make()
            add_file(folder, name, content)
    return content
