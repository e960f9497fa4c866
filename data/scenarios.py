"""Scenarios as JSON text, and kept by name in a folder with their author and time; none replaces another
unless that is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, SettingError
from core.text import listed, printable
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Edit,
    Grow,
    Move,
    Open,
    Scenario,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from data.files import file_name, write_bytes
from data.parse_standard import parse_standard

FORMAT: Final = 1
MAX_BYTES: Final = 5_000_000
_LONGEST: Final = 1_000
_LONGEST_NAME: Final = 200
# More than any place in metres, any figure or any number of people.
_GREATEST: Final = 1e10
_LONGEST_KEPT: Final = 80
_KINDS: Final[Mapping[str, type[Edit]]] = {
    "open": Open,
    "close": Close,
    "move": Move,
    "street": AddStreet,
    "barrier": AddBarrier,
    "figure": SetFigure,
    "speed": SetSpeed,
    "standard": UseStandard,
    "grow": Grow,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class Kept:
    """Of a scenario kept in a folder: its name, who stored it ("" if nobody said), when, and how many edits.

    `stored` is a time in UTC to the second; of a file that does not say, that of the file.
    """

    name: str
    author: str
    stored: datetime
    edits: int


def scenario_to_json(scenario: Scenario, *, author: str = "", stored: str = "") -> str:
    """The scenario as text; numbers come back exactly as they were. `stored` is a time as ISO 8601."""
    edits = [
        {
            "do": _NAMES[type(edit)],
            **({"toml": edit.standard.toml} if isinstance(edit, UseStandard) else asdict(edit)),
        }
        for edit in scenario.edits
    ]
    document = {"format": FORMAT, "name": scenario.name, "crs": scenario.crs, "edits": edits}
    document |= {key: said for key, said in (("author", author), ("stored", stored)) if said}
    return json.dumps(document, ensure_ascii=False, indent=1)


def scenario_from_json(content: str, *, source: str = "scenario") -> Scenario:
    """What `scenario_to_json` wrote. InputError names the edit that cannot be understood."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("{file}: this is not a stored scenario.", file=source) from error
    if not isinstance(document, dict) or not isinstance(document.get("edits"), list):
        raise InputError("{file}: this is not a stored scenario.", file=source)
    if document.get("format") != FORMAT:
        raise InputError(
            "{file}: a stored scenario of format {format}; this version of the program reads format {ours}.",
            file=source,
            format=str(document.get("format"))[:40],
            ours=FORMAT,
        )
    name = printable(str(document.get("name", "")))
    if len(name) > _LONGEST_NAME:
        raise InputError(
            "{file}: the scenario's name has more than {most} characters.", file=source, most=_LONGEST_NAME
        )
    edits = [_edit(row, number, source) for number, row in enumerate(document["edits"], 1)]
    return Scenario(name, str(document.get("crs", "")), tuple(edits))


def require_small(path: Path) -> None:
    """InputError for a file that is larger than any scenario."""
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            "{file}: a scenario may have up to {most:,.0f} MB.", file=path.name, most=MAX_BYTES / 1e6
        )


def save_scenario(folder: Path, scenario: Scenario, *, author: str = "", replacing: bool = False) -> Path:
    """Keep a scenario under its name. SettingError if another one has it, unless it is to be replaced."""
    path = folder / f"{_checked(scenario.name)}.json"
    if path.is_file() and not replacing and not _is_same(path, scenario):
        raise _taken(scenario.name)
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_bytes(path, scenario_to_json(scenario, author=author, stored=now).encode("utf-8"))
    return path


def rename_scenario(folder: Path, name: str, new: str) -> None:
    """Another name for a kept scenario. SettingError if there is none, or the new name is taken or none."""
    kept, path = open_scenario(folder, name), folder / f"{_checked(new)}.json"
    if path.is_file() and new != name:
        raise _taken(new)
    document = _document(folder / f"{name}.json")
    author, stored = (str(document.get(key, "")) for key in ("author", "stored"))
    renamed = scenario_to_json(replace(kept, name=new), author=author, stored=stored)
    write_bytes(path, renamed.encode("utf-8"))
    if new != name:
        (folder / f"{name}.json").unlink()


