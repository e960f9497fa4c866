"""The briefing as slides: native text, tables and charts, maps as pictures. No text below 20 pt; the East
Asian face is set beside the Latin one, without which WPS shows Chinese in a face of its own."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from core.text import Sayable, text
from reports.briefing.model import Bars, Briefing, GapFinding, Proposal, Table, View
from reports.briefing.next_steps import NEXT_STEPS
from reports.document import fitted, signs_of
from reports.fixed_zip import MOST_STATED, fixed_zip, moment_of
from reports.pictures import Pictures, Size

_FACE: Final = "Microsoft YaHei"
_LEAST: Final = 20.0
_WIDE, _HIGH = 13.333, 7.5
_LEFT, _TOP, _INSIDE, _BODY = 0.6, 1.45, 12.13, 5.2
_INK, _GREY, _RED = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x4B, 0x57, 0x65), RGBColor(0x9C, 0x1C, 0x1C)
_ORANGE, _BLUE, _PALE = RGBColor(0xB3, 0x40, 0x0F), RGBColor(0x5F, 0x9F, 0xCC), RGBColor(0xE8, 0xED, 0xF2)
_ROWS: Final = (RGBColor(0xF6, 0xF4, 0xEF), RGBColor(0xFF, 0xFF, 0xFF))
# Lines are so many times their type apart, whatever the face: faces differ by a fifth, and what fits in one
# would run over in the next. Inches of a line of 20 pt, and how wide a Chinese character of it is.
_APART: Final = 1.26
_LINE_IN, _SIGN_IN, _BESIDE = 0.35, 0.31, 0.5
# So many units that the words on a map are read on a slide: about 12 points.
_HALF: Final[Size] = (540.0, 400.0)
_INSET: Final[Size] = (650.0, 481.0)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Look:
    """How text is set: points, colour, and to which side."""

    size: float = _LEAST
    colour: RGBColor = _INK
    align: Any = PP_ALIGN.LEFT


# Beside the city's map stand as many gaps as there is room for, but these.
_LEAST_GAPS: Final = 3
_PLAIN: Final = _Look()


def slides_bytes(briefing: Briefing, pictures: Pictures) -> bytes:
    """The .pptx; the same briefing gives the same bytes."""
    made = _Deck(briefing, pictures)
    made.fill()
    out = io.BytesIO()
    made.deck.save(out)
    return fixed_zip(out.getvalue(), created=briefing.created)


class _Deck:
    """The slides as they are made; boxes are left, top, width, height in inches."""

    def __init__(self, briefing: Briefing, pictures: Pictures) -> None:
        self.briefing, self.pictures, self.tr = briefing, pictures, pictures.tr
        self.deck: Any = Presentation()
        self.deck.slide_width, self.deck.slide_height = Inches(_WIDE), Inches(_HIGH)
        about = self.deck.core_properties
        about.created = about.modified = moment_of(briefing.created)
        title, author = self.tr(briefing.title)[:MOST_STATED], briefing.author[:MOST_STATED]
        about.title, about.author = title, author
        about.comments, about.last_modified_by, about.revision = briefing.code, author, 1

    def fill(self) -> None:
        briefing = self.briefing
        self._cover()
        self._conclusion()
        if briefing.changes is not None:
            self._tables(briefing.changes)
        if briefing.pair is not None:
            self._side_by_side(text("Before and after"), briefing.pair)
        if briefing.history is not None:
            self._tables(briefing.history)
        self._city()
        self._walking()
        if briefing.units is not None:
            self._bars(briefing.units)
        for gap in briefing.gaps:
            self._gap(gap)
        if briefing.proposal is not None:
            self._proposal(briefing.proposal)
        for table in (*briefing.lists, briefing.tasks):
            if table is not None:
                self._tables(table)
        if briefing.next_steps:
            steps = [f"{number}. {self.tr(one.words)}" for number, one in enumerate(briefing.next_steps, 1)]
            self._text(self._slide(NEXT_STEPS), (_LEFT, _TOP, _INSIDE, _BODY), steps, _Look(size=24))
        for table in (briefing.rules, briefing.complete, briefing.shares, briefing.method):
            if table is not None:
                self._tables(table)
        strip = Table(text("This product"), (text("Term"), text("What holds here")), briefing.strip, (22, 78))
        self._tables(strip)

    def _slide(self, title: Sayable, *, foot: bool = True) -> Any:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])
        head = slide.shapes.title
        head.left, head.top, head.width, head.height = (Inches(one) for one in (_LEFT, 0.3, _INSIDE, 1.05))
        head.text_frame.word_wrap = True
        head.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        words = self.tr(title)
        self._write(head.text_frame, [words], _Look(size=28 if signs_of(words) <= 52 else 22, colour=_INK))
        if foot:
            briefing = self.briefing
            shown = " · ".join(part for part in (self.tr(briefing.mark), briefing.day, briefing.code) if part)
            self._text(slide, (_LEFT, 6.95, 10.5, 0.42), [shown], _Look(colour=_GREY))
            number = str(len(self.deck.slides))
            self._text(slide, (11.7, 6.95, 1.03, 0.42), [number], _Look(colour=_GREY, align=PP_ALIGN.RIGHT))
        return slide

    def _cover(self) -> None:
        briefing = self.briefing
        slide = self._slide(briefing.title, foot=False)
        head = slide.shapes.title
        head.top, head.height = Inches(1.0), Inches(1.3)
        self._write(
            head.text_frame,
            [self.tr(briefing.title)],
            _Look(size=40 if signs_of(self.tr(briefing.title)) <= 21 else 30, colour=_INK),
        )
        self._text(slide, (_LEFT, 2.35, _INSIDE, 0.5), [self.tr(briefing.subtitle)], _Look(colour=_GREY))
        said = [self.tr(briefing.headline.words)]
        look = _Look(size=28 if _high(said, _INSIDE * _LEAST / 28) <= 3 * _LINE_IN else 24, colour=_ORANGE)
        self._text(slide, (_LEFT, 2.95, _INSIDE, 1.9), said, look)
        badges = [self.tr(one) for one in briefing.badges]
        self._text(slide, (_LEFT, 5.0, _INSIDE, 0.9), badges, _Look(colour=_RED))
        foot = [part for part in (briefing.author, briefing.day, self.tr(briefing.mark)) if part]
        self._text(slide, (_LEFT, 6.5, _INSIDE, 0.6), [" · ".join(foot)], _Look(colour=_GREY))

    def _conclusion(self) -> None:
        briefing, tr = self.briefing, self.tr
        slide = self._slide(briefing.tally.words)
        figures = briefing.key_figures
        wide = _INSIDE / max(len(figures), 1)
        titled = max((_high([tr(one.title)], wide - 0.4) for one in figures), default=0.0) + 0.1
        below = max((_high([tr(one.whole)], wide - 0.4) for one in figures), default=0.0)
        for number, one in enumerate(figures):
            left = _LEFT + number * wide
            self._text(
                slide, (left, 1.5, wide - 0.2, 0.95), [tr(one.figure.words)], _Look(size=54, colour=_ORANGE)
            )
            self._text(slide, (left, 2.4, wide - 0.2, titled), [tr(one.title)])
            self._text(slide, (left, 2.4 + titled, wide - 0.2, below), [tr(one.whole)], _Look(colour=_GREY))
        said = [tr(one.words) for one in briefing.besides if one != briefing.tally]
        joined = [("" if tr.language == "zh" else " ").join(said)]
        top, limits = 2.6 + titled + below, [tr(one) for one in briefing.caveats]
        self._text(slide, (_LEFT, top, _INSIDE, _high(joined)), joined)
        top += _high(joined) + 0.1
        if top + _high(limits) > _TOP + _BODY + 0.3:
            slide, top = self._slide(text("What limits these figures")), _TOP
        self._text(slide, (_LEFT, top, _INSIDE, _high(limits)), limits, _Look(colour=_RED))

    def _map(self, title: Sayable, view: View, beside: Sequence[str] = ()) -> None:
        """A map with what is to be said of it at its side."""
        slide = self._slide(title)
        self._picture(slide, view, _INSET, (_LEFT, _TOP, 7.2, 5.35))
        said = list(beside) if title == view.title else [self.tr(view.title), "", *beside]
        if _high(said, 4.73) > _BODY + 0.3 and "" in said:
            said.remove("")
        over = [] if _high(said, 4.73) <= _BODY + 0.3 else list(beside)
        self._text(slide, (8.0, _TOP, 4.73, _BODY), said[: -len(over)] if over else said)
        if over:
            self._text(self._slide(title), (_LEFT, _TOP, _INSIDE, _BODY), over)

    def _city(self) -> None:
        """The map with the ranks of the gaps, and the largest of them beside it."""
        gaps = [self.tr(text("{place}: {n}", place=gap.title, n=gap.residents)) for gap in self.briefing.gaps]
        if self.briefing.kind in ("lists", "land"):
            between = "：" if self.tr.language == "zh" else ": "
            gaps = [
                f"{self.tr(one.title)}{between}{self.tr(one.figure.words)}"
                for one in self.briefing.key_figures
            ]
        # A plan's headline would make a map of today look like one of the plan.
        planned = self.briefing.kind == "plan"
        title = self.briefing.map.title if planned else self.briefing.headline.words
        while (
            len(gaps) > _LEAST_GAPS and _high([self.tr(self.briefing.map.title), *gaps], 4.73) > _BODY + 0.3
        ):
            gaps.pop()
        self._map(title, self.briefing.map, gaps)

    def _walking(self) -> None:
        walking = self.briefing.walking
        if walking is None:
            return
        if walking.on_foot is not None:
            self._side_by_side(text("Straight line and on foot"), (walking.straight, walking.on_foot))
        where = walking.where
        if where is None:
            self._map(walking.said.words, walking.cut_off)
            return
        slide = self._slide(walking.said.words)
        self._picture(slide, walking.cut_off, _INSET, (_LEFT, _TOP, 7.2, 5.33))
        self._table(slide, where, (8.0, _TOP, 4.73, _BODY))

    def _side_by_side(self, title: Sayable, pair: tuple[View, View]) -> None:
        """Two maps, each under what it shows."""
        slide = self._slide(title)
        high = max(_high([self.tr(view.title)], 5.75) for view in pair) + 0.15
        for number, view in enumerate(pair):
            left = _LEFT + number * 6.1
            self._text(slide, (left, _TOP, 5.95, high), [self.tr(view.title)])
            self._picture(slide, view, _HALF, (left, _TOP + high, 5.95, _BODY - high))

    def _bars(self, bars: Bars) -> None:
        """A native chart, the worst at the top; who of how many stands with the name."""
        slide = self._slide(text("{title}: share covered", title=bars.title))
        data = CategoryChartData(number_format="0.0%")
        shown = bars.bars[:8]
        between = "：" if self.tr.language == "zh" else ": "
        data.categories = [f"{bar.name}{between}{self.tr(bar.words)}" for bar in shown]
        data.add_series(self.tr(text("Share covered")), [bar.share.value for bar in shown])
        frame = slide.shapes.add_chart(
            XL_CHART_TYPE.BAR_CLUSTERED, *(Inches(one) for one in (_LEFT, _TOP, _INSIDE, 4.9)), data
        )
        chart = frame.chart
        chart.has_legend = chart.has_title = False
        chart.font.size, chart.font.name = Pt(_LEAST), _FACE
        _east_asian(chart.font._rPr)
        axis = chart.category_axis
        axis.reverse_order, axis.has_major_gridlines = True, False
        value = chart.value_axis
        value.minimum_scale, value.maximum_scale, value.visible, value.has_major_gridlines = (
            0.0,
            1.0,
            False,
            False,
        )
        plot = chart.plots[0]
        plot.gap_width, plot.has_data_labels = 45, True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.0%", False
        plot.data_labels.position = XL_LABEL_POSITION.INSIDE_END
        fill = plot.series[0].format.fill
        fill.solid()
        fill.fore_color.rgb = _BLUE
        self._text(slide, (_LEFT, 6.4, _INSIDE, 0.5), [self.tr(bars.words)], _Look(colour=_GREY))

    def _gap(self, gap: GapFinding) -> None:
        slide = self._slide(gap.title)
        self._picture(slide, gap.view, _INSET, (_LEFT, _TOP, 7.2, 5.33))
        rows = tuple((title, figure.words) for title, figure in gap.facts)
        table = Table(gap.place, (text("What is known"), text("Value")), rows, (64, 36), right=(1,))
        self._table(slide, table, (8.0, _TOP, 4.73, _BODY))

    def _proposal(self, proposal: Proposal) -> None:
        said = self.briefing.headline.words if self.briefing.kind == "plan" else text("What is proposed")
        told = [self.tr(one.words) for one in proposal.said]
        if proposal.view is not None:
            self._map(said, proposal.view, told)
        else:
            slide = self._slide(said)
            self._text(slide, (_LEFT, _TOP, _INSIDE, _BODY), told, _Look(size=24))
        self._tables(proposal.table)

    def _tables(self, table: Table, title: Sayable | None = None) -> None:
        """A table on as many slides as it takes; what limits it stands below, or on a slide of its own where
        it has no room."""
        notes = [self.tr(one) for one in table.notes]
        high = _high(notes) + 0.2 if notes else 0.0
        pages = self._pages(table, high)
        for number, rows in enumerate(pages):
            said = title or table.title
            if len(pages) > 1:
                said = text("{title} ({number} of {all})", title=said, number=number + 1, all=len(pages))
            slide = self._slide(said)
            part = Table(table.title, table.head, tuple(rows), table.widths, table.right)
            bottom = self._table(slide, part, (_LEFT, _TOP, _INSIDE, _BODY))
        if not table.notes:
            return
        if bottom + high > _TOP + _BODY:
            slide, bottom = self._slide(text("{title}: remarks", title=title or table.title)), _TOP
        self._text(slide, (_LEFT, bottom + 0.1, _INSIDE, high), notes, _Look(colour=_GREY))

    def _pages(self, table: Table, notes: float) -> list[list[tuple[Sayable, ...]]]:
        """The rows on as few slides as they take, about as many on each; the last leaves room for `notes`
        below it, unless these have a slide to fill."""
        head = self._tall(table, table.head)
        talls = [self._tall(table, row) for row in table.rows]
        if talls and notes and head + talls[-1] + notes <= _BODY:
            talls[-1] += notes
        starts = _starts(talls, _BODY - head)
        for tenths in range(1, int(10 * _BODY)):
            closer = _starts(talls, _BODY - head - tenths / 10)
            if len(closer) > len(starts):
                break
            starts = closer
        ends = [*starts[1:], len(table.rows)]
        return [list(table.rows[start:end]) for start, end in zip(starts, ends, strict=True)]

    def _tall(self, table: Table, row: Sequence[Sayable], wide: float = _INSIDE) -> float:
        """About how high a row is set, in inches."""
        lines = 1
        for cell, width in zip(row, fitted(table, self.tr, wide / _SIGN_IN, _BESIDE), strict=True):
            lines = max(lines, math.ceil(signs_of(self.tr(cell)) / max(width - _BESIDE, 1.0)))
        return lines * _LINE_IN + 0.1

    def _table(self, slide: Any, table: Table, box: Box) -> float:
        """A native table; returns where it ends."""
        left, top, wide, _ = box
        talls = [self._tall(table, row, wide) for row in (table.head, *table.rows)]
        shape = slide.shapes.add_table(
            len(table.rows) + 1, len(table.head), Inches(left), Inches(top), Inches(wide), Inches(sum(talls))
        )
        made = shape.table
        for number, width in enumerate(fitted(table, self.tr, wide / _SIGN_IN, _BESIDE)):
            made.columns[number].width = Emu(int(Inches(width * _SIGN_IN)))
        for at, row in enumerate((table.head, *table.rows)):
            made.rows[at].height = Inches(talls[at])
            for number, words in enumerate(row):
                cell = made.cell(at, number)
                cell.margin_left = cell.margin_right = Inches(0.06)
                cell.margin_top = cell.margin_bottom = Inches(0.03)
                cell.fill.solid()
                cell.fill.fore_color.rgb = _PALE if at == 0 else _ROWS[at % 2]
                align = PP_ALIGN.RIGHT if at and number in table.right else PP_ALIGN.LEFT
                self._write(cell.text_frame, [self.tr(words)], _Look(colour=_INK, align=align))
        return top + sum(talls)

    def _picture(self, slide: Any, view: View, size: Size, box: Box) -> None:
        """A map as large as the box lets it be, in its middle."""
        left, top, wide, high = box
        scale = min(wide / size[0], high / size[1])
        across, up = size[0] * scale, size[1] * scale
        shape = slide.shapes.add_picture(
            io.BytesIO(self.pictures.png(view, size)), Inches(left + (wide - across) / 2), Inches(top),
            Inches(across), Inches(up),
        )  # fmt: skip
        shape._element._nvXxPr.cNvPr.set("descr", self.tr(view.title))

    def _text(self, slide: Any, box: Box, lines: Sequence[str], look: _Look = _PLAIN) -> None:
        if not lines:
            return
        frame = slide.shapes.add_textbox(*(Inches(one) for one in box)).text_frame
        frame.word_wrap = True
        self._write(frame, lines, look)

    def _write(self, frame: Any, lines: Sequence[str], look: _Look) -> None:
        frame.clear()
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment, paragraph.line_spacing = look.align, Pt(look.size * _APART)
            run = paragraph.add_run()
            run.text = line
            run.font.size, run.font.name, run.font.color.rgb = Pt(look.size), _FACE, look.colour
            _east_asian(run._r.get_or_add_rPr())


def _east_asian(properties: Any) -> None:
    """The East Asian face beside the Latin one."""
    for old in properties.findall(qn("a:ea")):
        properties.remove(old)
    face = parse_xml(f'<a:ea {nsdecls("a")} typeface="{_FACE}"/>')
    properties.find(qn("a:latin")).addnext(face)


def _starts(talls: Sequence[float], room: float) -> list[int]:
    """With which rows the slides begin that hold rows so high, one after the other."""
    starts, used = [0], 0.0
    for number, tall in enumerate(talls):
        if used and used + tall > room:
            starts.append(number)
            used = 0.0
        used += tall
    return starts


def _high(lines: Sequence[str], wide: float = _INSIDE) -> float:
    """About how many inches paragraphs of 20 pt take, one below the other."""
    return sum(max(math.ceil(signs_of(one) * _SIGN_IN / wide), 1) for one in lines) * _LINE_IN
