"""Files as they lie on disk: packed ones are unpacked, within limits and under names of our own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from core.errors import InputError
from data.formats.archive import files_in

MOST_BYTES: Final = 4_000_000_000
_MOST_MEMBERS: Final = 5_000
_CHUNK: Final = 1 << 20
_MOST_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 32 << 20
_LOOKED_AT_BYTES: Final = 96 << 20
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
)
_HEAD: Final = 4096


@dataclass(frozen=True)
class Piece:
    """A file to open: where it lies now, and the name by which a reader knows it ("乡镇/街道.shp")."""

    path: Path
    name: str

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        return str(PurePosixPath(self.name).with_suffix(""))


@contextmanager
def pieces_of(path: Path) -> Iterator[tuple[Piece, ...]]:
    """The files of an archive (.zip, .kmz, .gz, .bz2), or the file itself; gone when the block ends.

    Folders and what systems add on their own (`__MACOSX`, hidden files) are left out; a zipped File
    Geodatabase is one piece. InputError for a missing, broken, protected or too large file.
    """
    start = first_bytes(path)
    if not start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh")):
        yield (Piece(path, path.name),)
        return
    with tempfile.TemporaryDirectory(prefix="unpacked", ignore_cleanup_errors=True) as folder:
        try:
            if start.startswith(b"PK"):
                pieces = _unzipped(path, Path(folder))
            else:
                # The one file in a .gz or .bz2, under the name without that ending.
                require_modest_stream(path)
                opener = bz2.open if start.startswith(b"BZh") else gzip.open
                name = path.stem if path.suffix.lower() in (".gz", ".bz2") else path.name
                target = Path(folder) / f"0{PurePosixPath(name).suffix.lower()}"
                with opener(path) as packed, target.open("wb") as out:
                    _copied(packed, out, path.name, MOST_BYTES)  # type: ignore[arg-type]
                pieces = (Piece(target, name),)
        except _BROKEN as error:
            raise damaged(path.name) from error
        yield pieces


def first_bytes(path: Path, count: int = _HEAD) -> bytes:
    """The first bytes; b"" for a folder. InputError if it cannot be opened."""
    if path.is_dir():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error


def damaged(file: str) -> InputError:
    return InputError("{file}: the file is damaged or not what its name says.", file=file)


def _unzipped(path: Path, folder: Path) -> tuple[Piece, ...]:
    with zipfile.ZipFile(path) as archive:
        members = list(files_in(archive))
        if len(members) > _MOST_MEMBERS:
            raise InputError(
                "{file}: the archive holds {count:,} files, more than are read. Send only those needed.",
                file=path.name,
                count=len(members),
            )
        if sum(member.file_size for _, member in members) > MOST_BYTES:
            raise _too_large(path.name)
        for _, member in members:
            require_modest(member.compress_size, member.file_size, path.name)
        if any(member.flag_bits & 1 for _, member in members):
            raise InputError(
                "{file}: the zip is protected by a password. Send it without one.", file=path.name
            )
        targets: dict[str, str] = {}
        pieces: dict[str, Piece] = {}
        for name, member in members:
            place = PurePosixPath(name.replace("\\", "/"))
            home = _folder_format(place)
            stem = str(home or place.with_suffix(""))
            number = targets.setdefault(stem, str(len(targets)))
            if home is None:
                target = folder / f"{number}{place.suffix.lower()}"
            else:
                inside = folder / f"{number}{home.suffix.lower()}"
                inside.mkdir(exist_ok=True)
                target = inside / place.name
            with archive.open(member) as packed, target.open("wb") as out:
                _copied(packed, out, path.name, member.file_size)
            pieces.setdefault(
                str(home or place), Piece(target.parent if home is not None else target, str(home or place))
            )
    return tuple(pieces.values())


def _folder_format(place: PurePosixPath) -> PurePosixPath | None:
    """The folder that is one file to its program: x.gdb, or that of an ESRI grid (.adf)."""
    if place.suffix.lower() == ".adf":
        return place.parent
    return next((parent for parent in place.parents if parent.suffix.lower() == ".gdb"), None)


def _copied(packed: IO[bytes], out: IO[bytes], file: str, most: int) -> None:
    written = 0
    while chunk := packed.read(_CHUNK):
        written += len(chunk)
        if written > most:
            raise _too_large(file)
        out.write(chunk)


def require_modest(packed_bytes: int, unpacked_bytes: int, file: str) -> None:
    """InputError where so much comes out of so little: maps pack to a tenth, bombs to a thousandth."""
    if unpacked_bytes > _RATIO_FROM_BYTES and unpacked_bytes > _MOST_RATIO * packed_bytes:
        raise InputError(
            "{file}: it is packed far more tightly than any map or table is; it was not opened.", file=file
        )


def require_modest_stream(path: Path) -> None:
    """The same for a .gz or .bz2, by what its last bytes declare (.gz) and what its beginning unpacks to."""
    size = path.stat().st_size
    bzip = first_bytes(path, 3) == b"BZh"
    unpacked = 0
    try:
        if not bzip:
            with path.open("rb") as file:
                file.seek(max(size - 4, 0))
                require_modest(size, int.from_bytes(file.read(4), "little"), path.name)
        with path.open("rb") as raw, (bz2.open if bzip else gzip.open)(raw) as packed:
            while unpacked < _LOOKED_AT_BYTES and (chunk := packed.read(_CHUNK)):
                unpacked += len(chunk)
                # The decompressor reads ahead a little; that is nothing beside a bomb.
                require_modest(max(raw.tell(), 1), unpacked, path.name)
    except _BROKEN as error:
        raise damaged(path.name) from error


def _too_large(file: str) -> InputError:
    return InputError("{file}: unpacked this is larger than 4 GB; please send less.", file=file)


def linked(pieces: list[Path], folder: Path, stem: str) -> None:
    """The files beside each other under one stem, as links where the system has them, else as copies."""
    for path in pieces:
        target = folder / f"{stem}{path.suffix.lower()}"
        try:
            target.symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, target)
