"""Residents whom a file seems to hold twice: rows that repeat an earlier one, areas on one another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.model.tables import Bools, Ints
from data.intake.findings import WARNING, Finding
from data.population.cells import Cells


def counted_twice(cells: Cells, shapes: np.ndarray, areal: Bools, file: str) -> Iterator[Finding]:
    """Remarks on what may be there twice; all of it counts. `shapes` (n,) in metres, read where `areal`."""
    lived_in = cells.residents > 0.0
    points = lived_in & ~areal
    rows = pd.DataFrame({"lon": cells.lon, "lat": cells.lat, "residents": cells.residents, **cells.groups})
    again = rows[points].duplicated().to_numpy()
    if again.any():
        message = text(
            "{file}: {count:,} {count:row repeats|rows repeat} place and figures of an earlier one; "
            "{residents:,.0f} residents count again. Is a part of the table in it twice?",
            file=file,
            count=int(again.sum()),
            residents=float(cells.residents[points][again].sum()),
        )
        yield Finding(file, "", 0, "", WARNING, "population-repeated", message)
    rows_of = np.flatnonzero(lived_in & areal)
    first, second = _on_one_another(shapes[rows_of])
    if len(first):
        smaller = np.minimum(cells.residents[rows_of[first]], cells.residents[rows_of[second]])
        message = text(
            "{file}: {count:,} {count:pair|pairs} of areas with residents lie on one another, and all "
            "of them count; up to {residents:,.0f} residents may be in it twice.",
            file=file,
            count=len(first),
            residents=float(smaller.sum()),
        )
        yield Finding(file, "", 0, "", WARNING, "population-overlaps", message)


def _on_one_another(shapes: np.ndarray) -> tuple[Ints, Ints]:
    """Pairs of polygons of which one has its middle in the other; borders drawn by hand overlap anyway."""
    middle, around = shapely.STRtree(shapes).query(shapely.point_on_surface(shapes), predicate="within")
    apart = middle != around
    pairs = np.unique(np.sort(np.column_stack([middle[apart], around[apart]]), axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
