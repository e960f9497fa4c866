"""Porto Alegre: how much of the walking shares hangs on what counts as walking.

    python bench/porto_alegre.py ../shared/data/porto_alegre

Prints the share of residents within 10 and 15 minutes at 5 km/h of a healthcare hexagon, by our
own definition and by three others, beside the figures that another engine published.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.population import read_population
from data.streets import read_streets
from geo.crs import project
from geo.distance.nearest import nearest_on_foot
from geo.network.snapping import Snapped, snap

METRES_PER_MINUTE = 5000 / 60


def main(folder: Path) -> None:
    grid = read_population(folder / "poa_hexgrid.csv").grid
    table = pd.read_csv(folder / "poa_hexgrid.csv")
    health = table[table["healthcare"] > 0]
    network = read_streets(folder / "poa_osm.pbf", crs=grid.crs).network
    cells = snap(network, grid.xy, limit_m=500)
    doors = snap(network, project(health["lon"], health["lat"], grid.crs), limit_m=500)

    def show(what: str, cells: Snapped, doors: Snapped, rounded: bool = False) -> None:
        minutes = nearest_on_foot(network, cells, doors).metres / METRES_PER_MINUTE
        minutes = np.round(minutes) if rounded else minutes
        shares = [100 * grid.residents[minutes <= limit].sum() / grid.total for limit in (10, 15)]
        print(f"{what:<58} {shares[0]:5.1f} %  {shares[1]:5.1f} %")

    print(f"{'residents within':<58}  10 min   15 min")
    show("ours: both legs to the street counted", cells, doors)
    show("minutes rounded to whole ones before comparing", cells, doors, rounded=True)
    show("the cell's leg counted, the facility's not", cells, _no_leg(doors))
    show("no leg counted", _no_leg(cells), _no_leg(doors))
    print(f"{'another engine (published)':<58} {73.3:5.1f} %  {92.8:5.1f} %")
    legs = (np.average(cells.snap_m, weights=grid.residents), doors.snap_m.mean())
    print(f"mean leg to the street: {legs[0]:.1f} m from a resident's cell, {legs[1]:.1f} m from a facility")


def _no_leg(points: Snapped) -> Snapped:
    return replace(points, snap_m=np.zeros(len(points)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
