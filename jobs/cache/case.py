"""One question and its fingerprint: the files of a study, lists in their place, sites wished for.

Light to import: what reads and computes is elsewhere, so that a finished answer is shown at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from coverage.model.standard import ANY_TIER, Check, Standard
from data.files import digest
from data.standards import open_standard
from jobs.siting.request import SitingRequest
from jobs.study.cases import OwnLists, StudyFiles, list_digest
from jobs.study.run import run_of
from locales import DEFAULT_LANGUAGE

_PROJECT: Final = Path(__file__).parents[2]
_PACKAGES: Final = ("geo", "coverage", "data", "maps", "reports", "jobs", "locales")
_SOURCES: Final = frozenset((".py", ".toml", ".css", ".js", ".po"))
# One page may not keep the machine busy for long; the answer says how good it is.
PLAN_SECONDS: Final = 15.0
FIRST_SITES: Final = 5


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
            "lists": [(path.name, list_digest(path)) for path in files.facilities],
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
            "own_lists": (own.datum, own.in_addition, [(path.name, list_digest(path)) for path in own.paths]),
            "wish": None if self.wish is None else self.wish.as_json(),
            "wish_files": [] if self.wish is None else [digest(path) for path in self.wish.files],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:40]

    def run(self) -> dict[str, Any]:
        """How the answer is made, for its provenance: the verb with which `rerun` makes it again."""
        files = replace(self.files, own=self.lists)
        if self.wish is None:
            return run_of("assess", DEFAULT_LANGUAGE, study=files, also=())
        return run_of("suggest", DEFAULT_LANGUAGE, study=files, request=self.wish)


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
