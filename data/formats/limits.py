"""How much a file may be; what exceeds it gets a clear refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. Rows and columns are those of one sheet, cells those of its used rectangle.

    `seconds` is how long the child that parses it may compute, and a tenth more for every MB of the file.
    """

    file_bytes: int = 100 << 20
    unpacked_bytes: int = 300 << 20
    members: int = 2_000
    rows: int = 200_000
    columns: int = 500
    cells: int = 5_000_000
    sheets: int = 200
    seconds: float = 10.0
