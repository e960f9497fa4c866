"""Units coloured by a rule of the reader's choice, with their table: what the script needs of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import pandas as pd
import shapely

from core.text import text
from coverage.model.standard import level_title
from coverage.model.tables import LEVELS
from maps import palette
from maps.layers import Studio
from maps.model import MapModel
from maps.polylines import TOLERANCE_DEG, packed_areas

_OF_RESIDENTS: Final = "residents"


def units_block(studio: Studio) -> dict[str, Any] | None:
    """Every level with its shapes, names and, rule by rule, shares (null where a rule says nothing of a
    unit), residents not covered and residents; None where the model has no units."""
    units, shares, voice = studio.model.units, studio.model.unit_shares, studio.voice
    if units is None or shares is None or not _shown(studio.model):
        return None
    levels = []
    for level in LEVELS:
        rows = units[units["level"] == level]
        if not len(rows):
            continue
        of_level, unit_ids = shares[shares["level"] == level], rows["unit_id"].tolist()
        rules = [_figures(of_level[of_level["rule"] == rule], unit_ids) for rule in _shown(studio.model)]
        shapes = shapely.simplify(rows.geometry.to_numpy(), TOLERANCE_DEG)
        levels.append({"key": level, "shapes": packed_areas(list(shapes)), "rules": rules,
                       "names": [voice(str(name)) for name in rows["name"]]})  # fmt: skip
    said = {"missed": text("Residents not covered"), "whole": text("Residents"), "share": text("Share"),
            "unit": text("Unit")}  # fmt: skip
    return {
        "levels": levels,
        "limits": list(palette.SHARE_LIMITS),
        "colours": list(palette.SHARES),
        "words": {key: voice(one) for key, one in said.items()},
    }


def _figures(rows: pd.DataFrame, unit_ids: list[str]) -> dict[str, list[float | None]]:
    mine = rows.set_index("unit_id").reindex(unit_ids)
    counted = mine["residents"].astype(float).where(mine["share_of"] == _OF_RESIDENTS)
    return {
        "share": _plain(mine["share"].astype(float).round(4)),
        "missed": _plain((counted - mine["residents_met"]).round()),
        "residents": _plain(counted.round()),
    }


def _plain(column: pd.Series[float]) -> list[float | None]:
    return [None if value != value else value for value in column.astype(float).tolist()]


def units_fold(studio: Studio) -> str:
    """The fold of the panel where level and rule are chosen; the script fills the table."""
    model, voice = studio.model, studio.voice
    if model.units is None or not _shown(model):
        return ""
    rules = "".join(
        f'<option value="{number}">{voice(model.rule_titles[rule])}</option>'
        for number, rule in enumerate(_shown(model))
    )
    levels = "".join(
        f'<option value="{level}">{voice(level_title(level))}</option>'
        for level in LEVELS
        if (model.units["level"] == level).any()
    )
    edges = ["0 %", *(f"{limit:.0%}" for limit in palette.SHARE_LIMITS)]
    said = [f"{low}–{high}" for low, high in pairwise(edges)] + [edges[-1]]
    legend = "".join(
        f'<li><i style="background:{colour}"></i>{voice(words)}</li>'
        for colour, words in zip(palette.SHARES, said, strict=True)
    )
    title, coloured = voice(text("Units by a rule")), voice(text("Colour the units on the map"))
    level_said, rule_said = voice(text("Level")), voice(text("Rule"))
    return (
        f'<details class="units"><summary>{title}</summary><div class="units-body">'
        f'<label><input type="checkbox" id="units-shown"> {coloured}</label>'
        f'<select id="units-level" aria-label="{level_said}">{levels}</select>'
        f'<select id="units-rule" aria-label="{rule_said}">{rules}</select>'
        f'<ul class="shares">{legend}</ul><table id="units-table"></table></div></details>'
    )


def _shown(model: MapModel) -> list[str]:
    """The rules that give any unit a share, in the standard's order."""
    shares = model.unit_shares
    there = set() if shares is None else set(shares.loc[shares["share"].notna(), "rule"])
    return [rule for rule in model.rule_titles if rule in there]
