"""What an office confirmed about its columns is remembered for its next upload."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from core.errors import InputError, SettingError
from data.files import write_json
from data.intake.columns import KEPT_FIELDS, PERSONAL, SERIAL


def recall(folder: Path, office: str) -> dict[str, str]:
    """The confirmed mapping of an office, joined title → field ("" to leave out); {} if there is none."""
    path = _path(folder, office)
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "The remembered columns of {office} are damaged; confirm them anew.", office=office
        ) from error
    return {str(title): str(field) for title, field in kept.items()}


def remember(folder: Path, office: str, mapping: Mapping[str, str]) -> None:
    """Add to what is remembered of an office; a later word replaces an earlier one."""
    known = (*KEPT_FIELDS, PERSONAL, SERIAL, "")
    wrong = next((field for field in mapping.values() if field not in known), None)
    if wrong is not None:
        raise SettingError("“{field}” is not a field of a facility list.", field=wrong)
    write_json(_path(folder, office), {"office": office, "columns": {**recall(folder, office), **mapping}})


def _path(folder: Path, office: str) -> Path:
    return folder / f"columns-{hashlib.sha256(office.strip().encode()).hexdigest()[:16]}.json"
