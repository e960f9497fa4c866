"""The conditions that were asked of a plan, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.text import Sayable, Text, text
from coverage.model.standard import group_title, level_title


def asked_for(plan: Mapping[str, Any]) -> Iterator[Text]:
    """The conditions that were asked for."""
    asked = plan["asked"]["conditions"]
    if plan.get("wanted"):
        yield text("at most {n} new sites", n=plan["wanted"])
    if asked["required"]:
        yield text("must be built: {names}", names="、".join(asked["required"]))
    if asked["forbidden"]:
        yield text("must not be built: {names}", names="、".join(asked["forbidden"]))
    if asked["close"]:
        yield text("close {n} existing ones", n=asked["close"])
    if asked["budget"] is not None:
        yield text("budget {budget:,.10g}", budget=asked["budget"])
    if asked["spacing_m"]:
        yield text("at least {metres:,g} m apart", metres=asked["spacing_m"])
    for quota in asked["quotas"]:
        yield _quota(quota)
    for group, factor in asked["weights"]:
        yield Text(
            text("one {group} resident counts {factor:g} times").template,
            {"group": group_title(group), "factor": factor},
        )
    if asked["backup"]:
        yield text("a second facility within reach counts {worth:.0%}", worth=asked["backup"])
    if asked["capacity"] == "list":
        yield text("capacity as the list states")
    elif asked["capacity"] is not None:
        yield text("at most {n:,g} residents per new site", n=asked["capacity"])
    if asked["band"] is not None:
        yield text(
            "{low:,g} to {high:,g} residents per new site", low=asked["band"][0], high=asked["band"][1]
        )
    if asked["within_band"]:
        yield text("residents per new site within the standard's band")


def _quota(quota: Mapping[str, Any]) -> Text:
    said: dict[str, Sayable] = {"unit": level_title(quota["level"])}
    if quota.get("only_new"):
        return Text(text("at most {most} new ones in each {unit}").template, {**said, "most": quota["most"]})
    if quota["most"] is None:
        return Text(text("at least {least} in each {unit}").template, {**said, "least": quota["least"]})
    if not quota["least"]:
        return Text(text("at most {most} in each {unit}").template, {**said, "most": quota["most"]})
    return Text(
        text("{least} to {most} in each {unit}").template,
        {**said, "least": quota["least"], "most": quota["most"]},
    )
