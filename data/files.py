"""Writing files so that a reader never sees half of one, and a spreadsheet never runs one."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.text import printable

if TYPE_CHECKING:
    import pandas as pd


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal; of a folder (a File Geodatabase) that of the names
    and fingerprints of its files."""
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.is_file())
        named = "".join(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n" for file in inside)
        return hashlib.sha256(named.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# A spreadsheet takes a text that starts so for a formula, unless it is a number.
_FORMULA: Final = re.compile(r"^(?![+\-]?(\d+(\.\d*)?|\.\d+)(e[+\-]?\d+)?\s*$)[=+\-@\t\r]", re.IGNORECASE)
_MARKED: Final = re.compile(r"^'(?=[=+\-@\t\r])")


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` at once: a crash leaves the old file or the new one, never a torn one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not called after the file: a name may be as long as the system allows.
    temporary = path.with_name(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def short_name(name: str, *, most_bytes: int = 200) -> str:
    """A file name that every system takes: 255 bytes are the most, and a Chinese character has three.

    The extension stays; what is too long is cut between characters.
    """
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, f"{dot}{extension}") if stem and len(extension) <= 8 else (name, "")
    room = most_bytes - len(extension.encode("utf-8", "replace"))
    return stem.encode("utf-8", "surrogateescape")[:room].decode("utf-8", "ignore") + extension


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """UTF-8, indented, keys in their order, without what a terminal would obey. Infinities must have been
    made null before."""
    encoded = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, (printable(encoded) + "\n").encode("utf-8"))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """UTF-8 with mark, as Excel reads it; texts that Excel would run as formulas get an apostrophe, and lose
    what a terminal would obey.

    Numbers never do, also those that stand as texts. The project's readers take the apostrophe off again
    (`as_written`). For a table that only the project reads: `write_plain_csv`.
    """
    safe = frame.apply(_without_formulas)
    write_bytes(path, safe.to_csv(index=False, lineterminator="\n").encode("utf-8-sig", "replace"))


def write_plain_csv(path: Path, frame: pd.DataFrame) -> None:
    """The texts as they are, for a file that no person opens."""
    write_bytes(path, frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))


def as_written(cell: str) -> str:
    """A text without the apostrophe that keeps spreadsheets from running it.

    >>> as_written("'-Posto Norte"), as_written("'t Hof")
    ('-Posto Norte', "'t Hof")
    """
    return _MARKED.sub("", cell) if cell.startswith("'") else cell


def _without_formulas(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers as they are; every different text is looked at once."""
    import pandas as pd  # here: whoever writes plain bytes does without

    if pd.api.types.is_bool_dtype(column.dtype):
        # 1 and 0: every program reads them, "True" only some.
        return column.astype("Int64")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    codes, values = pd.factorize(column, use_na_sentinel=False)
    safe = [
        _FORMULA.sub(r"'\g<0>", printable(value)) if isinstance(value, str) else value for value in values
    ]
    return pd.Series(pd.array(safe, dtype=object)[codes], index=column.index, name=column.name)


def read_csv(path: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    """A table of `write_csv`; the columns `texts` come back as written, empty ones as ""."""
    return read_csv_bytes(path.read_bytes(), texts)


def read_csv_bytes(content: bytes, texts: tuple[str, ...]) -> pd.DataFrame:
    """The same from the file's bytes."""
    import pandas as pd

    frame = pd.read_csv(
        io.BytesIO(content),
        encoding="utf-8-sig",
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={},
    )
    for column in texts:
        if column in frame:
            frame[column] = frame[column].map(as_written)
    for column in frame.columns.difference(list(texts)):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return frame
