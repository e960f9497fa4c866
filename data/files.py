"""Writing files so that a reader never sees half of one, and a spreadsheet never runs one."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import numbers
import os
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import InputError
from core.text import printable

if TYPE_CHECKING:
    import pandas as pd


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal; of a folder (a File Geodatabase) that of the names
    and fingerprints of its files. OSError for a pipe or a device, which may have no end."""
    if path.is_dir():
        inside = sorted(file for file in path.iterdir() if file.is_file())
        named = "".join(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n" for file in inside)
        return hashlib.sha256(named.encode()).hexdigest()
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a file", str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(path: Path) -> str:
    """The same, computed anew only when the file's size or time has changed."""
    if path.is_dir():
        return sha256_of(path)
    state = path.stat()
    return _digest(path.absolute(), state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=10_000)
def _digest(path: Path, _size: int, _changed_ns: int, _number: int) -> str:
    return sha256_of(path)


# Endings of files that readers take together with the file of that name: parts of a shapefile, where and how
# a raster lies, what a table's columns are, what a database has not yet written into its file.
_WITH: Final = frozenset(
    (".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".tfw", ".tifw", ".jgw", ".wld", ".hdr",
     ".mid", ".csvt", ".vat", ".ige", ".rrd", ".aux", ".ovr", ".xml", ".gpkg-wal", ".gpkg-journal")
)  # fmt: skip


def read_with(path: Path) -> list[Path]:
    """The files beside one that its readers read too; none for a folder and where there is none."""
    if not path.is_file():
        return []
    return sorted(
        other
        for other in path.parent.iterdir()
        if other.suffix.lower() in _WITH
        and other.name != path.name
        and (other.stem.casefold() == path.stem.casefold() or other.name.startswith(f"{path.name}."))
        and other.is_file()
    )


# A spreadsheet takes a text that starts so for a formula, unless it is a number.
_FORMULA: Final = re.compile(r"^(?![+\-]?(\d+(\.\d*)?|\.\d+)(e[+\-]?\d+)?\s*$)[=+\-@\t\r]", re.IGNORECASE)
_MARKED: Final = re.compile(r"^'(?=[=+\-@\t\r])")

# The column that says why cells of its row are empty: "median_m: unreachable; p90_m: unreachable".
EMPTY_BECAUSE: Final = "empty_because"
UNREACHABLE: Final = "unreachable"
# Columns that are infinite where nothing can be reached.
_UNBOUNDED: Final = frozenset(
    ("mean_m", "median_m", "p90_m", "median_min", "p90_min", "nearest_fifth_m", "farthest_fifth_m",
     "worst_to_best", "median_detour", "median", "p90", "snap_m", "nearest_m", "farthest_m")
)  # fmt: skip
_INTEGER: Final = 2**31
_EXACT: Final = 2**53
_TEMPORARY: Final = ".tmp"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_NOT_IN_NAMES: Final = re.compile(r'[<>:"/\\|?*]')
_UNSEEN: Final = ("Cc", "Cf", "Cs")
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³]) *(\..*)?", re.IGNORECASE
)
# In bytes, of 255 that most systems allow: something is put in front or behind here and there.
_LONGEST_NAME: Final = 200


def write_bytes(path: Path, content: bytes | memoryview, *, mode: int = 0o666) -> None:
    """Replace `path` at once: a crash leaves the old file or the new one, never a torn one, and what was
    written is on disk when this returns. `mode` is that of a new file, before the umask."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:  # where no folder can be made, as under /proc
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent)) from error
    # Not called after the file: a name may be as long as the system allows.
    temporary = path.with_name(f".{os.getpid()}-{threading.get_ident()}{_TEMPORARY}")
    try:
        with os.fdopen(os.open(temporary, _NEW, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # a full disk: what is written through a handle has no name
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if os.name != "nt":  # a new name is on disk only when its folder is; Windows has no such call
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def clear_unfinished(folder: Path) -> int:
    """Remove what writers that were killed left in a folder and return how many files that were; to be
    called while nobody writes there."""
    left = list(folder.glob(f".*{_TEMPORARY}"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def file_name(words: str, *, ending: str = "") -> str:
    """A name for one file that says what `words` say and that every system takes.

    The extension is that of `words`, or `ending` is put behind them. What leads to another folder or
    means something to a program becomes “_”; what nobody sees (control and bidirectional
    characters) goes, and so do dots and spaces at both ends; what is a device on Windows, with whatever
    extension, gets “_” in front. A name of too many bytes is cut between characters and ends with digits of
    its own, so that two long names stay two.

    >>> file_name("云川:一.xlsx"), file_name("CON", ending=".csv"), file_name("../a?. .csv")
    ('云川_一.xlsx', '_CON.csv', '_a_.csv')
    """
    seen = "".join(c for c in words if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    stem = _NOT_IN_NAMES.sub("_", " ".join(unicodedata.normalize("NFC", seen).split()))
    if not ending and (found := _EXTENSION.search(stem)):
        stem, ending = stem[: found.start()], found.group()
    stem = stem.strip(". ") or "_"
    if _DEVICE.fullmatch(stem):
        stem = f"_{stem}"
    room = _LONGEST_NAME - len(ending.encode())
    if len(stem.encode()) > room:
        digits = hashlib.sha256(stem.encode()).hexdigest()[:8]
        stem = f"{stem.encode()[: room - 9].decode('utf-8', 'ignore').rstrip('. ')}-{digits}"
    return stem + ending


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """UTF-8, indented, keys in their order, without what a terminal would obey. Infinities must have been
    made null before."""
    encoded = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, (printable(encoded) + "\n").encode("utf-8"))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """UTF-8 with mark, as Excel reads it, and beside it the types of its columns (`.csvt`, as GDAL and QGIS
    read them: codes stay texts).

    Texts that Excel would run as formulas get an apostrophe, and lose what a terminal would obey; numbers
    never do, also those that stand as texts. The project's readers take it off again (`as_written`). Truth
    is 1 or 0, a column of whole numbers has no decimals, and any other as many as its kind
    (`coverage.model.figures`). What is infinite cannot be reached: the cell is
    empty, and the column `empty_because` says so, which every table has that may have such a cell. For a
    table that only the project reads: `write_plain_csv`.
    """
    table = _with_reasons(frame).apply(_plain_cells)
    write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig", "replace"))
    kinds = ",".join(f'"{_kind(table[column])}"' for column in table)
    write_bytes(path.with_suffix(".csvt"), f"{kinds}\n".encode())


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files and folders that a pattern (*, ?, [...], **) matches from `folder`, or from the root where it
    begins there, by name; not what programs hide or keep while a file is open. ValueError for a pattern
    that cannot be."""
    anchor = Path(pattern).anchor
    start = Path(anchor) if anchor else folder
    found = start.glob(pattern.removeprefix(anchor))
    return sorted(path for path in found if not path.name.startswith((".", "~$")))


