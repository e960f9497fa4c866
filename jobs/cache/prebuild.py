"""The demo city made ready: its files, its assessment and its maps, so that the first view waits for none.

    python -m jobs.cache.prebuild [FOLDER]       (default: SERVICE_CIRCLE_CACHE, or .cache beside the program)

Does only what is missing or was made by another version of the program. The page does the same by
itself when it finds nothing ready.
"""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import Final

from core.progress import Progress, part, silent
from core.text import Text, text
from data.files import digest
from data.standards import open_standard
from jobs.cache.case import Case, default_request
from jobs.cache.results import Shelf, has_map, map_page
from jobs.study.cases import StudyFiles
from locales import LANGUAGES

_PROJECT: Final = Path(__file__).parents[2]
# As data.demo.names has it; that package takes a second to import.
DEMO_CITY: Final = "云川市"
CACHE: Final = _PROJECT / ".cache"
_FILES: Final = ("facilities.xlsx", "population.parquet", "streets.gpkg", "units.gpkg")
_MADE_BY: Final = "made-by.txt"


def cache_folder() -> Path:
    """Where the demo city and what was computed for it are kept: SERVICE_CIRCLE_CACHE, or `.cache` here."""
    return Path(os.environ.get("SERVICE_CIRCLE_CACHE", CACHE))


def demo_files(cache: Path) -> StudyFiles:
    """Where the demo city's files are, or will be."""
    lists, population, network, units = (cache / "demo" / name for name in _FILES)
    return StudyFiles((lists,), population, network, units, name=DEMO_CITY)


def demo_is_ready(cache: Path) -> bool:
    """Whether the files are there and were made by this version of their recipe."""
    try:
        said = (cache / "demo" / _MADE_BY).read_text(encoding="utf-8")
        return said == _made_by(cache)
    except (OSError, UnicodeDecodeError):
        return False


def make_demo(cache: Path, *, progress: Progress = silent) -> StudyFiles:
    """The demo city's files, written anew where they are missing or outdated."""
    if not demo_is_ready(cache):
        from data.demo import write_demo

        write_demo(cache / "demo", progress=progress)
        mark_demo(cache)
    return demo_files(cache)


def mark_demo(cache: Path) -> None:
    """Note down which recipe the files were made by, and what they are."""
    from data.files import write_bytes

    write_bytes(cache / "demo" / _MADE_BY, _made_by(cache).encode("utf-8"))


def _made_by(cache: Path) -> str:
    """The recipe and the fingerprints of the files; these are read again only when they have changed."""
    return "\n".join([demo_recipe(), *(digest(cache / "demo" / name) for name in _FILES)])


@cache
def demo_recipe() -> str:
    """A hash of the sources that make the demo city, the same whatever their line ends.

    Read once: a running program does not become another, and every page asks.
    """
    sources = sorted((_PROJECT / "data" / "demo").rglob("*.py"))
    texts = (path.read_bytes().replace(b"\r\n", b"\n") for path in sources)
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def first_case(files: StudyFiles) -> Case:
    """What the page shows first: the default standard and a few suggested sites."""
    return Case(files, wish=default_request(open_standard(files.standard)))


def shelf_of(cache: Path) -> Shelf:
    """Where finished assessments of the demo city are kept."""
    return Shelf(cache / "assessments")


def streets_of(cache: Path) -> Path:
    """Where networks that were built once are remembered."""
    return cache / "networks"


def warm(cache: Path = CACHE, *, progress: Progress = silent) -> Path:
    """Make everything the first view needs; returns the assessment's folder on the shelf."""
    case = first_case(make_demo(cache, progress=part(progress, 0.0, 0.5)))
    folder = shelf_of(cache).find(case.key) or _assess(case, cache, part(progress, 0.5, 0.8))
    for language in LANGUAGES:
        if not has_map(folder, language=language):
            progress(0.8, text("Drawing the maps"))
            map_page(folder, language=language)
    return folder


def _assess(case: Case, cache: Path, progress: Progress) -> Path:
    from jobs.assess.folder import assess_files, with_run
    from jobs.siting.suggest import suggest

    done = assess_files(case.files, out=None, cache=streets_of(cache), progress=part(progress, 0.0, 0.7))
    if case.wish is not None:
        progress(0.7, text("Choosing sites"))
        done = suggest(done, case.wish)
    return shelf_of(cache).put(case.key, with_run(done, case.run()))


def main(arguments: list[str]) -> int:
    """Warm the folder named, telling on stderr what is being done."""
    cache = Path(arguments[0]) if arguments else cache_folder()
    said: set[str] = set()

    def report(_share: float, doing: Text) -> None:
        if str(doing) not in said:
            said.add(str(doing))
            sys.stderr.write(f"{doing} ...\n")

    warm(cache, progress=report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
