"""Files as they lie on disk: packed ones are unpacked, within limits and under names of our own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from core.errors import InputError
from data.formats.archive import TAR_END, files_in, files_in_tar, is_tar, is_whole_tar

MOST_BYTES: Final = 4_000_000_000
_MOST_MEMBERS: Final = 5_000
# An archive, one in it, and one in that.
_DEEPEST: Final = 3
_CHUNK: Final = 1 << 20
_MOST_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 32 << 20
_LOOKED_AT_BYTES: Final = 96 << 20
_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
)
_HEAD: Final = 4096
_ZIP, _GZIP, _BZIP, _TAR = "zip", "gz", "bz2", "tar"
# What may be an archive within an archive; a workbook is a zip too.
_ENDINGS: Final = (".zip", ".kmz", ".tar", ".gz", ".tgz", ".bz2", ".tbz2")


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
    """The files of an archive (.zip, .kmz, .tar, .gz, .bz2, also one in the other), or the file itself; gone
    when the block ends.

    Folders and what systems add on their own (`__MACOSX`, hidden files) are left out; a zipped File
    Geodatabase is one piece. InputError for a missing, broken, protected, too large or too deep file.
    """
    if not _archive_kind(first_bytes(path)):
        yield (Piece(path, path.name),)
        return
    with tempfile.TemporaryDirectory(prefix="unpacked", ignore_cleanup_errors=True) as folder:
        try:
            pieces = _Unpacking(path.name).files_of(Piece(path, path.name), Path(folder), 1)
        except _BROKEN as error:
            raise damaged(path.name) from error
        yield tuple(pieces)


def has_archives(names: Iterator[str]) -> bool:
    """Whether one of the files of an archive is called as an archive is."""
    return any(name.lower().endswith(_ENDINGS) for name in names)


def _archive_kind(start: bytes) -> str:
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _ZIP
    if start.startswith(b"\x1f\x8b"):
        return _GZIP
    if start.startswith(b"BZh"):
        return _BZIP
    return _TAR if is_tar(start) else ""


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


class _Unpacking:
    """One file being unpacked: all archives in it share the limits, and errors name the file given."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.left_bytes = MOST_BYTES
        self.left_files = _MOST_MEMBERS

    def files_of(self, packed: Piece, folder: Path, depth: int) -> list[Piece]:
        """What an archive holds, and in place of archives among it what these hold."""
        if depth > _DEEPEST:
            raise InputError(
                "{file}: archives lie in archives more than {most} deep; they are not opened. Pack the files "
                "themselves.",
                file=self.file,
                most=_DEEPEST,
            )
        kind = _archive_kind(first_bytes(packed.path))
        folder.mkdir(exist_ok=True)
        if kind in (_GZIP, _BZIP):
            pieces = self._of_stream(packed, folder, bz2.open if kind == _BZIP else gzip.open)
        else:
            pieces = self._of_zip(packed, folder) if kind == _ZIP else self._of_tar(packed, folder)
        found: list[Piece] = []
        for number, piece in enumerate(pieces):
            inner = _archive_kind(first_bytes(piece.path)) if piece.suffix in _ENDINGS else ""
            if not inner:
                found.append(piece)
                continue
            inside = self.files_of(piece, folder / f"in{number}", depth + (kind not in (_GZIP, _BZIP)))
            # One that was only packed keeps its name; files of an archive stand in a folder of its name.
            home = "" if kind in (_GZIP, _BZIP) or inner in (_GZIP, _BZIP) else f"{piece.stem}/"
            found += [Piece(one.path, f"{home}{one.name}") for one in inside]
            piece.path.unlink()
        return found

    def _of_stream(self, packed: Piece, folder: Path, opener: Any) -> list[Piece]:
        """The one file in a .gz or .bz2, under the name without that ending."""
        require_modest_stream(packed.path, self.file)
        ending = packed.suffix
        name = f"{packed.stem}.tar" if ending in (".tgz", ".tbz2") else packed.name
        name = packed.stem if ending in (".gz", ".bz2") else name
        target = folder / f"0{PurePosixPath(name).suffix.lower()}"
        with opener(packed.path) as source:
            self._copied(source, target)
        if _archive_kind(first_bytes(target)) == _TAR and not name.lower().endswith(".tar"):
            name += ".tar"
        return [Piece(target, name)]

    def _of_zip(self, packed: Piece, folder: Path) -> list[Piece]:
        with zipfile.ZipFile(packed.path) as archive:
            members = list(files_in(archive))
            self._require_room(len(members), sum(member.file_size for _, member in members))
            for _, member in members:
                require_modest(member.compress_size, member.file_size, self.file)
            if any(member.flag_bits & 1 for _, member in members):
                raise InputError(
                    "{file}: the zip is protected by a password. Send it without one.", file=self.file
                )
            places = _Places(folder)
            for name, member in members:
                with archive.open(member) as source:
                    self._copied(source, places.of(name), most=member.file_size)
        return list(places.pieces.values())

    def _of_tar(self, packed: Piece, folder: Path) -> list[Piece]:
        with packed.path.open("rb") as raw:
            raw.seek(-TAR_END, os.SEEK_END)
            if not is_whole_tar(raw.read()):
                raise damaged(self.file)
        with tarfile.open(packed.path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            places = _Places(folder)
            for name, member in files_in_tar(archive):
                self._require_room(1, member.size)
                source = archive.extractfile(member)
                if source is not None:
                    self._copied(source, places.of(name), most=member.size)
        return list(places.pieces.values())

    def _require_room(self, files: int, size_bytes: int) -> None:
        self.left_files -= files
        if self.left_files < 0:
            raise InputError(
                "{file}: the archive holds more than {count:,} files, more than are read. Send only those "
                "that are needed.",
                file=self.file,
                count=_MOST_MEMBERS,
            )
        if size_bytes > self.left_bytes:
            raise _too_large(self.file)

    def _copied(self, source: IO[bytes], target: Path, most: int = MOST_BYTES) -> None:
        written = 0
        with target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                self.left_bytes -= len(chunk)
                if written > most or self.left_bytes < 0:
                    raise _too_large(self.file)
                out.write(chunk)


class _Places:
    """Where the files of one archive are put: under numbers, parts of one shapefile under one number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pieces: dict[str, Piece] = {}
        self._numbers: dict[str, str] = {}

    def of(self, name: str) -> Path:
        """The place to write a file to, which stands among the pieces from now on."""
        place = PurePosixPath(name.replace("\\", "/"))
        home = _folder_format(place)
        stem = str(home or place.with_suffix(""))
        number = self._numbers.setdefault(stem, str(len(self._numbers)))
        target = self.folder / f"{number}{(home or place).suffix.lower()}"
        self.pieces.setdefault(str(home or place), Piece(target, str(home or place)))
        if home is None:
            return target
        target.mkdir(exist_ok=True)
        return target / place.name


def _folder_format(place: PurePosixPath) -> PurePosixPath | None:
    """The folder that is one file to its program: x.gdb, or that of an ESRI grid (.adf)."""
    if place.suffix.lower() == ".adf":
        return place.parent
    return next((parent for parent in place.parents if parent.suffix.lower() == ".gdb"), None)


def require_modest(packed_bytes: int, unpacked_bytes: int, file: str) -> None:
    """InputError where so much comes out of so little: maps pack to a tenth, bombs to a thousandth."""
    if unpacked_bytes > _RATIO_FROM_BYTES and unpacked_bytes > _MOST_RATIO * packed_bytes:
        raise InputError(
            "{file}: it is packed far more tightly than any map or table is; it was not opened.", file=file
        )


def require_modest_stream(path: Path, file: str) -> None:
    """The same for a .gz or .bz2, by what its last bytes declare (.gz) and what its beginning unpacks to."""
    size = path.stat().st_size
    bzip = first_bytes(path, 3) == b"BZh"
    unpacked = 0
    try:
        with path.open("rb") as raw:
            if not bzip:
                raw.seek(max(size - 4, 0))
                require_modest(size, int.from_bytes(raw.read(4), "little"), file)
                raw.seek(0)
            with (bz2.open if bzip else gzip.open)(raw) as packed:
                while unpacked < _LOOKED_AT_BYTES and (chunk := packed.read(_CHUNK)):
                    unpacked += len(chunk)
                    # The decompressor reads ahead a little; that is nothing beside a bomb.
                    require_modest(max(raw.tell(), 1), unpacked, file)
    except _BROKEN as error:
        raise damaged(file) from error


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
