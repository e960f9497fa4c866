"""The result of a study of residential land alone, kept for the page that asked."""

from __future__ import annotations

from pathlib import Path

from core.errors import InputError
from core.progress import Progress, silent
from data.cache_entries import keep
from jobs.assess.land_alone import land_files
from jobs.cache.case import Case
from jobs.cache.prebuild import streets_of
from jobs.cache.results import Shelf
from jobs.siting.search_monitor import SearchMonitor
from jobs.study.cases import StudyFiles


def land_folder(
    files: StudyFiles, shelf: Shelf, cache: Path, *, language: str, progress: Progress = silent
) -> Path:
    """Its folder on the shelf in a language, made unless it is there. UserError as `land_files`."""
    key = f"land-{Case(files).key}-{language}"
    if found := shelf.find(key):
        return found
    target = shelf.root / key

    def made(folder: Path) -> None:
        monitor = SearchMonitor(progress=progress)
        land_files(files, out=folder, language=language, cache=streets_of(cache), monitor=monitor)

    if not keep(target, made):
        raise InputError("The answer cannot be kept in {folder}: is the disk full?", folder=shelf.root)
    return target
