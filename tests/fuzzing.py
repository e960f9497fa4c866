"""Spoilt files for every reader: a small real one of each kind, changed here and there.

    python -m tests.fuzzing                     every reader for ten minutes
    python -m tests.fuzzing --minutes 60 --only csv osm

`spoilt` changes a file of `tests.fuzz_readers`. Whatever a reader makes of it
must be a result or a sentence, within `MOST_S` and the guard's memory. What is neither is kept in
`tests/data/fuzz_cases`, one file each, and read again by the suite.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import shutil
import tempfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import UserError
from data.defects import RecordedDefectError
from data.guard import guarding
from tests.fuzz_readers import READERS, Reader

CASES: Final = Path(__file__).parent / "data" / "fuzz_cases"
MOST_S: Final = 10.0
_WORDS: Final = (
    "", "NaN", "inf", "-1", "0", "1e308", "9" * 400, "9" * 5_000, "1e400", "true", "null", "[]", "{}",
    "[[1]]", "'", '"', "\\", "\x00", "\u202e", "\x1b[2J", "=1+1", "南京", "公共服务中心", "118.8,32.1",
    "0x10", "١٢", "2012-13-45", "Infinity", "-0.0", "1,5", " ", "\n", "\r", ";", "<a>", "&#0;", "POINT EMPTY",
    "POLYGON ((0 0))",
)  # fmt: skip
Edit = tuple[str, float, int]
KINDS: Final = ("word", "byte", "cut", "drop", "twice", "swap", "number")


def spoilt(content: bytes, edits: Sequence[Edit], *, packed: bool = False) -> bytes:
    """The content with some changes: kind, where (0..1) and a number that says more."""
    for kind, where, more in edits:
        content = _member(content, (kind, where, more)) if packed else _changed(content, (kind, where, more))
    return content


def _changed(content: bytes, edit: Edit) -> bytes:
    kind, where, more = edit
    at = int(where * len(content))
    length = 1 + more % 40
    piece = content[at : at + length]
    if kind == "word":
        return content[:at] + _WORDS[more % len(_WORDS)].encode() + content[at + length :]
    if kind == "number":  # the next number in the text
        digits = [i for i in range(at, min(at + 200, len(content))) if content[i : i + 1].isdigit()]
        begin = digits[0] if digits else at
        end = begin
        while content[end : end + 1] and content[end : end + 1] in b"0123456789.":
            end += 1
        return content[:begin] + _WORDS[more % len(_WORDS)].encode() + content[end:]
    if kind == "byte":
        return content[:at] + bytes([more % 256]) + content[at + 1 :]
    if kind == "cut":
        return content[:at] if more % 4 == 0 else content[: len(content) - more]
    if kind == "drop":
        return content[:at] + content[at + length :]
    if kind == "twice":
        return content[:at] + piece * (1 + more % 50) + content[at:]
    other = (at + 7 * more) % max(len(content), 1)
    return content[:at] + content[other : other + length] + content[at + length :]


def _member(content: bytes, edit: Edit) -> bytes:
    """One member of a zip (or what a gzip holds) changed; now and then the bytes of the archive."""
    more = edit[2]
    if more % 8 == 0:
        return _changed(content, edit)
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.compress(_changed(gzip.decompress(content), edit))
        except (OSError, EOFError, ValueError, zlib.error):
            return _changed(content, edit)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
        return _changed(content, edit)
    named = sorted(members, key=lambda name: (".rels" in name, "theme" in name, name))
    chosen = named[more % len(named)] if named else ""
    if chosen:
        members[chosen] = _changed(members[chosen], edit)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return written.getvalue()


def complaint(reader: Reader, path: Path) -> str:
    """What is wrong with how a file is read: "" where a result or a sentence comes of it in time."""
    begun = time.process_time()
    try:
        reader.read(path)
    except UserError as error:
        str(error)
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        if isinstance(error, RecordedDefectError) and error.defect.path:
            where = error.defect.path.read_text("utf-8").splitlines()[-1].strip()
            return f"{error.kind} at {where}"
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.line}" for f in reversed(frames))
        return f"{type(error).__name__} {str(error)[:200]} at {where}"
    seconds = time.process_time() - begun
    return f"{seconds:.0f} s" if seconds > MOST_S else ""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--only", nargs="+", default=[""], help="parts of the names of readers")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--keep", type=Path, default=CASES)
    options = asked.parse_args()
    chance = random.Random(options.seed)
    chosen = [r for name, r in READERS.items() if any(part in name for part in options.only)]
    seen: dict[str, int] = {}
    tried = 0
    ends = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder, guarding():
        sound: dict[str, bytes] = {}
        for reader in chosen:
            path = Path(folder) / reader.name
            reader.make(path)
            sound[reader.name] = path.read_bytes()
            if said := complaint(reader, path):
                print(f"{reader.name}, as it is made: {said}", flush=True)
        while time.monotonic() < ends:
            for reader in chosen:
                path = Path(folder) / reader.name
                edits = [
                    (chance.choice(KINDS), chance.random(), chance.randrange(1 << 16))
                    for _ in range(chance.choice((1, 1, 2, 3, 6)))
                ]
                path.write_bytes(spoilt(sound[reader.name], edits, packed=reader.packed))
                tried += 1
                said = complaint(reader, path)
                if said and not seen.setdefault(said[:80], 0):
                    options.keep.mkdir(exist_ok=True)
                    number = len(list(options.keep.iterdir()))
                    shutil.copyfile(path, options.keep / f"{number:03}-{reader.name}")
                    print(f"{number:03}-{reader.name}: {said}", flush=True)
                if said:
                    seen[said[:80]] += 1
    print(f"{tried} files, {len(seen)} kinds of complaint: {seen}")


if __name__ == "__main__":
    main()
