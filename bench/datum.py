"""How often the coordinate system of a list is found, asked for, or decided wrongly.

    python -m bench.datum --batches 1-4                          1,000 lists: a quick look
    python -m bench.datum --batches 1-40 --into datum.jsonl      10,000 lists; goes on where it was stopped
    python -m bench.datum --into datum.jsonl --batches none      only the tables again

A batch is 250 lists, drawn with its number as seed (`bench.datum_lists` says from what): 5 to 200
rows, moved by 10 to 150 m, with communities declared or not and buildings mapped to 100, 50, 20 or
0 %; clean, in GCJ-02 or BD-09, after a mistake of conversion, with swapped columns, in metres, or
mixed of two systems by sheet or in no order. Thresholds were chosen on batches from 1001 up; report
on others.

A list is *right* if it is decided and every row lands within 5 m of where it was taken; *wrong* if
it is decided and one row does not: a wrong silent conversion. Else it is asked about, and the truth
stands first among the hypotheses or not. A mistake of conversion is never decided, only named. A
*false alarm* is a clean list that is converted, called mixed or perhaps mixed, or asked about with
another system named as the likeliest (believed at least 90 %).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.datum_lists import (
    CORE,
    DISTRICTS,
    KINDS,
    NOISES_M,
    SIZES,
    Drawn,
    Evidence,
    Ground,
    core_ground,
    demo_ground,
    district_ground,
    draw,
)
from data.intake.convert import converted
from data.intake.datum.coordinates import MIXED, MIXTURE, likeliest
from data.intake.groups import Context, find_systems
from geo.crs import project

BATCH: Final = 250
OUTCOMES: Final = ("right", "truth first", "other first", "wrong")
_CLOSE_M: Final = 5.0
_CRS: Final = "EPSG:4549"


def evidences() -> tuple[Evidence, ...]:
    shown = [Evidence("demo city", 0.0, True)] * 2 + [Evidence("demo city", 0.0, False)]
    if CORE.exists():
        shown += [Evidence("Nanjing core", b, d) for b in (1.0, 0.5, 0.2) for d in (True, False)]
        shown.append(Evidence("Nanjing core", 0.0, True))
    if CORE.exists() and DISTRICTS.exists():
        shown += [Evidence("Nanjing districts", b, True) for b in (1.0, 0.5, 0.0)]
    return tuple(shown)


def judge(drawn: Drawn, context: Context) -> dict[str, Any]:
    """The outcome of one list, and what it rests on."""
    found = find_systems(drawn.frame, drawn.tables, "auto", context)
    whole, first = found.overall, found.overall.ranking[0][0] if found.overall.ranking else ""
    if whole.decided:
        outcome = "right" if _lands(drawn, found.by_row) else "wrong"
    elif drawn.mixed and "+" in drawn.truth:
        outcome = "truth first" if whole.system == MIXED else "other first"
    else:
        outcome = "truth first" if first == drawn.truth else "other first"
    known: dict[str, Any] = {"truth": drawn.truth, "system": whole.system, "first": first}
    known["named"] = likeliest(whole)
    known["hinted"] = not whole.decided and any(piece.kind == MIXTURE for piece in whole.evidence)
    return {"outcome": outcome, "confidence": round(whole.confidence, 4), **known}


def _lands(drawn: Drawn, by_row: np.ndarray) -> bool:
    placed = converted(drawn.frame, by_row)
    lon, lat = placed["lon"].to_numpy(float), placed["lat"].to_numpy(float)
    if not (np.isfinite(lon) & np.isfinite(lat)).all():
        return False
    away = project(lon, lat, _CRS) - project(drawn.lon, drawn.lat, _CRS)
    return bool((np.hypot(*away.T) <= _CLOSE_M).all())


def run_batch(number: int, grounds: dict[str, Ground], shown: Sequence[Evidence]) -> list[dict[str, Any]]:
    random = np.random.default_rng(number)
    results = []
    for k in range(BATCH):
        evidence = shown[k % len(shown)]
        kind = str(random.choice(list(KINDS), p=list(KINDS.values())))
        n, noise_m = int(random.choice(SIZES)), int(random.choice(NOISES_M))
        ground = grounds[evidence.ground]
        drawn = draw(ground, kind, n, noise_m, random)
        result = judge(drawn, ground.context(evidence, random))
        drawn_as = {"batch": number, "evidence": evidence.title, "kind": kind, "rows": n, "noise_m": noise_m}
        results.append({**drawn_as, "declared": evidence.declared, "buildings": evidence.buildings, **result})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", default="1-4", help="such as 1-40; none: only tables")
    parser.add_argument(
        "--into", type=Path, help="results, one JSON object a line; batches in it are not run again"
    )
    chosen = parser.parse_args()
    kept = _kept(chosen.into)
    first, _, last = chosen.batches.partition("-")
    wanted = [] if first == "none" else range(int(first), int(last or first) + 1)
    todo = [number for number in wanted if number not in {result["batch"] for result in kept}]
    started = time.process_time()
    if todo:
        shown = evidences()
        grounds = {"demo city": demo_ground()} | ({"Nanjing core": core_ground()} if CORE.exists() else {})
        if CORE.exists() and DISTRICTS.exists():
            grounds["Nanjing districts"] = district_ground(grounds["Nanjing core"])
        for number in todo:
            results = run_batch(number, grounds, shown)
            kept += results
            _keep(chosen.into, results)
    print(f"{len(todo) * BATCH} lists judged in {time.process_time() - started:.0f} s of processor time")
    report(pd.DataFrame(kept))


def _kept(path: Path | None) -> list[dict[str, Any]]:
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _keep(path: Path | None, results: Iterable[dict[str, Any]]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(result, ensure_ascii=False) + "\n" for result in results)


def report(all_lists: pd.DataFrame) -> None:
    """Tables by evidence and size, by kind and by noise; then the targets."""
    told = all_lists[all_lists["declared"] | (all_lists["buildings"] > 0)]
    one_system = told[~told["kind"].isin(("sheets", "shuffled", "mistake"))]
    _table("one system, by evidence and rows", one_system, ["evidence", "rows"])
    enough = one_system[one_system["rows"] >= 20]
    _table("one system, 20 rows and more, by noise in metres", enough, ["noise_m"])
    _table("20 rows and more, by kind", told[told["rows"] >= 20], ["kind"])
    _table("without evidence", all_lists.drop(told.index), ["kind"])
    best = enough["outcome"].isin(("right", "truth first")).mean()
    print(
        f"20 rows and more with evidence, one system: {len(enough)} lists, "
        f"found {best:.2%}, decided alone {(enough['outcome'] == 'right').mean():.2%}"
    )
    clean = all_lists[all_lists["kind"] == "wgs84"]
    alarms = (clean["outcome"] == "wrong") | (clean["system"] == MIXED) | clean["hinted"]
    alarms |= (clean["outcome"] == "other first") & (clean["named"] != "")
    for title, some in (("all", clean["rows"] > 0), ("20 rows and more", clean["rows"] >= 20)):
        raised = alarms[some]
        print(f"false alarms on clean lists, {title}: {raised.sum()} of {len(raised)} ({raised.mean():.2%})")
    _mixtures(told)
    wrong = all_lists[all_lists["outcome"] == "wrong"]
    print(f"wrong silent conversions: {len(wrong)} of {len(all_lists)}")
    if len(wrong):
        print(wrong.to_string())


def _mixtures(told: pd.DataFrame) -> None:
    """How often lists mixed without order are called mixed or perhaps mixed, and lists in one system so."""
    shuffled = (told["kind"] == "shuffled") & told["truth"].str.contains("+", regex=False)
    some = {"mixed without order": shuffled, "one system": ~told["kind"].isin(("sheets", "shuffled"))}
    for title, rows in some.items():
        for least, most in ((20, np.inf), (0, 19)):
            lists = told[rows & told["rows"].between(least, most)]
            called, hinted = (lists["system"] == MIXED), lists["hinted"]
            print(
                f"{title}, {least} rows and more: " if least else f"{title}, fewer rows: ",
                f"{called.sum()} called mixed, {(hinted & ~called).sum()} perhaps mixed, of {len(lists)}",
                sep="",
            )


def _table(title: str, lists: pd.DataFrame, by: list[str]) -> None:
    if not len(lists):
        return
    counts = (
        lists.groupby([*by, "outcome"])
        .size()
        .unstack(fill_value=0)
        .reindex(columns=list(OUTCOMES), fill_value=0)
    )
    total = counts.sum(axis=1)
    print(f"\n{title}")
    print((counts.div(total, axis=0) * 100).round(1).assign(lists=total).to_string())
    print()


if __name__ == "__main__":
    main()
