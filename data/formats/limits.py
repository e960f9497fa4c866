"""How much a file may be; what exceeds it gets a clear refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. Rows and columns are those of one sheet, cells those of its used rectangle.

    `memory_bytes` is what the child process may allocate; `seconds` what all files of one call may
    take together, at least.
    """

    file_bytes: int = 100 << 20
    unpacked_bytes: int = 300 << 20
    members: int = 2_000
    rows: int = 200_000
    columns: int = 500
    cells: int = 5_000_000
    sheets: int = 200
    seconds: float = 60.0
    memory_bytes: int = 1 << 30
