"""`check`: read lists and say what is wrong with them, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage.tables import UnitTable
from data.intake.coordinates import AUTO
from data.intake.intake import Intake
from data.intake.read import read_facilities
from data.intake.reference import Reference, read_reference
from data.intake.store import keep_originals
from data.intake.workbook import write_accepted, write_findings
from data.units import read_units
from data.vector import read_vector
from geo.crs import WGS84, metric_crs
from geo.progress import Progress, part, silent
from geo.text import text
from locales import DEFAULT_LANGUAGE, translator

FORMAT = 1


@dataclass(frozen=True)
class CheckReport:
    """What a check found; `folder` holds `accepted.csv`, `findings.xlsx` and the originals."""

    intake: Intake
    folder: Path
    language: str = DEFAULT_LANGUAGE

    def as_json(self) -> dict[str, Any]:
        """The object that `check --json` prints."""
        say = translator(self.language)
        intake = self.intake
        return {
            "format": FORMAT,
            "rows": intake.rows,
            "accepted": intake.accepted_count,
            "refused": intake.refused_count,
            "set_aside": intake.set_aside_count,
            "datum": {
                "system": intake.datum.system,
                "decided": intake.datum.decided,
                "confidence": round(intake.datum.confidence, 4),
            },
            "findings": [
                {
                    "file": finding.file,
                    "sheet": finding.sheet,
                    "row": finding.row,
                    "column": finding.column,
                    "level": finding.level,
                    "code": finding.code,
                    "message": say(finding.message),
                }
                for finding in intake.findings
            ],
        }


def check_lists(
    paths: Sequence[Path],
    *,
    out: Path,
    datum: str = AUTO,
    units_path: Path | None = None,
    reference_path: Path | None = None,
    progress: Progress = silent,
    language: str = DEFAULT_LANGUAGE,
) -> CheckReport:
    """Read `paths` and write the folder `out`; InputError or SettingError for what cannot be used at all.

    `reference_path` is a layer in true coordinates: buildings, or named places.
    """
    units, reference = _context(units_path, reference_path, part(progress, 0.0, 0.2))
    progress(0.2, text("Reading the lists"))
    intake = read_facilities(paths, datum=datum, units=units, reference=reference)
    progress(0.8, text("Writing the findings"))
    out.mkdir(parents=True, exist_ok=True)
    write_accepted(intake, out / "accepted.csv")
    write_findings(intake, out / "findings.xlsx", translator(language))
    keep_originals(paths, out)
    progress(1.0, text("Done"))
    return CheckReport(intake, out, language)


def _context(
    units_path: Path | None, reference_path: Path | None, progress: Progress
) -> tuple[UnitTable | None, Reference | None]:
    progress(0.0, text("Reading units and reference layers"))
    units = read_units(units_path, crs=_metric_crs_of(units_path)).table if units_path else None
    reference = read_reference(reference_path) if reference_path else None
    return units, reference


def _metric_crs_of(path: Path) -> str:
    frame = read_vector(path)
    west, south, east, north = (frame if frame.crs is None else frame.to_crs(WGS84)).total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)
