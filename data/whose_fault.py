"""An error that no reader expects: is the file at fault, or the program?

Libraries that parse bytes raise whatever comes to hand when the bytes are not what they should be, and no
list of it is ever complete. So it is decided by where an error comes from: out of a call into a parser, it
is the file's; out of our own code, or out of a call into a library that computes (numpy, pandas, scipy), it
is ours, since a reader of ours has to say what is wrong with a file.
"""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import Final

# Packages and modules whose work is to make something of bytes.
_PARSERS: Final = frozenset({
    *("ast", "bz2", "codecs", "csv", "encodings", "gzip", "html", "json", "lzma", "sqlite3", "tomllib"),
    *("xml", "zipfile", "PIL", "geopandas.io", "lxml", "networkx", "odf", "openpyxl"),
    *("osmium", "osmnx", "pandas.io", "pyarrow", "pyogrio", "pyproj", "python_calamine", "rasterio"),
    *("shapely", "xlrd"),
})  # fmt: skip
# Parsers by the module of their own errors: those that are written in C leave no frame.
_OF_PARSERS: Final = frozenset({*_PARSERS, "_csv", "binascii", "pyexpat", "struct", "xml", "zlib"})
_PACKAGES: Final = ("site-packages", "dist-packages")
_LIBRARY: Final = Path(sysconfig.get_path("stdlib"))


def is_the_files(error: BaseException) -> bool:
    """Whether what a file holds is the cause, not a defect of ours."""
    if isinstance(error, ImportError):
        return False
    if isinstance(error, UnicodeError | EOFError) or type(error).__module__.split(".")[0] in _OF_PARSERS:
        return True
    packages = [_package_of(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = max((i for i, package in enumerate(packages) if not package), default=-1)
    called = packages[ours + 1] if ours + 1 < len(packages) else ""  # what our code called last
    return called in _PARSERS


def _package_of(filename: str) -> str:
    """The package of a file outside the program ("pandas.io" where that is told apart), "" for our own."""
    path = Path(filename)
    if any(part in _PACKAGES for part in path.parts):
        place = max(i for i, part in enumerate(path.parts) if part in _PACKAGES)
        parts = path.parts[place + 1 :]
    elif path.is_relative_to(_LIBRARY):
        parts = path.relative_to(_LIBRARY).parts
    elif path.is_absolute():
        return ""
    else:  # what Cython says of its sources: pyogrio/_io.pyx
        parts = path.parts
    return ".".join(parts[:2]) if parts[1:2] == ("io",) else Path(parts[0]).stem
