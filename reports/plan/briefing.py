"""The chapters of a briefing that speak of a site plan, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from core.text import Sayable, Text, listed, remarked, text
from coverage.model.standard import Standard, group_title, level_title
from locales import Translator
from reports.plan import words

_MOST_SPARE: Final = 10
_SUGGESTED: Final = text("Suggested sites")
_SITES: Final = text("Sites in the order to build them")
_HOW_MANY: Final = text("How many sites")
_OTHERS: Final = text("Other plans nearly as good")
_CLOSED: Final = text("Existing facilities to close")
_SPARE: Final = text("Existing facilities least needed")
_ONLY_IT: Final = text("Residents whom only it serves, by the rule of this plan")
_REMARKS: Final = text("Remarks")
_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>#|])")
_LINE: Final = re.compile(r"\s*[\r\n]+\s*")


def plan_chapters(plan: Mapping[str, Any], standard: Standard, tr: Translator) -> list[Iterable[str]]:
    """The chapters of a plan, each as lines; empty where there is nothing to say."""
    draft = _Draft(plan, standard, tr)
    return [
        draft.summary(),
        draft.sites(),
        draft.curve(),
        draft.alternatives(),
        draft.closed(),
        draft.spare(),
        draft.remarks(),
    ]


class _Draft:
    """The chapters of one plan in one language, as lines."""

    def __init__(self, plan: Mapping[str, Any], standard: Standard, tr: Translator) -> None:
        self.plan, self.standard, self.tr = plan, standard, tr

    def summary(self) -> Iterator[str]:
        plan, standard = self.plan, self.standard
        yield f"## {self.tr(_SUGGESTED)}"
        yield ""
        rules = [standard.rule(part["rule"]) for part in plan.get("tiers", [plan])]
        basis = text(
            "Goal: {goal}. Measured by: {rule} ({standard}). Candidate places: {places:,}. "
            "Conditions: {conditions}."
        )
        known = {
            "goal": words.GOAL_TITLES[plan["goal"]],
            "rule": words.some_of([standard.rule_title(rule) for rule in rules]),
            "places": plan["candidates"],
            "standard": standard.title,
            "conditions": words.some_of(list(asked_for(plan)), most=20) or text("none"),
        }
        yield self.tr(Text(basis.template, known))
        yield ""
        yield from (f"- {escaped(self.tr(said))}" for said in words.results(plan, standard))
        decided = words.deciding(plan)
        if decided is not None:
            yield f"- {escaped(self.tr(decided))}"

    def sites(self) -> Iterator[str]:
        if not self.plan["sites"]:
            return
        yield f"## {self.tr(_SITES)}"
        for site in self.plan["sites"]:
            tier = self.standard.tier_title(site.get("tier", self.plan["tier"]))
            yield ""
            name = f"**{escaped(words.site_name(site))}**"
            yield f"{site['rank']}. {self.tr(remarked(name, escaped(self.tr(tier))))}"
            yield f"   WGS-84 {site['lon']:.6f}, {site['lat']:.6f}"
            why = [escaped(self.tr(said)) for said in words.reasons(site, self.plan, self.standard)]
            yield f"   {('' if self.tr.language == 'zh' else ' ').join(why)}"

    def curve(self) -> Iterator[str]:
        points = self.plan.get("curve_bound", [])
        if len(points) < 2:
            return
        yield f"## {self.tr(_HOW_MANY)}"
        yield ""
        head = (
            text("Sites"),
            text("Best found"),
            text("At most, among the places compared"),
            text("Built in this order"),
        )
        rows = [
            [f"{p['sites']}", *(f"{p[key]:,.0f}" for key in ("best", "bound", "in_order"))] for p in points
        ]
        yield from markdown_table(self.tr, head, rows)
        for said in (words.curve_counts(self.plan), words.price_of_order(self.plan)):
            if said is not None:
                yield ""
                yield self.tr(said)

    def alternatives(self) -> Iterator[str]:
        others = self.plan.get("alternatives", [])
        if not others:
            return
        yield f"## {self.tr(_OTHERS)}"
        for number, other in enumerate(others, start=1):
            yield ""
            yield f"{number}. {self.tr(other_plan(other))}"
            # Name and where it is: the place left out may lie in the same unit.
            new = [
                remarked(escaped(words.site_name(site)), f"{site['lon']:.6f}, {site['lat']:.6f}")
                for site in other["sites"]
                if not site["in_best"]
            ]
            yield f"   {self.tr(listed(new, between='；'))}"
            kept = {_place_of(site) for site in other["sites"] if site["in_best"]}
            ranks = [str(site["rank"]) for site in self.plan["sites"] if _place_of(site) not in kept]
            said = text("Not built: no. {ranks} of the plan.", ranks=listed(ranks))
            yield f"   {self.tr(said)}"

    def closed(self) -> Iterator[str]:
        rows = self.plan.get("closed", [])
        if not rows:
            return
        yield f"## {self.tr(_CLOSED)}"
        yield ""
        head = (text("Name"), _ONLY_IT, text("Rules that get worse by closing it alone"))
        yield from markdown_table(
            self.tr,
            head,
            [
                [row["name"], f"{row['residents_lost']:,.0f}", self.tr(words.worse_rules(row, self.standard))]
                for row in rows
            ],
        )

    def spare(self) -> Iterator[str]:
        said = [self.tr(sentence) for sentence in words.redundancy(self.plan, self.standard)]
        if not said:
            return
        yield f"## {self.tr(_SPARE)}"
        yield ""
        yield ("" if self.tr.language == "zh" else " ").join(said)
        yield ""
        head = (text("Name"), text("Tier"), _ONLY_IT, text("Rules that get worse by closing it alone"))
        yield from markdown_table(
            self.tr,
            head,
            [
                [
                    row["name"],
                    self.tr(self.standard.tier_title(row["tier"])),
                    f"{row['residents_lost']:,.0f}",
                    self.tr(words.worse_rules(row, self.standard)),
                ]
                for row in self.plan["redundancy"][:_MOST_SPARE]
            ],
        )

    def remarks(self) -> Iterator[str]:
        said = words.notes(self.plan)
        if said:
            yield f"## {self.tr(_REMARKS)}"
            yield ""
            yield from (f"- {escaped(self.tr(note))}" for note in said)


def asked_for(plan: Mapping[str, Any]) -> Iterator[Text]:
    """The conditions that were asked for."""
    asked = plan["asked"]["conditions"]
    if plan.get("wanted"):
        yield text("at most {n} new sites", n=plan["wanted"])
    if asked["required"]:
        yield text("must be built: {names}", names=listed(asked["required"]))
    if asked["forbidden"]:
        yield text("must not be built: {names}", names=listed(asked["forbidden"]))
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


def other_plan(other: Mapping[str, Any]) -> Text:
    """How an alternative compares with the plan."""
    return text(
        "It serves {residents:,.0f} residents, is {worse:.2%} worse than the plan, and differs from "
        "it here ({n}):",
        residents=other["residents_after"],
        worse=other["worse_by"],
        n=other["differs_in"],
    )


def markdown_table(tr: Translator, head: Iterable[Sayable], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    titles = [tr(title) for title in head]
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(escaped(cell) for cell in row)} |" for row in rows)


def escaped(said: str) -> str:
    """Words as they are inside Markdown, on one line.

    >>> escaped("a*b\\nc")
    'a\\\\*b c'
    """
    return _SIGNS.sub(r"\\\1", _LINE.sub(" ", said))


def _place_of(site: Mapping[str, Any]) -> tuple[object, ...]:
    return site["lon"], site["lat"], site.get("tier")
