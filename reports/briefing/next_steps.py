"""What is to be done next, as far as the result says it: land to check, units without a facility, facilities
outside their band. Nothing is advised that no figure stands behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.text import Text, text
from coverage.model.standard import Check
from coverage.publish import Results
from reports.briefing.model import Said
from reports.briefing.numbers import exact

NEXT_STEPS: Final = text("Next steps")


def next_steps(results: Results) -> tuple[Said, ...]:
    """One sentence a step; none of a scenario, which is not the present state."""
    return () if results.document.get("scenario") else tuple(_steps(results))


def _steps(results: Results) -> Iterator[Said]:
    plan = results.plan.plan if results.plan is not None else {}
    if plan.get("sites") and not (plan.get("among") or {}).get("given", False):
        count = exact("plan.count", len(plan["sites"]))
        said = text("Check the land of the {count} suggested {n:site|sites}: they are points of a grid.")
        words = Text(said.template, {"count": count.words, "n": count.value})
        yield Said(words, () if plan.get("tiers") else (count,))
    for row in results.document["rules"]:
        rule, key = results.standard.rule(row["id"]), f"rules[{row['id']}]"
        if row["verdict"] not in ("nearly", "not"):
            continue
        if rule.check is Check.PRESENCE:
            names = ("units", "units_met")
            said = text("{rule}: {n} of {all} {all:unit|units} have none; settle a place for each.")
        elif rule.check is Check.LOAD:
            names = ("facilities", "within")
            said = text("{rule}: {n} of {all} {all:facility|facilities} lie outside the band; review whom "
                        "they serve.")  # fmt: skip
        else:
            continue
        whole = exact(f"{key}.{names[0]}", row[names[0]])
        left = exact(f"{key}.{names[0]} - {key}.{names[1]}", row[names[0]] - row[names[1]])
        values = {"rule": results.standard.rule_title(rule), "n": left.words, "all": whole.value}
        yield Said(Text(said.template, values), (left, whole))
