"""A plan as classes of cells, for a small map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coverage.publish.plan import NEW_SITE
from jobs.assess.folder import Assessed
from maps.cells_image import TRANSPARENT

SERVED, NEW, NOT_SERVED = range(3)


def classes_of(done: Assessed, *, with_new: bool) -> NDArray[np.uint8]:
    """(cells,) served under the plan's rule today, served anew, not served; none where it does not apply
    or nobody lives. Without `with_new` only how it is today."""
    cells, plan = done.results.cells, done.results.plan
    classes = np.full(len(cells), TRANSPARENT, np.uint8)
    column = f"meets_{plan.plan['rule']}" if plan is not None else ""
    if column in cells:
        meets = cells[column]
        subject = meets.notna().to_numpy()
        met = meets.fillna(False).to_numpy(bool)
        classes[subject & met] = SERVED
        classes[subject & ~met] = NOT_SERVED
    if with_new and NEW_SITE in cells:
        classes[cells[NEW_SITE].to_numpy() > 0] = NEW
    classes[cells["residents"].to_numpy(float) <= 0] = TRANSPARENT
    return classes