def delete_scenario(folder: Path, name: str) -> None:
    """Delete a kept scenario; nothing if there is none."""
    (folder / f"{_checked(name)}.json").unlink(missing_ok=True)


def kept_scenarios(folder: Path) -> tuple[Kept, ...]:
    """The scenarios kept in a folder, by name; what cannot be read is left out."""
    return tuple(kept for path in sorted(folder.glob("*.json")) if (kept := _kept(path)) is not None)


def _kept(path: Path) -> Kept | None:
    document = _document(path)
    if document.get("format") != FORMAT:
        return None
    try:
        stored = datetime.fromisoformat(str(document.get("stored", "")))
    except ValueError:
        stored = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    edits = document.get("edits")
    return Kept(
        path.stem, str(document.get("author", "")), stored, len(edits) if isinstance(edits, list) else 0
    )


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8")) if path.stat().st_size <= MAX_BYTES else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_same(path: Path, scenario: Scenario) -> bool:
    try:
        return scenario_from_json(path.read_text("utf-8"), source=path.name) == scenario
    except InputError:
        return False


def _taken(name: str) -> SettingError:
    return SettingError("There is a scenario “{name}” already; choose another name.", name=name)


def open_scenario(folder: Path, name: str) -> Scenario:
    """A scenario kept under a name. SettingError if there is none."""
    path = folder / f"{_checked(name)}.json"
    if not path.is_file():
        raise SettingError("There is no scenario “{name}”.", name=name)
    require_small(path)
    return scenario_from_json(path.read_text("utf-8"), source=path.name)


def scenario_names(folder: Path) -> tuple[str, ...]:
    """The names of the scenarios kept in a folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def _checked(name: str) -> str:
    usable = file_name(name, ending=".json").removesuffix(".json")[:_LONGEST_KEPT]
    if usable != name:
        raise SettingError(
            "“{name}” cannot be the name of a scenario; “{usable}” can.", name=name, usable=usable
        )
    return name


def _edit(row: object, number: int, source: str) -> Edit:
    kind = _KINDS.get(str(row.get("do"))) if isinstance(row, dict) else None
    if not isinstance(row, dict) or kind is None:
        raise InputError(
            "{file}: change {number} cannot be understood; its “do” is one of {kinds}.",
            file=source, number=number, kinds=listed(_KINDS),
        )  # fmt: skip
    values = {key: _value(value) for key, value in row.items() if key != "do"}
    if kind is UseStandard:
        if values.keys() != {"toml"} or not isinstance(values["toml"], str):
            raise _misread(number, source, kind)
        return UseStandard(parse_standard(values["toml"], source=source))
    try:
        edit = kind(**values)
    except TypeError as error:
        raise _misread(number, source, kind) from error
    if not _well_typed(edit):
        raise _misread(number, source, kind)
    return edit


def _misread(number: int, source: str, kind: type[Edit]) -> InputError:
    return InputError(
        "{file}: change {number} cannot be understood; with “do”: “{do}” it may have: {keys}.",
        file=source, number=number, do=_NAMES[kind],
        keys=listed("toml" if kind is UseStandard else field.name for field in fields(kind)),
    )  # fmt: skip


def _value(value: Any) -> Any:
    """Lists as tuples, whole numbers as numbers, and texts that show all that they hold."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _GREATEST:
        return float(value)
    return tuple(map(_value, value)) if isinstance(value, list) else value


def _well_typed(edit: Edit) -> bool:
    """Texts are texts of a modest length and numbers finite ones; ranges are checked where they apply."""
    for name, value in asdict(edit).items():
        if name in ("facility_id", "name", "tier", "rule_id", "unit_id"):
            good = isinstance(value, str) and len(value) <= _LONGEST
        elif name in ("line", "band"):
            good = value is None or _numbers(value, 2 if name == "line" else 1)
        else:
            good = (value is None and name in ("places", "figure")) or _number(value)
        if not good:
            return False
    return True


def _numbers(value: Any, depth: int) -> bool:
    if not isinstance(value, tuple):
        return False
    if depth > 1:
        return all(_numbers(part, depth - 1) for part in value)
    return len(value) == 2 and all(map(_number, value))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _GREATEST
