"""Files → raw sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from data.formats.limits import Limits
from data.formats.parse import parse
from data.formats.raw import RawFile
from geo.errors import InputError


def read_files(paths: Sequence[Path], limits: Limits | None = None) -> tuple[RawFile, ...]:
    """One RawFile a path, in their order; a file that cannot be used carries its problem.

    InputError if a path does not exist or is a folder.
    """
    return tuple(_read(Path(path), limits or Limits()) for path in paths)


def _read(path: Path, limits: Limits) -> RawFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("The file {file} cannot be opened.", file=path.name) from error
    return parse(path.name, content, hashlib.sha256(content).hexdigest(), limits)
