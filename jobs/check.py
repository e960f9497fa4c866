"""`check`: read lists and say what is wrong with them, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coverage.tables import UnitTable
from data.intake.coordinates import AUTO
from data.intake.findings import ERROR, Finding
from data.intake.intake import Intake
from data.intake.layers import layer_datum, shifted_layer
from data.intake.read import read_facilities
from data.intake.reference import read_reference
from data.intake.store import keep_originals
from data.intake.workbook import write_accepted, write_findings
from data.units import read_units
from data.vector import read_vector
from geo.crs import WGS84, metric_crs
from geo.progress import Progress, silent
from geo.text import text
from locales import DEFAULT_LANGUAGE, translator

FORMAT = 1


@dataclass(frozen=True)
class ListFiles:
    """Lists to check, `datum` as on the command line, and what is known of the area: units, and a
    reference layer in true coordinates (buildings, named places or units of the same names)."""

    paths: Sequence[Path]
    datum: str = AUTO
    units: Path | None = None
    reference: Path | None = None


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
    lists: ListFiles, *, out: Path, progress: Progress = silent, language: str = DEFAULT_LANGUAGE
) -> CheckReport:
    """Read the lists and write the folder `out`.

    InputError or SettingError for what cannot be used at all.
    """
    progress(0.0, text("Reading units and reference layers"))
    units, remarks = _units(lists.units, lists.reference)
    reference = read_reference(lists.reference) if lists.reference else None
    progress(0.2, text("Reading the lists"))
    intake = read_facilities(lists.paths, datum=lists.datum, units=units, reference=reference)
    intake = replace(intake, findings=(*remarks, *intake.findings))
    progress(0.8, text("Writing the findings"))
    out.mkdir(parents=True, exist_ok=True)
    write_accepted(intake, out / "accepted.csv")
    write_findings(intake, out / "findings.xlsx", translator(language))
    keep_originals(lists.paths, out)
    progress(1.0, text("Done"))
    return CheckReport(intake, out, language)


def _units(path: Path | None, reference_path: Path | None) -> tuple[UnitTable | None, tuple[Finding, ...]]:
    """The units, unless the reference layer shows that they are shifted; then a finding says so."""
    if path is None:
        return None, ()
    read = read_units(path, crs=_metric_crs_of(path))
    if reference_path is not None:
        shifted = shifted_layer(layer_datum(read.table.frame, read_vector(reference_path)))
        if shifted is not None:
            wrong = Finding(path.name, "", 0, "", ERROR, "shifted-layer", shifted)
            return None, (*read.findings, wrong)
    return read.table, read.findings


def _metric_crs_of(path: Path) -> str:
    frame = read_vector(path)
    west, south, east, north = (frame if frame.crs is None else frame.to_crs(WGS84)).total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)
