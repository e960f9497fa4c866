"""Standards made from others: in what they differ, and their own text with another figure or speed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

from core.text import Bilingual, Text, text
from coverage.model.standard import Rule, Standard

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
    """`standard`, titled as an own one made from `base`, with its differences; as it is if there are none."""
    found = tuple(_differences(standard, base))
    if not found:
        return replace(standard, title=base.title, differences=(), made_from=None)
    n, zh, en = len(found), base.title.zh, base.title.en
    title = Bilingual(
        f"自有标准（改自{zh}，{n}处不同）",
        f"Own standard (from {en}, {n} {'difference' if n == 1 else 'differences'})",
    )
    return replace(standard, title=title, differences=found, made_from=base)


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
                yield _changed(base.rule_title(old[rule_id]), name, before, after)
    for rule_id, rule in old.items():
        if rule_id not in new:
            yield text("{rule}: left out", rule=base.rule_title(rule))
    for part, whole in (("walking", base.walking), ("verdicts", base.verdicts)):
        for field in fields(whole):
            before, after = getattr(whole, field.name), getattr(getattr(standard, part), field.name)
            if before != after:
                yield _changed(text("Setting"), field.name, before, after)


_RULE_FIELDS: Final = tuple(field.name for field in fields(Rule) if field.name != "id")


def _changed(what: Text, key: str, before: object, after: object) -> Text:
    return text(
        "{what}, {key}: {before} → {after}", what=what, key=key, before=_said(before), after=_said(after)
    )


def _said(value: object) -> str:
    """A figure as the file writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(_said(one) for one in value)}]"
    return f"{value:.12g}" if isinstance(value, float) else "–" if value is None else str(value)
