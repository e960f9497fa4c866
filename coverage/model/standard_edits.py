"""Standards made from others: in what they differ, and their own text with another figure or speed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.text import Bilingual, Sayable, Text, listed, remarked, text
from coverage.model.standard import (
    Check,
    Need,
    Rule,
    Standard,
    evidence_title,
    group_title,
    level_title,
    need_figure,
    settlement_title,
    share_title,
)
from coverage.model.verdict_rows import basis_title, figure_title

# What a reader is told of rules, needs and settings, by their ids.
_Described = Mapping[str, tuple[Sayable, Mapping[Text, Sayable]]]
_BLOCK: Final = re.compile(r"(?m)^(?=\[)")
_FIGURE: Final = re.compile(r"(?m)^(figure_\w+)(\s*=\s*)[^#\n]*")
_SPEED: Final = re.compile(r"(?m)^(speed_kmh)(\s*=\s*)[^#\n]*")


def with_figure(toml: str, rule_id: str, figure: float | tuple[float, float]) -> str:
    """The text with the figure (or band) of one rule replaced; as it was if it states none for it."""
    written = f"[{figure[0]:.12g}, {figure[1]:.12g}]" if isinstance(figure, tuple) else f"{figure:.12g}"
    named = re.compile(rf'(?m)^id\s*=\s*"{re.escape(rule_id)}"')
    blocks = [
        _FIGURE.sub(rf"\g<1>\g<2>{written} ", block, count=1)
        if block.startswith("[[rule]]") and named.search(block)
        else block
        for block in _BLOCK.split(toml)
    ]
    return "".join(blocks)


def with_speed(toml: str, speed_kmh: float) -> str:
    """The text with another walking speed; the heading [walking] is added where there is none."""
    blocks = _BLOCK.split(toml)
    for i, block in enumerate(blocks):
        if block.startswith("[walking]"):
            stated = _SPEED.search(block)
            line = f"speed_kmh = {speed_kmh:.12g}\n"
            blocks[i] = (
                _SPEED.sub(rf"\g<1>\g<2>{speed_kmh:.12g} ", block, count=1)
                if stated
                else block.replace("[walking]\n", f"[walking]\n{line}", 1)
            )
            return "".join(blocks)
    return f"{toml.rstrip()}\n\n[walking]\nspeed_kmh = {speed_kmh:.12g}\n"


def as_own(standard: Standard, base: Standard) -> Standard:
    """`standard`, titled as an own one made from `base`, with its differences and without the name of the
    document, which says something else; as it is if there are none.

    What the base read its figures in speaks for these figures: a rule that asks for something else and names
    no other source has none."""
    names, known = _names(standard, base), {rule.id: rule for rule in base.rules}
    stated = {rule.id: (rule.evidence, rule.source) for rule in standard.rules}
    rules = tuple(
        replace(rule, evidence=known[rule.id].evidence, source=known[rule.id].source)
        if rule.id in known and stated[rule.id] == (None, "")
        else rule
        for rule in standard.rules
    )
    document = standard.document or base.document
    found = tuple(_differences(replace(standard, rules=rules, document=document), base))
    if not found:
        return replace(standard, title=base.title, rules=rules, differences=(), made_from=None)
    n, zh, en = len(found), base.title.zh, base.title.en
    title = Bilingual(
        f"自有标准（改自{zh}，{n}处不同）",
        f"Own standard (from {en}, {n} {'difference' if n == 1 else 'differences'})",
    )
    rules = tuple(
        replace(rule, evidence=None, source="")
        if (old := known.get(rule.id))
        and (rule.evidence, rule.source) == (old.evidence, old.source)
        and _asked(names, rule) != _asked(names, old)
        else rule
        for rule in rules
    )
    return replace(standard, title=title, rules=rules, differences=found, made_from=base, document="")


def _names(standard: Standard, base: Standard) -> Standard:
    """What names rules and kinds of facility for both: the base where it knows them."""
    known = {rule.id for rule in base.rules}
    added = tuple(rule for rule in standard.rules if rule.id not in known)
    return replace(base, rules=base.rules + added, tier_titles={**standard.tier_titles, **base.tier_titles})


def _differences(standard: Standard, base: Standard) -> Iterator[Text]:
    """One a rule, need and setting: figures, speeds, limits of verdicts, names, rules more or fewer."""
    names = _names(standard, base)
    tiers = [tier for tier in base.tiers if tier in standard.tiers]
    yield from _listed(_described(base, names, tiers), _described(standard, names, tiers))


def _described(standard: Standard, names: Standard, tiers: Iterable[str]) -> _Described:
    return {
        **{rule.id: (standard.rule_title(rule), _rule_words(names, rule)) for rule in standard.rules},
        **{f"need {need.id}": (need.title, _need_words(names, need)) for need in standard.needs},
        "": (text("Setting"), _setting_words(standard, names, tiers)),
    }


def _listed(old: _Described, new: _Described) -> Iterator[Text]:
    for key, (title, after) in new.items():
        if key not in old:
            yield text("{rule}: added", rule=title)
            continue
        before = old[key][1]
        for word, said in after.items():
            if said != before[word]:
                yield text(
                    "{what}, {key}: {before} → {after}",
                    what=old[key][0],
                    key=word,
                    before=before[word] or text("none"),
                    after=said or text("none"),
                )
    for key, (title, _) in old.items():
        if key not in new:
            yield text("{rule}: left out", rule=title)


_CHECKS: Final = {
    Check.RADIUS: text("straight line"),
    Check.WALK: text("on foot"),
    Check.LOAD: text("residents per facility"),
    Check.PRESENCE: text("a facility in every unit"),
    Check.RATIO: text("places per 1,000"),
    Check.UNITS: text("units in which all are served"),
    Check.AREA: text("floor area per 100 households"),
}
_STATUS: Final = {
    "in_force": text("in force"),
    "draft": text("draft"),
    "superseded": text("superseded"),
    "template": text("template"),
}


def _asked(names: Standard, rule: Rule) -> dict[Text, Sayable]:
    """What a rule asks for, in a reader's words; every field of it that decides."""
    whole: Sayable = share_title(rule.denominator)
    if rule.basis:
        whole = remarked(whole, basis_title(rule.basis))
    known = {one.id for one in names.rules}
    return {
        text("kind of rule"): _CHECKS[rule.check],
        text("figure"): figure_title(replace(rule, tolerance=0.0)),
        text("facilities that count"): listed(map(names.tier_title, rule.serves)),
        text("kind of facility"): names.tier_title(rule.tier),
        text("residents counted"): settlement_title(rule.settlement),
        text("units"): level_title(rule.unit),
        text("group"): group_title(rule.group),
        text("rules within which all must live"): listed(
            names.rule_title(names.rule(one)) if one in known else one for one in rule.within
        ),
        text("walking speed (km/h)"): _number(rule.speed(names.walking)),
        text("least floor area (m²)"): _number(rule.least_m2),
        text("least number of services"): _number(rule.least_functions),
        text("residents per household"): _number(rule.household_size),
        text("denominator"): whole,
    }


