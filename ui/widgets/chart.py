"""Small charts by Altair, which Streamlit brings: figures under the pointer, sharp on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Sayable
from ui.shell.choices import words

if TYPE_CHECKING:  # takes a second to import
    pass

_COLOURS: Final = ("#1b6ca8", "#b3400f", "#0b7a4b", "#5b3a8c")
_DASHES: Final[tuple[list[float], ...]] = ([1, 0], [7, 4], [2, 4], [9, 3, 2, 3])
_INK: Final = "#33424f"
_SIZE_PX: Final = (720, 330)
# Drawn as shapes, not as pixels: sharp on paper. A browser's own fonts know Chinese.
_EMBED: Final = {"embedOptions": {"renderer": "svg", "actions": False}}
_FONT: Final = "'Source Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


@dataclass(frozen=True)
class Series:
    """One line; `points` are (x, y) in the units of the axes, with a dot each where `dots`."""

    title: Sayable
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """What runs along an axis, and how its figures are written (d3's formats: `.0%`, `d`, `,.0f`).

    `low` and `high` are its ends; without them it is as long as the figures need.
    """

    title: Sayable
    written: str
    low: float | None = None
    high: float | None = None


def line_chart(title: Sayable, series: Sequence[Series], x: Axis, y: Axis) -> None:
    """Draw the lines with their legend; `title` is the chart's accessible name."""
    import altair as alt
    import pandas as pd

    tr = words()
    names = [tr(one.title) for one in series]
    table = pd.DataFrame(
        [
            {"series": name, "x": px, "y": py, "dot": one.dots}
            for name, one in zip(names, series, strict=True)
            for px, py in one.points
        ]
    )
    colour = alt.Color("series:N", title=None).scale(domain=names, range=list(_COLOURS[: len(names)]))
    dash = alt.StrokeDash("series:N", title=None).scale(domain=names, range=list(_DASHES[: len(names)]))
    lines = alt.Chart(table).encode(
        x=alt.X("x:Q", **_axis(x)),
        y=alt.Y("y:Q", **_axis(y)),
        color=colour,
        tooltip=[
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("x:Q", title=tr(x.title), format=x.written),
            alt.Tooltip("y:Q", title=tr(y.title), format=y.written),
        ],
    )
    drawn = alt.layer(
        lines.mark_line(strokeWidth=2.5).encode(strokeDash=dash),
        lines.mark_point(filled=True, size=45).transform_filter("datum.dot"),
        # Wide and unseen, so that a pointer finds its figure.
        lines.mark_point(size=300, opacity=0),
    )
    _shown(drawn, _SIZE_PX[1], title)


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its share 0..1, and what is written at its end."""

    name: Sayable
    share: float
    said: str


def bar_chart(title: Sayable, bars: Sequence[Bar]) -> None:
    """Bars below each other in their order; `title` is the chart's accessible name."""
    import altair as alt
    import pandas as pd

    tr = words()
    table = pd.DataFrame([{"name": tr(bar.name), "share": bar.share, "said": bar.said} for bar in bars])
    most = max((bar.share for bar in bars), default=0.0) or 1.0
    drawn = alt.Chart(table).encode(
        x=alt.X("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=6)).scale(
            domain=[0, 1.3 * most]
        ),
        y=alt.Y("name:N", title=None, sort=None),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" ")],
    )
    written = drawn.mark_text(align="left", dx=5, fontSize=13, color=_INK).encode(text="said:N")
    layers = alt.layer(drawn.mark_bar(color=_COLOURS[0]), written)
    _shown(layers, 34 * max(len(bars), 1), title)


def _shown(drawn: Any, height_px: int, title: Sayable) -> None:
    chart = drawn.properties(height=height_px, description=words()(title), usermeta=_EMBED)
    looks: Any = {"labelFontSize": 13, "titleFontSize": 13, "labelColor": _INK, "titleColor": _INK}
    chart = chart.configure(font=_FONT).configure_axis(**looks, gridColor="#e1e6ea")
    chart = chart.configure_legend(orient="bottom", labelFontSize=13, labelColor=_INK, labelLimit=400)
    with st.container(width=_SIZE_PX[0]):
        st.altair_chart(chart, theme=None, width="stretch")


def _axis(axis: Axis) -> dict[str, Any]:
    import altair as alt

    if axis.low is None or axis.high is None:
        scale = alt.Scale(zero=False, nice=True)
    else:
        scale = alt.Scale(domain=[axis.low, axis.high])
    title = words()(axis.title)
    return {"title": title, "axis": alt.Axis(format=axis.written, tickCount=6), "scale": scale}
