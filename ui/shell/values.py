"""Choices as plain JSON and back: frozen dataclasses of ours, paths, tuples and mappings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from core.errors import InputError

# Only classes of these rooms are made from a file.
_ROOMS: Final = ("coverage", "data", "jobs", "ui")


def to_plain(value: Any) -> Any:
    """A value as JSON can write it; TypeError for what is none of ours.

    >>> to_plain((Path("a.csv"), 1.5))
    {'tuple': [{'path': 'a.csv'}, 1.5]}
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Path):
        return {"path": value.as_posix()}
    if isinstance(value, tuple):
        return {"tuple": [to_plain(part) for part in value]}
    if isinstance(value, list):
        return [to_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {"map": [[to_plain(key), to_plain(part)] for key, part in value.items()]}
    if is_dataclass(value):
        kind = type(value)
        made = {one.name: to_plain(getattr(value, one.name)) for one in fields(value) if one.init}
        return {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": made}
    raise TypeError(type(value).__name__)


def from_plain(plain: Any) -> Any:
    """What `to_plain` wrote. InputError where a file is gone or a class is not as it was."""
    if isinstance(plain, list):
        return [from_plain(part) for part in plain]
    if not isinstance(plain, dict):
        return plain
    if "path" in plain:
        path = Path(plain["path"])
        if not path.exists():
            raise InputError("The file {file} is no longer there.", file=path.name)
        return path
    if "tuple" in plain:
        return tuple(from_plain(part) for part in plain["tuple"])
    if "map" in plain:
        return {from_plain(key): from_plain(part) for key, part in plain["map"]}
    kind = _class(str(plain.get("class")))
    known = {one.name for one in fields(kind) if one.init}
    given = {name: from_plain(part) for name, part in plain["fields"].items() if name in known}
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError("What was chosen was written by another version.") from error


def merged(before: Any, mine: Any, theirs: Any) -> Any:
    """Of two that began as `before` what either changed; where both changed the same, mine.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3, "c": 4})
    {'a': 2, 'b': 3, 'c': 4}
    """
    if mine == before:
        return theirs
    if theirs == before or not (isinstance(mine, dict) and isinstance(theirs, dict)):
        return mine
    if mine.keys() == theirs.keys() == {"map"}:
        pairs = [{json.dumps(key): part for key, part in one["map"]} for one in (mine, theirs)]
        first = before.get("map", ()) if isinstance(before, dict) else ()
        both = merged({json.dumps(key): part for key, part in first}, *pairs)
        return {"map": [[json.loads(key), part] for key, part in both.items()]}
    old = before if isinstance(before, dict) else {}
    return {
        key: merged(old.get(key), mine[key], theirs[key])
        if key in mine and key in theirs
        else (mine if key in mine else theirs)[key]
        for key in (*mine, *(key for key in theirs if key not in mine))
    }


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if module.split(".")[0] not in _ROOMS:
        raise InputError("What was chosen was written by another version.")
    try:
        found = getattr(import_module(module), qualified)
    except (ImportError, AttributeError) as error:
        raise InputError("What was chosen was written by another version.") from error
    if not (isinstance(found, type) and is_dataclass(found)):
        raise InputError("What was chosen was written by another version.")
    return found
