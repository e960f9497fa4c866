"""What a share may divide by, beside residents and units: residential land and compounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Compounds:
    """Residential compounds (小区): `shape` (k,) polygons or points in metres, `name` (k,)."""

    shape: Shapes
    name: tuple[str, ...]


@dataclass(frozen=True)
class Grounds:
    """None where no file was given. `residential`: polygons of residential land (居住用地), in metres."""

    residential: Shapes | None = None
    compounds: Compounds | None = None
