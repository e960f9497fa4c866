"""What is presented on the map, step by step: city → worst rule → gaps 1–3 → sites → before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.errors import InputError
from core.text import listed, printable, text
from coverage.publish import Results
from locales import Translator
from maps.model import Step
from reports.briefing.findings import headline, present
from reports.briefing.tables import gap_findings

_MOST: Final = 3
_MOST_STEPS, _LONGEST = 50, 500
_KEYS: Final = {"words", "layer", "box"}


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
        said = text("{place}, {n} residents", place=gap.title, n=gap.residents)
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
        yield Step(text("Before and after"), "slide_0")


def steps_to_json(steps: Sequence[Step], tr: Translator) -> str:
    """The steps as a planner edits them: `words`, `layer` (key of one of the map's, "" keeps the one there),
    `box` (west, south, east, north; null shows all)."""
    rows = [{"words": tr(one.words), "layer": one.layer, "box": one.bounds} for one in steps]
    written = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{written}\n]"


def steps_from_json(content: str, layers: Sequence[str]) -> tuple[Step, ...]:
    """What `steps_to_json` wrote, edited; `layers` are the keys that the map has. InputError names the step
    and what is wrong with it."""
    try:
        rows = json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError("The steps are no JSON: see line {line}.", line=error.lineno) from error
    except RecursionError as error:
        raise InputError("The steps are a list of objects with words, layer and box.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError("The steps are a list of objects with words, layer and box.")
    if len(rows) > _MOST_STEPS:
        raise InputError("There are more than {most} steps.", most=_MOST_STEPS)
    return tuple(_step(row, number, layers) for number, row in enumerate(rows, 1))


def _step(row: Mapping[str, Any], number: int, layers: Sequence[str]) -> Step:
    unknown = sorted(set(row) - _KEYS)
    if unknown:
        raise InputError(
            "Step {number}: there is no “{key}”; a step has {keys}.",
            number=number, key=unknown[0], keys=listed(sorted(_KEYS)),
        )  # fmt: skip
    words, layer, box = row.get("words"), row.get("layer", ""), row.get("box")
    if not isinstance(words, str) or not 0 < len(words) <= _LONGEST:
        raise InputError(
            "Step {number}: “words” is a text of at most {most} characters.", number=number, most=_LONGEST
        )
    if layer not in ("", *layers):
        raise InputError(
            "Step {number}: the map has no layer “{layer}”; it has {layers}.",
            number=number, layer=str(layer), layers=listed(layers),
        )  # fmt: skip
    if box is None:
        return Step(printable(words), layer)
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(edge, int | float) for edge in box):
        raise InputError(
            "Step {number}: “box” is [west, south, east, north] in degrees, or null.", number=number
        )
    west, south, east, north = map(float, box)
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise InputError(
            "Step {number}: “box” is [west, south, east, north] in degrees, or null.", number=number
        )
    return Step(printable(words), layer, (west, south, east, north))
