from __future__ import annotations

import numpy as np

from maps.cell_layers import walk_classes
from maps.model import MapCells


def test_the_limit_itself_belongs_to_the_better_class_and_out_of_reach_to_the_last() -> None:
    minutes = np.array([0.0, 10.0, 10.01, 15.0, 15.01, np.inf])
    cells = MapCells(np.zeros((6, 2)), "EPSG:4549", 100.0, np.ones(6), minutes, (10.0, 15.0))
    assert walk_classes(cells).tolist() == [0, 0, 1, 1, 2, 2]
