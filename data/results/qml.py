"""Styles of QGIS (QML): only what our layers need, and aliases of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

# Fill and size of the dots of the first, second … tier.
_DOTS: Final = (("#14213d", 3.2), ("#ffffff", 2.2), ("#6a3d9a", 2.6), ("#e9e28c", 2.4), ("#7a4b1f", 2.4))


def document(renderer: str, aliases: Sequence[tuple[str, str]]) -> str:
    """The whole style."""
    named = "".join(
        f'<alias field={quoteattr(key)} index="{number}" name={quoteattr(title)}/>'
        for number, (key, title) in enumerate(aliases, start=1)
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields">{renderer}'
        f"<aliases>{named}</aliases></qgis>"
    )


def single(symbol: str, *, label: str = "") -> str:
    """One look for all, with a label where a column is named."""
    one = f"<symbols>{_named(symbol, 0)}</symbols>"
    renderer = f'<renderer-v2 type="singleSymbol" symbollevels="0">{one}</renderer-v2>'
    if not label:
        return renderer
    return renderer + (
        f'<labeling type="simple"><settings><text-style fieldName={quoteattr(label)} fontSize="9" '
        'textColor="29,39,51,255" fontFamily="Noto Sans"><text-buffer bufferDraw="1" bufferSize="0.8" '
        'bufferColor="255,255,255,255"/></text-style><placement placement="1"/></settings></labeling>'
    )


def categorized(column: str, classes: Sequence[tuple[str, str, str]]) -> str:
    """A look for each value: (value, title, symbol)."""
    rows = "".join(
        f'<category value={quoteattr(value)} label={quoteattr(title)} symbol="{i}" render="true"/>'
        for i, (value, title, _) in enumerate(classes)
    )
    symbols = "".join(_named(symbol, i) for i, (_, _, symbol) in enumerate(classes))
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0">'
        f"<categories>{rows}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def shares_of(column: str, level: str, classes: Sequence[tuple[float, float, str]]) -> str:
    """The units of one level filled by their share, (from, to, colour), the others as borders: they would lie
    over one another else."""
    chosen = f'"level" = \'{level}\' AND "{column}"'
    rows = []
    for low, high, colour in classes:
        title, sign = (f"{low:.0%} – {high:.0%}", "<") if high > low else (f"{high:.0%}", "<=")
        rows.append((f'{chosen} >= {low:g} AND "{column}" {sign} {high:g}', title, fill(colour, 0.75)))
    rows.append((f"\"level\" <> '{level}'", "", outline("#54475f")))
    rules = "".join(
        f'<rule filter={quoteattr(chosen)} label={quoteattr(title)} symbol="{i}" key="{{r{i}}}"/>'
        for i, (chosen, title, _) in enumerate(rows)
    )
    symbols = "".join(_named(symbol, i) for i, (_, _, symbol) in enumerate(rows))
    return (
        f'<renderer-v2 type="RuleRenderer" symbollevels="0"><rules key="{{root}}">{rules}</rules>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def dot(position: int) -> str:
    """The mark of a tier of facility."""
    colour, size = _DOTS[position % len(_DOTS)]
    rim = "#ffffff" if position == 0 else "#14213d"
    return _marker("circle", colour, rim, size)


def site() -> str:
    """The mark of a suggested site."""
    return _marker("diamond", "#0b7a4b", "#ffffff", 4.0)


def outline(colour: str) -> str:
    """A border without a fill."""
    return _symbol(
        "fill",
        "SimpleFill",
        {"color": "0,0,0,0", "style": "no", "outline_color": _rgba(colour), "outline_width": "0.4"},
    )


def fill(colour: str, opacity: float) -> str:
    """An area without a border."""
    return _symbol(
        "fill", "SimpleFill", {"color": _rgba(colour, opacity), "style": "solid", "outline_style": "no"}
    )


def line(colour: str) -> str:
    return _symbol("line", "SimpleLine", {"line_color": _rgba(colour), "line_width": "0.9"})


def _marker(name: str, colour: str, rim: str, size: float) -> str:
    properties = {"name": name, "color": _rgba(colour), "outline_color": _rgba(rim), "size": f"{size:g}"}
    return _symbol("marker", "SimpleMarker", properties)


def _symbol(kind: str, drawn: str, properties: dict[str, str]) -> str:
    options = "".join(
        f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in properties.items()
    )
    return (
        f'<symbol type="{kind}" name="@" alpha="1"><layer class="{drawn}" enabled="1">'
        f'<Option type="Map">{options}</Option></layer></symbol>'
    )


def _named(symbol: str, number: int) -> str:
    return symbol.replace('name="@"', f'name="{number}"', 1)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{round(255 * opacity)}"
