"""Porto Alegre: how much of the walking shares hangs on what counts as walking.

    python bench/porto_alegre.py ../shared/data/porto_alegre

Prints the share of residents within 10 and 15 minutes at 5 km/h of a healthcare hexagon, by our own rules,
with each of its rules switched off, and by three other definitions, beside the figures that another engine
published.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmium
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.population import read_population
from data.streets import read_streets
from geo.crs import project
from geo.distance.nearest import nearest_on_foot
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, snap

METRES_PER_MINUTE = 5000 / 60


def main(folder: Path) -> None:
    grid = read_population(folder / "poa_hexgrid.csv").grid
    table = pd.read_csv(folder / "poa_hexgrid.csv")
    health = table[table["healthcare"] > 0]
    network = read_streets(folder / "poa_osm.pbf", crs=grid.crs).network
    cells = snap(network, grid.xy, limit_m=500)
    health_xy = project(health["lon"], health["lat"], grid.crs)
    doors = snap(network, health_xy, limit_m=500)

    def show(what: str, cells: Snapped, doors: Snapped, network: WalkNetwork = network) -> None:
        """Shares up to the minute itself, and counted to the nearest whole minute."""
        minutes = nearest_on_foot(network, cells, doors).metres / METRES_PER_MINUTE
        limits = (10, 15, 10.5, 15.5)
        shares = [100 * grid.residents[minutes <= limit].sum() / grid.total for limit in limits]
        print(f"{what:<58}" + "".join(f"{share:7.2f} %" for share in shares))

    print(f"{'residents within':<58}   10 min   15 min   10 (whole)  15 (whole)")
    show("ours: both legs to the street counted", cells, doors)
    joined = replace(network, island_m=0.0)
    ends = [snap(joined, places, limit_m=500) for places in (grid.xy, health_xy)]
    show("places on islands stay there (island_m = 0)", *ends, network=joined)
    show("without the same spot (50 m)", replace(cells, place=None), replace(doors, place=None))
    for what, kinds in (("driveways", ("driveway", "private")), ("service ways", None)):
        with tempfile.TemporaryDirectory() as room:
            fewer = read_streets(_without(folder / "poa_osm.pbf", kinds, Path(room)), crs=grid.crs).network
            ends = [snap(fewer, places, limit_m=500) for places in (grid.xy, health_xy)]
            show(f"without {what}", *ends, network=fewer)
            bare = replace(fewer, island_m=0.0)
            ends = [replace(snap(bare, at, limit_m=500), place=None) for at in (grid.xy, health_xy)]
            show(f"without {what}, same spot and islands passed over", *ends, network=bare)
    show("the cell's leg counted, the facility's not", cells, _no_leg(doors))
    show("no leg counted", _no_leg(cells), _no_leg(doors))
    print(f"{'another engine (published, in whole minutes)':<58}{'':18}{73.3:7.2f} %{92.8:7.2f} %")
    legs = (np.average(cells.snap_m, weights=grid.residents), doors.snap_m.mean())
    print(f"mean leg to the street: {legs[0]:.1f} m from a resident's cell, {legs[1]:.1f} m from a facility")


def _without(streets: Path, kinds: tuple[str, ...] | None, room: Path) -> Path:
    """The file without its service ways of some `kinds`, or without any."""
    kept = room / "fewer.osm.pbf"
    with osmium.SimpleWriter(str(kept)) as writer:
        for one in osmium.FileProcessor(str(streets)):
            service = one.is_way() and one.tags.get("highway") == "service"
            if not (service and (kinds is None or one.tags.get("service") in kinds)):
                writer.add(one)
    return kept


def _no_leg(points: Snapped) -> Snapped:
    return replace(points, snap_m=np.zeros(len(points)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
