"""What is asked: the files of a study, lists in their place, sites wished for; and the case's fingerprint.

Light to import: what reads and computes is elsewhere, so that a finished answer is shown at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from coverage.model.standard import ANY_TIER, Check, Standard
from data.files import sha256_of
from data.standards import DEFAULT_STANDARD, open_standard
from jobs.siting.request import SitingRequest as SitingRequest
from jobs.study.layers import Answers as Answers
from jobs.study.layers import Layers as Layers

_PROJECT: Final = Path(__file__).parents[2]
_PACKAGES: Final = ("geo", "coverage", "data", "maps", "reports", "jobs", "locales")
_SOURCES: Final = frozenset((".py", ".toml", ".css", ".js", ".po"))
# One page may not keep the machine busy for long; the answer says how good it is.
PLAN_SECONDS: Final = 15.0
FIRST_SITES: Final = 5


# The lists' coordinate system is to be asked for where nothing decides it; only the page can ask.
ASK: Final = "ask"


@dataclass(frozen=True)
class StudyFiles:
    """What the user names: lists, people, streets, and optionally units, a standard and a datum.

    `name` is what the area is called in results (default: the population file's name),
    `population_unit` what a population raster's numbers count. Dead ends of streets at most `heal_m`
    short of another street are joined to it. `layers` are further files about the ground and people,
    `answers` the user's word where the files leave something open. Residents and units may come in
    several files: parts of one whole, or a level each.
    """

    facilities: tuple[Path, ...]
    population: Path
    network: Path
    units: Path | None = None
    standard: str = DEFAULT_STANDARD
    datum: str = "auto"
    name: str = ""
    population_unit: str = "auto"
    heal_m: float = 0.0
    layers: Layers = field(default_factory=Layers)
    more_population: tuple[Path, ...] = ()
    more_units: tuple[Path, ...] = ()
    answers: Answers = field(default_factory=Answers)

    @property
    def populations(self) -> tuple[Path, ...]:
        """All files of residents."""
        return (self.population, *self.more_population)

    @property
    def unit_files(self) -> tuple[Path, ...]:
        """All files of units; none where there are no units."""
        return () if self.units is None else (self.units, *self.more_units)


@dataclass(frozen=True)
class OwnLists:
    """Lists in place of the study's own, or `in_addition` to them; `datum` is that of these lists."""

    paths: tuple[Path, ...]
    datum: str = "auto"
    in_addition: bool = False


@dataclass(frozen=True)
class Case:
    """The files of a study, the lists to judge it by if not its own, and the sites wished for, if any."""

    files: StudyFiles
    lists: OwnLists | None = None
    wish: SitingRequest | None = None

    @property
    def key(self) -> str:
        """A fingerprint of all that the answer depends on: contents, settings and the program."""
        files, own = self.files, self.lists or OwnLists(())
        parts = {
            "program": program_fingerprint(),
            "lists": [(path.name, digest(path)) for path in files.facilities],
            "ground": [
                None if p is None else digest(p) for p in (files.population, files.network, files.units)
            ],
            "more": [digest(p) for p in (*files.more_population, *files.more_units)],
            "more_of": (len(files.more_population), len(files.more_units)),
            "answers": vars(files.answers),
            "standard": open_standard(files.standard).sha256,
            "layers": [(role, digest(path)) for role, path in files.layers.by_role.items()],
            "settings": (
                *(files.datum, files.name, files.population_unit, files.heal_m),
                files.layers.totals_column,
            ),
            "own_lists": (own.datum, own.in_addition, [(path.name, digest(path)) for path in own.paths]),
            "wish": None if self.wish is None else self.wish.as_json(),
            "wish_files": [] if self.wish is None else [digest(path) for path in self.wish.files],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:40]


def digest(path: Path) -> str:
    """The SHA-256 of a file, computed anew only when the file has changed."""
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)


@cache
def program_fingerprint() -> str:
    """A hash of the program's own sources and requirements: other code may give other answers."""
    sources = [path for name in _PACKAGES for path in (_PROJECT / name).rglob("*") if path.suffix in _SOURCES]
    contents = (path.read_bytes() for path in sorted([*sources, _PROJECT / "requirements.txt"]))
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def default_request(standard: Standard) -> SitingRequest | None:
    """Some sites of the tier nearest to people, so that a first look has suggestions; None without one."""
    radius = [rule for rule in standard.rules if rule.check is Check.RADIUS and rule.tier != ANY_TIER]
    if not radius:
        return None
    nearest = min(radius, key=lambda rule: rule.limit)
    return SitingRequest(nearest.tier, FIRST_SITES, time_limit_s=PLAN_SECONDS)


@cache
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    return sha256_of(path)
