"""A made-up province: what reading all of its streets costs, reading one city's, opening them again.

    python bench/province.py [VERTICES_A_SIDE]      default 1,100: 1.2 million points, 105,000 ways

Every figure is from a process of its own: seconds on the clock and of processor, peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

WEST, SOUTH, STEP = 118.0, 31.0, 0.0003
CITY = (WEST + 0.1, SOUTH + 0.1, WEST + 0.2, SOUTH + 0.2)
STEPS = ("all", "city", "store", "open")


def write_province(path: Path, side: int) -> None:
    """Streets every fourth row and column in ways of 21 points; a building or a pond in every block."""
    import osmium

    node, way = osmium.osm.mutable.Node, osmium.osm.mutable.Way
    with osmium.SimpleWriter(str(path)) as writer:
        for y in range(side):
            for x in range(side):
                writer.add_node(node(id=y * side + x + 1, location=(WEST + x * STEP, SOUTH + y * STEP)))
        number = 0
        for at in range(0, side, 4):
            for first in range(0, side - 20, 20):
                for a, b in ((1, side), (side, 1)):
                    number += 1
                    nodes = [(first + step) * a + at * b + 1 for step in range(21)]
                    writer.add_way(way(id=number, nodes=nodes, tags={"highway": "residential"}))
        for y in range(1, side - 2, 4):
            for x in range(1, side - 2, 4):
                number += 1
                corner = y * side + x + 1
                ring = [corner, corner + 1, corner + side + 1, corner + side, corner]
                pond = (x // 4 + y // 4) % 50 == 0
                writer.add_way(
                    way(id=number, nodes=ring, tags={"natural": "water"} if pond else {"building": "yes"})
                )


def measure(step: str, path: Path, cache: Path) -> None:
    import shapely

    from data.streets import load_or_read, read_streets

    area = shapely.box(*CITY) if step == "city" else None
    clock, processor = time.perf_counter(), time.process_time()
    if step in ("all", "city"):
        network = read_streets(path, area=area).network
    else:
        network = load_or_read(path, cache).network
        _ = (network.graph, network.segments, network.vertex_offset_m)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{step:6} {clock:7.2f} s {processor:7.2f} s of processor {peak_mb:7.0f} MB  "
        f"{len(network.node_xy):>9,} nodes {len(network.vertex_xy):>9,} vertices"
    )


def main() -> None:
    if len(sys.argv) == 4:
        measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
        return
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 1100
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "province.osm.pbf"
        write_province(path, side)
        for step in STEPS:
            subprocess.run([sys.executable, __file__, step, path, Path(folder) / "cache"], check=True)


if __name__ == "__main__":
    main()
