"""What is presented on the map, step by step: city → worst rule → gaps 1–3 → sites → before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.text import text
from coverage.publish import Results
from maps.model import Step
from reports.briefing.findings import headline, present
from reports.briefing.tables import gap_findings

_MOST: Final = 3


def presentation(results: Results, layers: Mapping[str, str]) -> Iterator[Step]:
    """`layers`: rule → key of the layer that colours the map by it."""
    rule = results.main_rule
    yield Step(headline(results).words, layers.get(rule.id, "") if rule else "")
    if rule is None:
        return
    reach = [row for row in results.document["rules"] if row["id"] in layers and row["residents"]]
    worst = max(reach, key=lambda row: row["residents"] - row["residents_met"], default=None)
    if worst is not None and worst["id"] != rule.id and worst["check"] in ("radius", "walk"):
        yield Step(
            present(results, results.standard.rule(worst["id"]), public=False).words, layers[worst["id"]]
        )
    shown = layers.get(rule.id, "")
    for gap in gap_findings(results, public=False)[:_MOST]:
        _, residents = gap.facts[0]
        said = text("Gap {rank}: {place}, {n} residents", rank=gap.rank, place=gap.place, n=residents.words)
        yield Step(said, shown, gap.view.bounds)
    if results.plan is not None and results.plan.plan["sites"]:
        sites = results.plan.plan["sites"]
        lon, lat = [site["lon"] for site in sites], [site["lat"] for site in sites]
        box = (min(lon) - 0.01, min(lat) - 0.01, max(lon) + 0.01, max(lat) + 0.01)
        yield Step(
            text("Suggested sites, in the order to build them. {said}", said=headline(results).words),
            shown,
            box,
        )
    if "change_0" in layers.values():
        yield Step(text("What changes: {said}", said=headline(results).words), "change_0")
