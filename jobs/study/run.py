"""A run as plain JSON, and back: the verb, what was asked with every default, and each file by its contents.

A file is `{"file": name, "sha256": …, "bytes": …}`, without the folder it lay in: a result is passed on.
Of a shapefile `beside` has the fingerprints of what belongs to it, since a .dbf can change alone; of an
accepted list that of what its check handed over.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from core.errors import InputError
from core.text import printable
from data.files import digest, read_with
from data.handed_over import beside as further
from data.handed_over import handed_over
from data.standards import preset_ids
from jobs.study.cases import StudyFiles

_FILE: Final = {"file", "sha256"}


def run_of(verb: str, language: str, **asked: object) -> dict[str, Any]:
    """The run to be kept in provenance.json under "run"."""
    return {"verb": verb, "language": language, **{name: plain(value) for name, value in asked.items()}}


def plain(value: object) -> Any:
    """JSON values; dataclasses as objects of all their fields, files by their contents."""
    if isinstance(value, Path):
        return _file(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, StudyFiles) and value.standard not in preset_ids():
            said["standard"] = _file(Path(value.standard))
        return said
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def files_in(said: Any) -> Iterator[Mapping[str, Any]]:
    """Every file of a run, as it was kept."""
    if isinstance(said, Mapping):
        if said.keys() >= _FILE:
            yield said
        else:
            for one in said.values():
                yield from files_in(one)
    elif isinstance(said, list):
        for one in said:
            yield from files_in(one)


def restored(hint: Any, said: Any, find: Callable[[Mapping[str, Any]], Path]) -> Any:
    """The value of type `hint` that `plain` made `said` of, with files where `find` has them.

    InputError where the type has no such field: another version of the program wrote it.
    """
    if isinstance(said, Mapping) and said.keys() >= _FILE:
        path = find(said)
        return str(path) if hint is str else path
    if get_origin(hint) in (Union, types.UnionType):
        whole = (one for one in get_args(hint) if is_dataclass(one) or get_origin(one) is tuple)
        hint = next(whole, hint) if isinstance(said, Mapping | list) else hint
    if is_dataclass(hint) and isinstance(said, Mapping):
        hints = get_type_hints(hint)
        unknown = said.keys() - hints.keys()
        if unknown:
            raise InputError(
                "provenance.json asks for “{name}”, which this version of the program does not know.",
                name=min(unknown),
            )
        return hint(**{name: restored(hints[name], value, find) for name, value in said.items()})  # type: ignore[operator]
    if isinstance(said, list):
        kinds = get_args(hint) or (Any, ...)
        each = [kinds[0]] * len(said) if kinds[1:] == (...,) else list(kinds)
        return tuple(restored(kind, one, find) for kind, one in zip(each, said, strict=True))
    return said


def _file(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = {"file": printable(path.name), "sha256": digest(path)}
    if path.is_file():
        said["bytes"] = path.stat().st_size
    beside = [*read_with(path), *([further(path)] if handed_over(path) is not None else [])]
    if beside:
        said["beside"] = {one.name[len(path.stem) :]: digest(one) for one in beside}
    return said
