"""How often the coordinate system of a list is found, asked for, or decided wrongly.

    python -m bench.datum --lists 10000            everything
    python -m bench.datum --lists 500 --seed 2     a quick look

Lists are drawn from the demo city (true places, declared streets and communities, two in a hundred
declared wrongly) and, where the data lie beside the project, from central Nanjing (buildings of
OpenStreetMap, of which 100, 50 or 20 % are shown to the tool). Each list is of 5 to 200 rows, moved
by 10 to 150 m, and then left in WGS-84, shifted to GCJ-02 or BD-09, or half of it shifted: by sheet,
or in no order. “Wrong” is any row of a decided list that would be placed by the wrong system.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from coverage.tables import UnitTable
from data.demo import write_demo
from data.formats.raw import RawSheet
from data.intake import read_facilities
from data.intake.groups import Context, find_systems
from data.intake.hypotheses import HYPOTHESES
from data.intake.reference import Reference, read_reference
from data.intake.sheets import Table
from data.units import read_units
from geo.crs import project, unproject
from geo.datum import SYSTEMS, convert

CORE = Path(__file__).parents[1] / ".." / "shared" / "data" / "nanjing_core" / "streets_buildings_pois.gpkg"
CRS = "EPSG:4549"
SIZES = (5, 10, 20, 50, 200)
NOISES_M = (10, 25, 50, 100, 150)
KINDS = ("wgs84", "gcj02", "bd09", "sheets", "shuffled")
WRONGLY_DECLARED = 0.02


@dataclass(frozen=True)
class Truth:
    """True places with what their list declares, and what the tool is shown of the area."""

    name: str
    xy: np.ndarray
    declared: pd.DataFrame
    context: Callable[[np.random.Generator], Context]


def demo_truth() -> Truth:
    with tempfile.TemporaryDirectory() as folder:
        files = write_demo(Path(folder))
        units = read_units(files.units, crs=CRS).table
        known = read_facilities([files.facilities], datum="wgs84").accepted
    xy = project(known["lon"], known["lat"], CRS)
    context = Context(UnitTable(units.frame))
    return Truth("demo, declared units", xy, known[["district", "street", "community"]], lambda _: context)


def core_truth(share: float) -> Truth:
    reference = read_reference(CORE)
    centres = shapely.get_coordinates(shapely.point_on_surface(reference.buildings))
    nothing = np.array([], object)
    blank = pd.DataFrame("", index=range(len(centres)), columns=["district", "street", "community"])

    def context(random: np.random.Generator) -> Context:
        shown = random.random(len(centres)) < share
        return Context(None, Reference(reference.buildings[shown], (), nothing, nothing))

    return Truth(f"Nanjing core, {share:.0%} of buildings", project(*centres.T, CRS), blank, context)


def draw(
    truth: Truth, kind: str, n: int, noise_m: float, random: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """A list of n rows and the true system of each."""
    rows = random.choice(len(truth.xy), min(n, len(truth.xy)), replace=False)
    xy = truth.xy[rows] + random.normal(0, noise_m / np.sqrt(2), (len(rows), 2))
    declared = truth.declared.iloc[rows].reset_index(drop=True)
    wrong = np.flatnonzero(random.random(len(rows)) < WRONGLY_DECLARED)
    others = random.integers(0, len(truth.declared), len(wrong))
    declared.iloc[wrong] = truth.declared.iloc[others].to_numpy()
    system, part = _systems(kind, len(rows), random)
    lon, lat = unproject(xy, CRS)
    for name in SYSTEMS:
        lon[system == name], lat[system == name] = convert(
            lon[system == name], lat[system == name], "wgs84", name
        )
    frame = declared.assign(
        name="", source="", table=part, metres=False, given_lon=np.round(lon, 6), given_lat=np.round(lat, 6)
    )
    return frame, system


def _systems(kind: str, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if kind in SYSTEMS:
        return np.full(n, kind, object), np.zeros(n, int)
    first, second = random.choice(SYSTEMS, 2, replace=False)
    share = random.uniform(0.3, 0.5)
    if kind == "sheets":
        part = (np.arange(n) < share * n).astype(int)
        return np.where(part == 1, second, first).astype(object), part
    return np.where(random.random(n) < share, second, first).astype(object), np.zeros(n, int)


def judge(frame: pd.DataFrame, system: np.ndarray, context: Context) -> str:
    """right, asked (the truth ranked first), asked-other, or wrong."""
    tables = [Table("", RawSheet("", []), {}, (), (), (), 0) for _ in range(frame["table"].max() + 1)]
    found = find_systems(frame, tables, "auto", context)
    if found.overall.decided:
        return "right" if (found.by_row == system).all() else "wrong"
    mixed = len(set(system)) > 1
    if mixed:
        return "asked"
    ranking = found.overall.ranking
    return "asked" if ranking and ranking[0][0] == system[0] else "asked-other"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lists", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a truth's name")
    chosen = parser.parse_args()
    truths = [demo_truth()]
    if CORE.exists():
        truths += [core_truth(share) for share in (1.0, 0.5, 0.2)]
    truths = [truth for truth in truths if chosen.only in truth.name]
    random = np.random.default_rng(chosen.seed)
    results: Counter[tuple[str, int, str, str]] = Counter()
    started = time.perf_counter()
    for k in range(chosen.lists):
        truth, kind = truths[k % len(truths)], KINDS[k // len(truths) % len(KINDS)]
        n, noise_m = int(random.choice(SIZES)), float(random.choice(NOISES_M))
        frame, system = draw(truth, kind, n, noise_m, random)
        outcome = judge(frame, system, truth.context(random))
        results[truth.name, n, kind, outcome] += 1
        if outcome == "wrong":
            print("wrong:", truth.name, kind, n, noise_m, Counter(system.tolist()), flush=True)
    report(results, time.perf_counter() - started)


def report(results: Counter[tuple[str, int, str, str]], seconds: float) -> None:
    lists = sum(results.values())
    print(f"{lists} lists in {seconds:.0f} s; hypotheses: {', '.join(h.id for h in HYPOTHESES)}")
    outcomes = ("right", "asked", "asked-other", "wrong")
    print(f"{'':32}{'rows':>5} {'pure or mixed':14}" + "".join(f"{name:>13}" for name in outcomes))
    keys = sorted({(truth, n, kind in SYSTEMS) for truth, n, kind, _ in results})
    for truth, n, pure in keys:
        counts = [
            sum(
                v
                for (t, m, kind, o), v in results.items()
                if (t, m, kind in SYSTEMS, o) == (truth, n, pure, name)
            )
            for name in outcomes
        ]
        total = max(sum(counts), 1)
        print(
            f"{truth:32}{n:5} {'one system' if pure else 'mixed':14}"
            + "".join(f"{c / total:13.1%}" for c in counts)
        )
    enough = [(o, v) for (_, n, kind, o), v in results.items() if n >= 20 and kind in SYSTEMS]
    best = sum(v for o, v in enough if o in ("right", "asked"))
    alone = sum(v for o, v in enough if o == "right")
    all_enough = max(sum(v for _, v in enough), 1)
    print(
        f"20 rows and more, one system: right {best / all_enough:.2%}, decided alone {alone / all_enough:.2%}"
    )
    print(f"wrong silent conversions: {sum(v for (*_, o), v in results.items() if o == 'wrong')} of {lists}")


if __name__ == "__main__":
    main()
