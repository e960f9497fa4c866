"""Files → raw sheets, parsed in a child process with limits on memory and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import printable, text
from data.files import sha256_of
from data.formats.limits import Limits
from data.formats.raw import RawFile
from data.formats.sheets.parse import SHAPEFILE_PARTS, read_one
from data.guard import Budget, ReaderError, in_child


def read_files(
    paths: Sequence[Path], limits: Limits | None = None, *, progress: Progress = silent
) -> tuple[RawFile, ...]:
    """One RawFile a path, in their order; a file that cannot be used carries its problem.

    When a file ends the child process that parses it, another goes on with the next. `progress` is told
    while a file is being parsed, too: if it raises, the child is ended.
    InputError if a path does not exist or is a folder.
    """
    limits = limits or Limits()
    files = [Path(path) for path in paths]
    digests = [_digest(path) for path in files]
    done: list[RawFile] = []
    for number, path in enumerate(files):
        told = part(progress, number / len(files), (number + 1) / len(files))
        name = printable(path.name)
        megabytes = path.stat().st_size / (1 << 20)
        budget = replace(Budget.of(path.stat().st_size), quiet_s=limits.seconds * (1 + megabytes / 10))
        try:
            done.append(in_child(read_one, (path.resolve(), name, limits), budget=budget, progress=told))
        except ReaderError as error:
            done.append(RawFile(name, "", "", problem=error.message))
    named = [replace(file, sha256=digest) for file, digest in zip(done, digests, strict=True)]
    return tuple(_part_of_another(file, path, files) for file, path in zip(named, files, strict=True))


def _part_of_another(file: RawFile, path: Path, files: Sequence[Path]) -> RawFile:
    """The .dbf and the other parts of a shapefile among the files are read with their .shp."""
    if path.suffix.lower() not in SHAPEFILE_PARTS:
        return file
    shape = next((p for p in files if p.suffix.lower() == ".shp" and p.stem == path.stem), None)
    if shape is not None:
        return replace(
            file, problem=None, notes=(text("The file was read together with {shape}.", shape=shape.name),)
        )
    if path.suffix.lower() == ".cpg" or file.problem is None:
        return file
    return file.refused(text("The file is one part of a shapefile. Send all its parts, best as one .zip."))


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error
