"""A standard's own text with another figure or speed, so that what is stored reads back as it was judged."""

from __future__ import annotations

import re
from typing import Final

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