def remove_csv(path: Path) -> None:
    """Nothing where there is none."""
    for one in (path, path.with_suffix(".csvt")):
        one.unlink(missing_ok=True)


def _with_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """Infinities emptied, and the column that says of which column."""
    import numpy as np  # here: whoever writes plain bytes does without

    floats = {str(name): column for name, column in frame.items() if column.dtype.kind == "f"}
    infinite = {name: np.isinf(column.to_numpy(float, na_value=np.nan)) for name, column in floats.items()}
    infinite = {name: rows for name, rows in infinite.items() if name in _UNBOUNDED or rows.any()}
    if not infinite:
        return frame
    named = np.array([[f"{name}: {UNREACHABLE}"] for name in infinite], object)
    said = np.where(np.array(list(infinite.values())), named, "")
    reasons = ["; ".join(filter(None, of_row)) for of_row in said.T]
    emptied = {name: frame[name].mask(rows) for name, rows in infinite.items()}
    return frame.assign(**emptied, **{EMPTY_BECAUSE: reasons})


def _kind(column: pd.Series[Any]) -> str:
    """The type of a column by the names of GDAL."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(column.dtype):
        return "Integer64" if (column.abs() >= _INTEGER).any() else "Integer"
    return "Real" if pd.api.types.is_float_dtype(column.dtype) else "String"


def write_plain_csv(path: Path, frame: pd.DataFrame) -> None:
    """The texts as they are, for a file that no person opens."""
    write_bytes(path, frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))


def as_written(cell: str) -> str:
    """A text without the apostrophe that keeps spreadsheets from running it.

    >>> as_written("'-Posto Norte"), as_written("'t Hof")
    ('-Posto Norte', "'t Hof")
    """
    return _MARKED.sub("", cell) if cell.startswith("'") else cell


def _plain_cells(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers as numbers, without digits that nobody measured, whole ones without decimals; every different
    text is looked at once."""
    import pandas as pd

    from coverage.model.figures import plain_figures

    there = column.dropna()
    if column.dtype == object and len(there) and there.map(_is_number).all():
        column = pd.to_numeric(column.map(lambda value: None if value is None else float(value)))
    if pd.api.types.is_bool_dtype(column.dtype):
        # 1 and 0: every program reads them, "True" only some.
        return column.astype("Int64")
    if pd.api.types.is_float_dtype(column.dtype):
        column = plain_figures(column)
        known = column.dropna()
        whole = len(known) > 0 and ((known % 1 == 0) & (known.abs() < _EXACT)).all()
        return column.astype("Int64") if whole else column
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    codes, values = pd.factorize(column, use_na_sentinel=False)
    safe = [
        _FORMULA.sub(r"'\g<0>", printable(value)) if isinstance(value, str) else value for value in values
    ]
    return pd.Series(pd.array(safe, dtype=object)[codes], index=column.index, name=column.name)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real)


def read_csv(path: Path, texts: tuple[str, ...]) -> pd.DataFrame:
    """A table of `write_csv`; the columns `texts` come back as written, empty ones as "", what cannot be
    reached as inf."""
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
    reasons = frame.pop(EMPTY_BECAUSE).astype(str) if EMPTY_BECAUSE in frame else None
    for column in frame.columns.difference(list(texts)):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
        if reasons is not None:
            said = reasons.str.contains(rf"(?:^|; ){re.escape(column)}: {UNREACHABLE}")
            frame[column] = (
                frame[column].astype(float).mask(said, float("inf")) if said.any() else frame[column]
            )
    return frame


def paths_in(value: object) -> Iterator[Path]:
    """The files among arguments, wherever they stand in tuples, mappings and option objects."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from paths_in(one)
    elif isinstance(value, dict):
        yield from paths_in(list(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from paths_in(getattr(value, field.name))


def size_of(path: Path) -> int:
    """Bytes of a file or of the files in a folder, 0 for what is not there; InputError for a device."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    if not path.exists():
        return 0
    if not path.is_file():
        raise InputError("{file} is no file: a pipe or a device cannot be read.", file=path.name)
    return path.stat().st_size
