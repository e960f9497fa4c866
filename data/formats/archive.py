"""Archives: judged before they are unpacked, and never unpacked to the paths they name."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any, Final

from core.text import text
from data.formats.limits import Limits
from data.formats.raw import UnreadableError

# A sheet of empty rows packs at best about 1:200; bombs begin at 1:1,000.
_MOST_RATIO: Final = 400
_RATIO_FROM_BYTES: Final = 4 << 20
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


def open_archive(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip, if what it unpacks to is within the limits; UnreadableError otherwise."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _BROKEN as error:
        raise _damaged() from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits.members or unpacked > limits.unpacked_bytes:
        raise UnreadableError(
            text(
                "Unpacked, the file would hold {count} parts of {megabytes} MB in all; "
                "at most {most} MB are read.",
                count=len(members),
                megabytes=unpacked >> 20,
                most=limits.unpacked_bytes >> 20,
            )
        )
    for member in members:
        if member.file_size > _RATIO_FROM_BYTES and member.file_size > _MOST_RATIO * max(
            member.compress_size, 1
        ):
            raise UnreadableError(
                text(
                    "The part {name} is packed far more tightly than any list is; it was not opened.",
                    name=member_name(member),
                )
            )
        if member.flag_bits & 1:
            raise UnreadableError(text("The zip is protected by a password. Send it without one."))
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member's bytes, never more than it declares; UnreadableError if it is broken."""
    try:
        with archive.open(member) as packed:
            content = packed.read(member.file_size + 1)
    except _BROKEN as error:
        raise _damaged() from error
    if len(content) > member.file_size:
        raise _damaged()
    return content


def member_name(member: zipfile.ZipInfo) -> str:
    """The name as meant: Chinese Windows writes GB18030 without saying so, which zipfile reads as cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def files_in(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The files of an archive in its order, without folders and what systems add on their own."""
    for member in archive.infolist():
        name = member_name(member)
        if not (member.is_dir() or is_of_a_system(name)):
            yield name, member


def is_of_a_system(name: str) -> bool:
    """Whether a file of an archive was put there by the system that packed it."""
    path = PurePosixPath(name.replace("\\", "/"))
    return "__MACOSX" in path.parts or path.name.startswith(".")


def files_in_tar(archive: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """The same of a tar, plain files alone: links and devices point elsewhere, holes unpack to more than is
    there."""
    for member in archive:
        name = _meant(member.name)
        if member.isreg() and not member.issparse() and not is_of_a_system(name):
            yield name, member


def unpacked_stream(content: bytes, limits: Limits) -> bytes:
    """What a .gz or .bz2 holds, and a tar (packed or not) as a zip of its plain files; any other content as
    it is. UnreadableError for a broken one and for one that exceeds the limits."""
    opener = next((one for mark, one in _STREAMS.items() if content.startswith(mark)), None)
    try:
        if opener is not None:
            with opener(io.BytesIO(content)) as packed:
                unpacked: bytes = packed.read(limits.unpacked_bytes + 1)
            if len(unpacked) > max(_RATIO_FROM_BYTES, _MOST_RATIO * len(content)):
                raise UnreadableError(
                    text("The file is packed far more tightly than any list is; it was not opened.")
                )
            if len(unpacked) > limits.unpacked_bytes:
                raise UnreadableError(
                    text(
                        "Unpacked, the file would hold more than {most} MB; it was not opened.",
                        most=limits.unpacked_bytes >> 20,
                    )
                )
            content = unpacked
        if not is_tar(content):
            return content
        if not is_whole_tar(content[-TAR_END:]):
            raise EOFError
        files = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar,
            zipfile.ZipFile(files, "w") as archive,
        ):
            for name, member in files_in_tar(tar):
                if (file := tar.extractfile(member)) is not None:
                    archive.writestr(name, file.read())
    except (*_BROKEN, tarfile.TarError) as error:
        raise UnreadableError(text("The file is a damaged or incomplete archive. Pack it anew.")) from error
    return files.getvalue()


_STREAMS: Final[Mapping[bytes, Callable[[IO[bytes]], Any]]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open}


# How much of a tar's end says whether it is whole.
TAR_END: Final = 512


def is_tar(start: bytes) -> bool:
    return start[257:262] == b"ustar"


def is_whole_tar(end: bytes) -> bool:
    """A tar ends with empty blocks; without them it was cut off."""
    return not end.strip(b"\0")


def _meant(name: str) -> str:
    """A name in a tar as it is meant: UTF-8, else as Chinese Windows writes it."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


_CELL: Final = re.compile(rb"""<c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")


def used_rectangle(content: bytes) -> tuple[int, int]:
    """The last row and column that a worksheet's XML gives a cell, both from 1; (0, 0) if it names none.

    Some readers allocate the whole rectangle between the first cell and the last.
    """
    last_row = last_column = 0
    columns: set[bytes] = set()
    for found in _CELL.finditer(content):
        columns.add(found[1])
        last_row = max(last_row, int(found[2]))
    for letters in columns:
        number = 0
        for letter in letters.upper():
            number = number * 26 + letter - 64
        last_column = max(last_column, number)
    return last_row, last_column


def _damaged() -> UnreadableError:
    return UnreadableError(text("The file is a damaged or incomplete zip. Pack it anew and send it again."))
