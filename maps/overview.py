"""Many areas on one page: a map coloured by rule, a table to sort, a link into each area's own map.

One file without a library: it opens from Chromium 65 and Firefox 60 on, offline.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from core.text import Text, text
from coverage.model.verdict_rows import SYNTHETIC, VERDICT_WORDS
from maps.palette import AREAS, INK, PAPER
from maps.safe_text import Voice

STATES: Final = {
    "done": text("assessed"),
    "skipped": text("assessed before"),
    "failed": text("failed"),
    "stopped": text("not made: stopped"),
    "waiting": text("not made yet"),
}
# What the shares of many areas are shares of: said wherever they stand side by side.
SHARES: Final = text(
    "A share is of the residents of whom the rule speaks, or of the units or facilities where the rule "
    "judges those; areas by different standards are compared by the rule’s name alone."
)
BY_STANDARDS: Final = text("By: {standards}. Day of the assessment: {days}.")
_ASSETS: Final = Path(__file__).parent / "assets"
_WIDTH: Final = 1000.0
_METRES_A_DEGREE: Final = 111_320.0
_BAR_KM: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
# With more areas their table begins on a sheet of its own.
_ON_THE_MAPS_SHEET: Final = 12


@dataclass(frozen=True)
class RuleOnMap:
    """A rule by which areas can be coloured: its id, title, and the figure asked for."""

    id: str
    title: Text
    asked: Text


@dataclass(frozen=True)
class AreaOnMap:
    """`rules` has for each rule judged (verdict, share of residents or units, its figure in words); `outline`
    is a GeoJSON geometry in degrees, None where the area was not assessed."""

    name: str
    code: str
    folder: str
    state: str
    message: Text | None
    residents: float | None
    rules: Mapping[str, tuple[str | None, float | None, Text]]
    outline: Mapping[str, Any] | None
    synthetic: bool = False
    has_map: bool = True


def overview_page(
    areas: Sequence[AreaOnMap], rules: Sequence[RuleOnMap], *, language: str, basis: Text | None = None
) -> str:
    """The page. Areas without a verdict on the rule chosen are grey; nothing is computed here.

    `basis` says by which standards and when.
    """
    voice = Voice.of(language)
    data = {
        "rules": [
            {"id": rule.id, "title": voice.translate(rule.title), "asked": voice.translate(rule.asked)}
            for rule in rules
        ],
        "areas": [_area(area, voice) for area in areas],
        "words": {verdict: voice.translate(words) for verdict, words in VERDICT_WORDS.items()},
        "colours": AREAS,
    }
    title = voice(text("Areas side by side"))
    picture, bar_km = _picture(areas, voice)
    parts = {
        "LANG": "zh-CN" if voice.chinese else "en",
        "TITLE": title,
        "STYLE": (_ASSETS / "overview.css").read_text("utf-8").replace("PAPER", PAPER).replace("INK", INK),
        "SYNTHETIC": f'<p class="synthetic">{voice(SYNTHETIC)}</p>'
        if any(a.synthetic for a in areas)
        else "",
        "RULE": voice(text("Rule")),
        "COUNT": voice(
            text(
                "{ready} of {all} areas are assessed.",
                ready=sum(bool(area.rules) for area in areas),
                all=len(areas),
            )
        ),
        "HEAD": "".join(
            f'<th scope="col"><button type="button" data-sort="{key}">{voice(words)}</button></th>'
            for key, words in _HEAD.items()
        ),
        "NONE": voice(text("No verdict on this rule")),
        "BASIS": "".join(f"<p>{voice(said)}</p>" for said in (basis, SHARES) if said is not None),
        "KEY": voice(
            text("Squares show where residents live; they are no borders. Click an area to open its map.")
        )
        + ("" if voice.chinese else " ")
        + (voice(text("The bar on the map is {km:g} km long.", km=bar_km)) if bar_km else ""),
        "MAP": picture,
        "MANY": "many" if len(areas) > _ON_THE_MAPS_SHEET else "few",
        "DATA": json.dumps(data).replace("<", "\\u003c"),
        "SCRIPT": (_ASSETS / "overview.js").read_text("utf-8"),
    }
    page = (_ASSETS / "overview.html").read_text("utf-8")
    # At once: a name may hold what looks like another part.
    return re.sub("%%([A-Z]+)%%", lambda found: parts[found[1]], page)


_HEAD: Final = {
    "name": text("Region"),
    "code": text("Code"),
    "state": text("State"),
    "residents": text("Residents"),
    "share": text("Share"),
    "verdict": text("Verdict"),
    "actual": text("Actual"),
}


def _area(area: AreaOnMap, voice: Voice) -> dict[str, Any]:
    return {
        "name": area.name,
        "code": area.code,
        "link": _link(area),
        "state": voice.translate(STATES[area.state]),
        "message": "" if area.message is None else voice.translate(area.message),
        "residents": area.residents,
        "said": _said(area.residents, text("{n:,.0f}", n=area.residents), voice),
        "rules": {
            rule: [
                verdict,
                share,
                _said(share, text("{share:.1%}", share=share), voice),
                voice.translate(actual),
            ]
            for rule, (verdict, share, actual) in area.rules.items()
        },
    }


def _said(number: float | None, words: Text, voice: Voice) -> str:
    """The words of a number, as they stand everywhere else; none of what is not known."""
    return "" if number is None else voice.translate(words)


def _link(area: AreaOnMap) -> str:
    return f"areas/{quote(area.folder)}/map.html" if area.rules and area.has_map else ""


def _picture(areas: Sequence[AreaOnMap], voice: Voice) -> tuple[str, float]:
    """The outlines as SVG, equirectangular about the middle latitude, north up, with a bar of so many
    kilometres; nothing and 0 where there is no outline."""
    rings = [list(_rings(area.outline)) for area in areas]
    points = [point for of_area in rings for ring in of_area for point in ring]
    if not points:
        return "", 0.0
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = _WIDTH / max((east - west) * narrow, 1e-9)
    height = max((north - south) * scale, 1.0)
    shapes = []
    for number, (area, of_area) in enumerate(zip(areas, rings, strict=True)):
        path = "".join(
            "M"
            + "L".join(f"{(x - west) * narrow * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring)
            + "Z"
            for ring in of_area
        )
        if path:
            name, link = voice(area.name), _link(area)
            leads = f'href="{link}"' if link else ""
            shapes.append(
                f'<a {leads} tabindex="-1"><path data-area="{number}" d="{path}">'
                f"<title>{name}</title></path></a>"
            )
    title = voice(text("Map of all areas"))
    km = _WIDTH / scale * _METRES_A_DEGREE / 1000.0
    bar = max((one for one in _BAR_KM if one <= km / 4), default=_BAR_KM[0])
    drawn = (
        f'<svg viewBox="-8 -8 {_WIDTH + 16:.0f} {height + 46:.0f}" role="img" aria-label="{title}">'
        f"{''.join(shapes)}"
        f'<path class="bar" d="M0 {height + 10:.0f}v16h{bar / km * _WIDTH:.1f}v-16"></path></svg>'
    )
    return drawn, bar


def _rings(outline: Mapping[str, Any] | None) -> list[list[list[float]]]:
    if outline is None or not outline.get("coordinates"):
        return []
    polygons = outline["coordinates"]
    polygons = [polygons] if outline["type"] == "Polygon" else polygons
    return [ring for polygon in polygons for ring in polygon]