def _rule_words(names: Standard, rule: Rule) -> dict[Text, Sayable]:
    return {
        **_asked(names, rule),
        text("tolerance"): _percent(rule.tolerance),
        text("task or clause"): rule.clause,
        text("wording"): rule.wording,
        text("evidence"): evidence_title(rule.evidence),
        text("source"): rule.source,
        text("responsible units"): listed(rule.responsible),
    }


def _need_words(names: Standard, need: Need) -> dict[Text, Sayable]:
    return {
        text("name"): need.title,
        text("figure"): need_figure(need),
        text("measured by"): text("area of ground") if need.by_ground else text("floor area"),
        text("share of residents within it"): _percent(need.least_share),
        text("facilities that count"): listed(map(names.tier_title, need.serves)),
        text("residents counted"): settlement_title(need.settlement),
        text("evidence"): evidence_title(need.evidence),
        text("source"): need.source,
        text("responsible units"): listed(need.responsible),
    }


def _setting_words(standard: Standard, names: Standard, tiers: Iterable[str]) -> dict[Text, Sayable]:
    """Speeds, limits, what the document says of itself, and the names of kinds of facility."""
    walking, verdicts = standard.walking, standard.verdicts
    return {
        text("walking speed (km/h)"): _number(walking.speed_kmh),
        text("walking speed of the elderly (km/h)"): _number(walking.elderly_speed_kmh),
        text("farthest from a street (m)"): _number(walking.snap_limit_m),
        text("islands of streets below (m)"): _number(walking.island_m),
        text("met from"): _percent(verdicts.meets_share),
        text("nearly met from"): _percent(verdicts.nearly_share),
        text("document"): standard.document,
        text("date of issue"): standard.issued,
        text("status"): _STATUS.get(standard.status, standard.status),
        **{text("name of “{tier}”", tier=names.tier_title(one)): standard.tier_title(one) for one in tiers},
    }


def _number(value: float | None) -> str:
    return f"{value:.12g}" if value else ""


def _percent(share: float) -> str:
    return f"{100.0 * share:.10g}%"
