"""Small line charts as SVG: drawn here, so that no library is asked for and words are ours."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ui.shell.safe import in_html

_WIDTH, _HEIGHT = 640.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 14.0, 12.0, 58.0
# A picture does not see the page's style.
_LOOK: Final = "line{stroke:#e1e6ea}text{font:13px 'Source Sans',sans-serif;fill:#4b5765}"
_STYLES: Final = (("#1b6ca8", ""), ("#b3400f", "7 4"), ("#0b7a4b", "2 4"), ("#5b3a8c", "9 3 2 3"))


@dataclass(frozen=True)
class Series:
    """One line; `points` are (x, y) in the units of the axes, drawn with a dot each where `dots`."""

    title: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """From `low` to `high` with marked values and what they are called; `title` stands beside it."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    title: str

    def at(self, value: float) -> float:
        """0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5


def line_chart(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """The chart with its legend as HTML; `title` is what it is called aloud."""
    lines = "".join(_line(one, number, x, y) for number, one in enumerate(series))
    legend = "".join(_legend(one, number) for number, one in enumerate(series))
    drawn = _picture(_WIDTH, _HEIGHT, _grid(x, y) + lines, title)
    return f'<figure class="chart">{drawn}<div class="keys">{legend}</div></figure>'


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its share 0..1, and what is written at its end."""

    name: str
    share: float
    said: str


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Bars below each other, the longest over the whole width; `title` is its accessible name."""
    most = max((bar.share for bar in bars), default=0.0) or 1.0
    step, left, right = 30.0, 150.0, 170.0
    drawn = []
    for number, bar in enumerate(bars):
        top = number * step + 4.0
        width = (_WIDTH - left - right) * bar.share / most
        drawn.append(
            f'<text x="{left - 8:g}" y="{top + 16:g}" text-anchor="end">{in_html(bar.name)}</text>'
            f'<rect x="{left:g}" y="{top:g}" width="{width:.1f}" height="22" fill="{_STYLES[0][0]}"/>'
            f'<text x="{left + width + 6:.1f}" y="{top + 16:g}">{in_html(bar.said)}</text>'
        )
    picture = _picture(_WIDTH, len(bars) * step + 8.0, "".join(drawn), title)
    return f'<figure class="chart">{picture}</figure>'


def _picture(width: float, height: float, inside: str, title: str = "") -> str:
    """SVG as a picture: the page takes drawings out of HTML, but lets pictures in."""
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}"><style>{_LOOK}</style>{inside}</svg>'
    )
    source = b64encode(drawn.encode("utf-8")).decode("ascii")
    return f'<img alt="{in_html(title)}" src="data:image/svg+xml;base64,{source}">'


def _place(point: tuple[float, float], x: Axis, y: Axis) -> tuple[float, float]:
    across, up = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return _LEFT + across * x.at(point[0]), _TOP + up * (1.0 - y.at(point[1]))


def _line(one: Series, number: int, x: Axis, y: Axis) -> str:
    colour, dash = _STYLES[number % len(_STYLES)]
    places = [_place(point, x, y) for point in one.points]
    path = " ".join(f"{'L' if i else 'M'}{px:.1f} {py:.1f}" for i, (px, py) in enumerate(places))
    dots = "".join(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in places)
    stroke = f'stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"'
    return f'<path d="{path}" fill="none" {stroke}/>{dots if one.dots else ""}'


def _grid(x: Axis, y: Axis) -> str:
    marks = [_tick_up(value, word, x, y) for value, word in y.ticks]
    marks += [_tick_across(value, word, x, y) for value, word in x.ticks]
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    marks.append(
        f'<text x="{middle:g}" y="{_HEIGHT - 10:g}" text-anchor="middle">{in_html(x.title)}</text>'
        f'<text transform="translate(14 {_TOP + 130:g}) rotate(-90)" text-anchor="middle">'
        f"{in_html(y.title)}</text>"
    )
    return "".join(marks)


def _tick_up(value: float, word: str, x: Axis, y: Axis) -> str:
    left, height = _place((x.low, value), x, y)
    right = _WIDTH - _RIGHT
    return (
        f'<line x1="{left:g}" x2="{right:g}" y1="{height:.1f}" y2="{height:.1f}"/>'
        f'<text x="{left - 6:g}" y="{height + 4:.1f}" text-anchor="end">{in_html(word)}</text>'
    )


def _tick_across(value: float, word: str, x: Axis, y: Axis) -> str:
    across, bottom = _place((value, y.low), x, y)
    return f'<text x="{across:.1f}" y="{bottom + 20:.1f}" text-anchor="middle">{in_html(word)}</text>'


def _legend(one: Series, number: int) -> str:
    colour, dash = _STYLES[number % len(_STYLES)]
    stroke = f'stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}"'
    line = _picture(28, 8, f'<path d="M0 4h28" {stroke}/>')
    return f"<span>{line}{in_html(one.title)}</span>"
