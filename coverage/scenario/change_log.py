"""What was written where, so that it can be taken back to the last bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass
class Journal:
    """Entries of arrays that belong to objects: found by name, since arrays are replaced as they grow."""

    lines: list[tuple[object, str, Ints, NDArray[Any]]] = field(default_factory=list)

    def write(self, holder: object, name: str, at: Ints, values: NDArray[Any]) -> None:
        """Set entries of the array `holder.name` and remember what they were."""
        array = getattr(holder, name)
        self.note(holder, name, at, array[at])
        array[at] = values

    def note(self, holder: object, name: str, at: Ints, before: NDArray[Any]) -> None:
        """Remember what entries were that are changed elsewhere."""
        self.lines.append((holder, name, at, before))

    def undo(self) -> None:
        """Back to what was."""
        for holder, name, at, before in reversed(self.lines):
            getattr(holder, name)[at] = before
