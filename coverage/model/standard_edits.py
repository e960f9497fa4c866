"""Standards made from others: in what they differ, and their own text with another figure or speed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

from core.text import Bilingual, Sayable, Text, text
from coverage.model.standard import Evidence, Rule, Standard, evidence_title, level_title, settlement_title

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
    document, which says something else; as it is if there are none."""
    found = tuple(_differences(standard, base))
    if not found:
        return replace(standard, title=base.title, differences=(), made_from=None)
    n, zh, en = len(found), base.title.zh, base.title.en
    title = Bilingual(
        f"自有标准（改自{zh}，{n}处不同）",
        f"Own standard (from {en}, {n} {'difference' if n == 1 else 'differences'})",
    )
    return replace(standard, title=title, differences=found, made_from=base, document="")


def _differences(standard: Standard, base: Standard) -> Iterator[Text]:
    """One a rule and setting: figures, speeds, limits of verdicts, rules more or fewer."""
    old = {rule.id: rule for rule in base.rules}
    new = {rule.id: rule for rule in standard.rules}
    for rule_id, rule in new.items():
        if rule_id not in old:
            yield text("{rule}: added", rule=standard.rule_title(rule))
            continue
        for name in _RULE_FIELDS:
            before, after = getattr(old[rule_id], name), getattr(rule, name)
            if before != after:
                yield _changed(standard, base.rule_title(old[rule_id]), name, before, after)
    for rule_id, rule in old.items():
        if rule_id not in new:
            yield text("{rule}: left out", rule=base.rule_title(rule))
    for part, whole in (("walking", base.walking), ("verdicts", base.verdicts)):
        for field in fields(whole):
            before, after = getattr(whole, field.name), getattr(getattr(standard, part), field.name)
            if before != after:
                yield _changed(standard, text("Setting"), field.name, before, after)


_RULE_FIELDS: Final = tuple(field.name for field in fields(Rule) if field.name != "id")
# What the keys of a standard's file are called; others are shown as the file writes them.
_KEYS: Final = {
    "figure": text("figure"),
    "band": text("band"),
    "tolerance": text("tolerance"),
    "serves": text("facilities that count"),
    "tier": text("kind of facility"),
    "settlement": text("residents counted"),
    "unit": text("units"),
    "within": text("rules within which all must live"),
    "speed_kmh": text("walking speed (km/h)"),
    "elderly_speed_kmh": text("walking speed of the elderly (km/h)"),
    "snap_limit_m": text("farthest from a street (m)"),
    "island_m": text("islands of streets below (m)"),
    "least_m2": text("least floor area (m²)"),
    "least_functions": text("least number of services"),
    "household_size": text("residents per household"),
    "denominator": text("denominator"),
    "clause": text("task"),
    "wording": text("wording"),
    "evidence": text("evidence"),
    "source": text("source"),
    "responsible": text("responsible units"),
    "meets_share": text("met from"),
    "nearly_share": text("nearly met from"),
}


def _changed(standard: Standard, what: Text, key: str, before: object, after: object) -> Text:
    return text(
        "{what}, {key}: {before} → {after}",
        what=what,
        key=_KEYS.get(key, key),
        before=_said(standard, key, before),
        after=_said(standard, key, after),
    )


def _said(standard: Standard, key: str, value: object) -> Sayable:
    """A value as a reader knows it."""
    if value is None or value == "" or value == ():
        return text("none")
    if isinstance(value, tuple):
        first, *more = (_said(standard, key, one) for one in value)
        for one in more:
            first = text("{one}, {another}", one=first, another=one)
        return first
    if key in ("tier", "serves"):
        return standard.tier_title(str(value))
    if key == "within" and value in {rule.id for rule in standard.rules}:
        return standard.rule_title(standard.rule(str(value)))
    if isinstance(value, Evidence):
        return evidence_title(value)
    if key in ("settlement", "unit"):
        return {"settlement": settlement_title, "unit": level_title}[key](str(value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)
