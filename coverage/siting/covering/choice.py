"""What a search holds in hand."""

from __future__ import annotations

from dataclasses import dataclass

from coverage.siting.model.arrays import Ints


@dataclass(frozen=True, eq=False)
class Choice:
    """Sites of a model (by number), what they are worth and a bound on what any choice can be.

    Both count the same: covered weight with the model's `base`, or what is saved of walking.
    """

    chosen: Ints
    value: float
    bound: float
    proven: bool = False
