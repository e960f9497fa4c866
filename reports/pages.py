"""The briefing as pages: a PDF (PDF/A-2b, maps as vectors, text extractable), and a map sheet as a PNG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from core.text import Sayable, Text, text
from locales import Translator
from reports.briefing.model import Bars, Briefing, GapFinding, Table, View
from reports.briefing.next_steps import NEXT_STEPS
from reports.document import fitted, map_heading
from reports.pictures import FULL, HALF, Pictures, Size
from reports.typeset import lighter, said, typeset

_DPI: Final = 300
# Paper → the size of its map in units of the drawing.
_SHEETS: Final[dict[str, Size]] = {"A4": (1200.0, 660.0), "A3": (1740.0, 1060.0)}
# Chinese characters of a table’s type across the text.
_TABLE_SIGNS: Final = 50.0
_FEW_ROWS: Final = 6
_NUMERALS: Final = "一二三四五六七八九十"
_STYLE: Final = """
#set page(paper: "a4", margin: (top: 30mm, bottom: 26mm, left: 28mm, right: 26mm), footer: context [
  #set text(size: 8pt, fill: luma(35%), font: "Noto Sans SC")
  FOOT #h(1fr) — #counter(page).display() —])
#set text(font: ("Noto Serif SC", "Noto Sans SC"), size: 11.5pt, lang: "LANG", cjk-latin-spacing: none,
  hyphenate: false, features: FEATURES)
#set par(leading: 0.85em, spacing: 1.1em, first-line-indent: (amount: INDENT, all: true), justify: true)
#show heading: set text(font: "Noto Sans SC", size: 13.5pt, weight: "regular")
#show heading: it => block(above: 1.5em, below: 0.9em, it.body)
#show table: set text(size: 8.5pt)
#show table: set par(first-line-indent: 0em, leading: 0.5em, justify: false)
#set table(stroke: 0.4pt + luma(55%), inset: (x: 4pt, y: 4pt))
#show table.cell.where(y: 0): set text(font: "Noto Sans SC")
#let small(body) = {
  set par(first-line-indent: 0em, leading: 0.6em, justify: false); text(size: 9pt, fill: luma(30%), body) }
#let spoken(body) = block(inset: (left: 8pt), stroke: (left: 2.5pt + rgb("#9c1c1c")), {
  set par(first-line-indent: 0em); text(size: 13pt, body) })
#let boxes(..all) = block(breakable: false, {
  set par(first-line-indent: 0em, leading: 0.55em, justify: false); set text(size: 9.5pt)
  grid(columns: (1fr,) * all.pos().len(), gutter: 10pt, ..all) })
#let bar(part) = box(width: 100%, rect(width: part * 1%, height: 9pt, fill: rgb("#5f9fcc"), stroke: none))
#let red(body) = { set par(first-line-indent: 0em); text(size: 10pt, fill: rgb("#9c1c1c"), body) }
"""


def pdf_bytes(briefing: Briefing, pictures: Pictures) -> bytes:
    """The briefing as a PDF; the time it states is the result's."""
    pages = _Pages(briefing, pictures)
    return typeset("\n\n".join(pages.source()), pages.files, kind="pdf", created=briefing.created)[0]


def map_sheet(briefing: Briefing, pictures: Pictures, *, paper: Literal["A4", "A3"]) -> bytes:
    """A landscape sheet at 300 dpi: title, headline, map (legend, scale, north arrow) and the strip."""
    tr = pictures.tr
    size = _SHEETS[paper]
    strip = " · ".join(f"{said(tr(term))}{_colon(tr)}{said(tr(value))}" for term, value in briefing.strip)
    head = (
        f"#text(size: 17pt)[{said(tr(briefing.title))}] #h(1fr) "
        f"#text(size: 10pt)[{said(tr(briefing.mark))}]\n\n"
        f"#text(size: 12pt)[{said(tr(briefing.headline.words))}]\n\n{_badges(briefing, tr)}\n\n"
        f"#text(size: 9.5pt)[{said(tr(briefing.map.title))}]"
    )
    foot = f"#text(size: 7.5pt, fill: luma(30%))[{strip}]"
    source = (
        f'#set page(paper: "{paper.lower()}", flipped: true, margin: 9mm)\n'
        '#set text(font: "Noto Sans SC", size: 11pt, cjk-latin-spacing: none, '
        f"features: {_features(tr)})\n"
        "#set par(leading: 0.55em, spacing: 0.7em)\n"
        f"#grid(rows: (auto, 1fr, auto), row-gutter: 2mm, [{head}], "
        f'align(center, image("map.svg", width: 100%, height: 100%, fit: "contain")), [{foot}])'
    )
    files = {"map.svg": pictures.svg(briefing.map, size)}
    return lighter(typeset(source, files, kind="png", ppi=_DPI)[0], _DPI)


