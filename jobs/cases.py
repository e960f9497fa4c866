"""A case: one question to assess, and the fingerprint its finished answer is kept under."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.standard import ANY_TIER, Check, Standard
from data.digest import sha256_of
from data.intake.assemble import facility_ids
from data.intake.intake import Intake
from data.intake.read import read_facilities
from data.standards import open_standard
from jobs.inputs import Inputs, StudyFiles, list_notes
from jobs.suggest import Wish

_PROJECT: Final = Path(__file__).parents[1]
_PACKAGES: Final = ("geo", "coverage", "data", "maps", "reports", "jobs", "locales")
_SOURCES: Final = frozenset((".py", ".toml", ".css", ".js", ".po"))
# One page may not keep the machine busy for long; the answer says how good it is.
PLAN_SECONDS: Final = 15.0
FIRST_SITES: Final = 5


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
    wish: Wish | None = None

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
            "standard": open_standard(files.standard).sha256,
            "settings": (files.datum, files.name),
            "own_lists": (own.datum, own.in_addition, [(path.name, digest(path)) for path in own.paths]),
            "wish": None if self.wish is None else asdict(self.wish),
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


def default_wish(standard: Standard) -> Wish | None:
    """Some sites of the tier nearest to people, so that a first look has suggestions; None without one."""
    radius = [rule for rule in standard.rules if rule.check is Check.RADIUS and rule.tier != ANY_TIER]
    if not radius:
        return None
    nearest = min(radius, key=lambda rule: rule.limit)
    return Wish(nearest.tier, FIRST_SITES, time_limit_s=PLAN_SECONDS)


def with_standard(inputs: Inputs, name_or_path: str) -> Inputs:
    """The same study to be judged by another standard."""
    standard = open_standard(name_or_path)
    return replace(inputs, standard=standard, sha256={**inputs.sha256, "standard": standard.sha256})


def with_lists(inputs: Inputs, own: OwnLists) -> Inputs:
    """The same ground with other lists, or with more. InputError if none of their rows can be used."""
    more = read_facilities(own.paths, datum=own.datum, units=inputs.study.units)
    intake = _joined(inputs.intake, more) if own.in_addition else more
    study = replace(inputs.study, facilities=intake.table(inputs.study.grid.crs))
    # Of the findings those on the lists come last, of the notes first; the others speak of the ground.
    findings = inputs.findings[: len(inputs.findings) - len(inputs.intake.findings)]
    notes = inputs.notes[len(list_notes(inputs.intake)) :]
    kept = {
        role: sha
        for role, sha in inputs.sha256.items()
        if own.in_addition or not role.startswith("facilities:")
    }
    return replace(
        inputs,
        study=study,
        intake=intake,
        findings=(*findings, *intake.findings),
        notes=(*list_notes(intake), *notes),
        sha256={**kept, **{f"facilities:{path.name}": digest(path) for path in own.paths}},
        datum=own.datum,
    )


def _joined(first: Intake, second: Intake) -> Intake:
    """Both lists as one; numbers that both use are told apart."""
    frame = pd.concat([first.frame, second.frame], ignore_index=True)
    frame["facility_id"] = facility_ids(frame)
    return Intake(
        frame,
        (*first.findings, *second.findings),
        second.datum,
        (*first.files, *second.files),
        (*first.tables, *second.tables),
    )


@cache
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    return sha256_of(path)