def _badges(briefing: Briefing, tr: Translator) -> str:
    shown = [
        f'#text(size: 9pt, fill: rgb("#9c1c1c"))[{said(tr(one))}]'
        for one in (*briefing.badges, *briefing.caveats)
    ]
    return " ".join(shown)


def _features(tr: Translator) -> str:
    """In English quotation marks and apostrophes are as narrow as its letters."""
    return "()" if tr.language == "zh" else '("pwid",)'


def _colon(tr: Translator) -> str:
    return "：" if tr.language == "zh" else ": "


class _Pages:
    """Typst source of the PDF, chapter by chapter, and the maps that it names."""

    def __init__(self, briefing: Briefing, pictures: Pictures) -> None:
        self.briefing, self.pictures, self.tr = briefing, pictures, pictures.tr
        self.files: dict[str, bytes] = {}
        self._chapter = 0

    def source(self) -> Iterator[str]:
        briefing, tr = self.briefing, self.tr
        foot = " · ".join(
            self._w(one) for one in (briefing.city, briefing.mark, briefing.day, briefing.code) if one
        )
        indent = "2em" if tr.language == "zh" else "0em"
        style = _STYLE.replace("LANG", tr.language).replace("FEATURES", _features(tr))
        yield style.replace("INDENT", indent).replace("FOOT", foot)
        yield f"#set document(title: [{self._w(briefing.title)}])"
        yield "#show align: set par(justify: false)"
        yield f'#align(center, text(font: "Noto Sans SC", size: 20pt)[{self._w(briefing.title)}])'
        yield f"#align(center, text(size: 10.5pt)[{self._w(briefing.subtitle)}])"
        yield from (f"#red[{self._w(one)}]" for one in briefing.badges)
        yield self._heading(text("Situation and conclusion"))
        yield f"#spoken[{self._w(briefing.headline.words)}]"
        yield "".join(self._w(one.words) + ("" if tr.language == "zh" else " ") for one in briefing.besides)
        yield from (f"#red[{self._w(one)}]" for one in briefing.caveats)
        yield self._key_figures()
        if briefing.changes is not None:
            yield from self._chapter_of(briefing.changes)
        if briefing.pair is not None:
            yield self._side_by_side(briefing.pair)
        if briefing.history is not None:
            yield from self._chapter_of(briefing.history)
        for table in (briefing.rules, *briefing.lists):
            if table is not None:
                yield from self._chapter_of(table)
        yield self._heading(map_heading(briefing))
        yield self._figure(briefing.map, briefing.map.title)
        yield from self._walking()
        yield from self._shortfalls()
        if briefing.complete is not None:
            yield from self._chapter_of(briefing.complete)
        yield from self._proposal()
        if briefing.tasks is not None:
            yield from self._chapter_of(briefing.tasks)
        if briefing.next_steps:
            yield self._heading(NEXT_STEPS)
            yield "\n\n".join(self._w(one.words) for one in briefing.next_steps)
        yield self._heading(text("Appendix: method, data and limits"))
        yield self._table(briefing.method)
        if briefing.shares is not None:
            yield self._titled(briefing.shares)
        strip = Table(text("This product"), (text("Term"), text("What holds here")), briefing.strip, (22, 78))
        yield self._table(strip)

    def _w(self, words: Sayable) -> str:
        return said(self.tr(words))

    def _heading(self, title: Text) -> str:
        self._chapter += 1
        zh = self.tr.language == "zh"
        number = said(f"{_NUMERALS[(self._chapter - 1) % 10]}、") if zh else f"{self._chapter}#h(0.5em)"
        return f"= {number}{self._w(title)}"

    def _chapter_of(self, table: Table) -> Iterator[str]:
        yield self._heading(table.title if isinstance(table.title, Text) else text("{one}", one=table.title))
        yield self._table(table)

    def _titled(self, table: Table) -> str:
        """A table under its title, which no end of a page parts from it."""
        return f"#block(sticky: true, small[{self._w(table.title)}])\n\n{self._table(table)}"

    def _table(self, table: Table) -> str:
        columns = ", ".join(f"{width:g}fr" for width in fitted(table, self.tr, _TABLE_SIGNS))
        sides = ", ".join("right" if i in table.right else "left" for i in range(len(table.widths)))
        head = ", ".join(f"[{self._w(one)}]" for one in table.head)
        rows = ",\n".join(", ".join(f"[{self._w(cell)}]" for cell in row) for row in table.rows)
        notes = "\n\n".join(f"#small[{self._w(one)}]" for one in table.notes)
        made = f"table(columns: ({columns}), align: ({sides}), table.header({head}),\n{rows})"
        # A few rows stay together.
        grid = f"#block(breakable: false, {made})" if len(table.rows) <= _FEW_ROWS else f"#{made}"
        return f"{grid}\n\n{notes}"

    def _key_figures(self) -> str:
        boxes = ", ".join(
            f'[#text(font: "Noto Sans SC", size: 19pt, fill: rgb("#b3400f"))[{self._w(one.figure.words)}]\\ '
            f"{self._w(one.title)}\\ #text(size: 8.5pt, fill: luma(35%))[{self._w(one.whole)}]]"
            for one in self.briefing.key_figures
        )
        return f"#boxes({boxes})" if boxes else ""

    def _image(self, view: View, size: Size) -> str:
        name = f"{view.key}.svg"
        self.files[name] = self.pictures.svg(view, size)
        return f'image("{name}", width: 100%)'

    def _figure(self, view: View, caption: Sayable, size: Size = FULL) -> str:
        return f"#block(breakable: false)[#{self._image(view, size)} #small[{self._w(caption)}]]"

    def _walking(self) -> Iterator[str]:
        walking = self.briefing.walking
        if walking is None:
            return
        yield self._heading(text("Straight line and on foot"))
        yield self._w(walking.said.words)
        pair = [walking.straight, walking.on_foot] if walking.on_foot is not None else [walking.straight]
        yield self._side_by_side(pair)
        yield self._figure(walking.cut_off, walking.cut_off.title)
        if walking.where is not None:
            yield self._titled(walking.where)

    def _side_by_side(self, views: Sequence[View]) -> str:
        """Maps in one row, each above what it shows."""
        cells = ", ".join(f"[#{self._image(view, HALF)} #small[{self._w(view.title)}]]" for view in views)
        return f"#block(breakable: false, grid(columns: (1fr,) * {len(views)}, gutter: 8pt, {cells}))"

    def _shortfalls(self) -> Iterator[str]:
        briefing = self.briefing
        if briefing.units is None and not briefing.gaps:
            return
        yield self._heading(text("Where it falls short"))
        if briefing.units is not None:
            yield self._bars(briefing.units)
        if briefing.gap_table is not None:
            yield self._titled(briefing.gap_table)
        if briefing.gaps:
            cells = ", ".join(self._gap(gap) for gap in briefing.gaps)
            yield f"#grid(columns: (1fr, 1fr), gutter: 10pt, {cells})"

    def _gap(self, gap: GapFinding) -> str:
        place = self._w(gap.title)
        return f"block(breakable: false)[#{self._image(gap.view, HALF)} #small[{place}]]"

    def _bars(self, bars: Bars) -> str:
        rows = ", ".join(
            f"[{self._w(bar.name)}], bar({100 * bar.share.value:.2f}), [{self._w(bar.share.words)}], "
            f"[{self._w(bar.words)}]"
            for bar in bars.bars
        )
        title = f"{self._w(bars.title)}{_colon(self.tr)}{self._w(bars.words)}"
        return (
            f"#small[{title}]\n\n#{{set text(size: 9pt); set par(first-line-indent: 0em, leading: 0.5em); "
            f"grid(columns: (18fr, 40fr, 10fr, 32fr), gutter: 5pt, align: horizon, {rows})}}"
        )

    def _proposal(self) -> Iterator[str]:
        proposal = self.briefing.proposal
        if proposal is None:
            return
        yield self._heading(text("What is proposed"))
        yield "".join(self._w(one.words) + ("" if self.tr.language == "zh" else " ") for one in proposal.said)
        yield self._titled(proposal.table)
        if proposal.view is not None:
            yield self._figure(proposal.view, proposal.view.title)
