"""The briefing as a Word document laid out by GB/T 9704-2012, without the red head, which the office adds.

A4, 37 mm above the text, 28 mm at the binding side, 156 × 225 mm of text, 22 lines of 28 characters; title in
小标宋, headings in 黑体 and 楷体, text in 仿宋. Where a machine lacks one of them, the font table names what
stands in for it.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

from docx import Document
from docx.document import Document as Doc
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt, RGBColor

from core.text import Sayable, Text, text
from locales import Translator
from reports.briefing.model import Bars, Briefing, Table, View
from reports.briefing.next_steps import NEXT_STEPS
from reports.fixed_zip import MOST_STATED, fixed_zip, moment_of
from reports.pictures import FULL, HALF, Pictures, Size

_WIDTH: Final = Mm(156)
_LATIN: Final = "Times New Roman"
_TITLE, _HEAD, _SECOND, _BODY, _FOOT = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
# Font → what stands in for it where it is not installed.
_ALTERNATIVES: Final = {
    _TITLE: "小标宋;宋体;SimSun;Noto Serif CJK SC",
    _HEAD: "SimHei;Noto Sans CJK SC",
    _SECOND: "楷体;KaiTi;Noto Serif CJK SC",
    _BODY: "仿宋;FangSong;Noto Serif CJK SC",
    _FOOT: "SimSun;Noto Serif CJK SC",
}
_LINE: Final = Pt(28.9)
# 28 characters of 16 pt on 156 mm: a quarter of a point closer, in twentieths.
_CLOSER: Final = "-5"
# Of a table’s type across the text.
_TABLE_SIGNS: Final = 42.0
_UNBROKEN: Final = re.compile(r"[^\s\u2e80-\U0010ffff]+|[\u2e80-\U0010ffff]")
_NUMERALS: Final = "一二三四五六七八九十"
_RED: Final = RGBColor(0x9C, 0x1C, 0x1C)
# Of the text's width, between the edges of a cell that has half of it.
_HALF_WIDE: Final = 0.47


def document_bytes(briefing: Briefing, pictures: Pictures) -> bytes:
    """The .docx; the same briefing gives the same bytes."""
    made = _Paper(briefing, pictures)
    made.write()
    out = io.BytesIO()
    made.doc.save(out)
    return fixed_zip(out.getvalue(), {"word/fontTable.xml": _font_table()}, briefing.created)


class _Paper:
    """The document as it grows."""

    def __init__(self, briefing: Briefing, pictures: Pictures) -> None:
        self.briefing, self.pictures, self.tr = briefing, pictures, pictures.tr
        self.doc: Doc = Document()
        self._chapter = 0
        _set_page(self.doc, self.tr, briefing)
        _set_styles(self.doc, self.tr)

    def write(self) -> None:
        briefing, tr = self.briefing, self.tr
        title = self._paragraph(briefing.title, font=_TITLE, size=22, indent=False)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._paragraph(
            briefing.subtitle, size=14, indent=False, font=_SECOND
        ).alignment = WD_ALIGN_PARAGRAPH.CENTER
        for one in briefing.badges:
            self._paragraph(one, size=12, colour=_RED)
        self._heading(text("Situation and conclusion"))
        self._paragraph(briefing.headline.words, font=_HEAD)
        joined = ("" if tr.language == "zh" else " ").join(tr(one.words) for one in briefing.besides)
        self._paragraph(joined)
        for one in briefing.caveats:
            self._paragraph(text("Note: {remark}", remark=one), size=12, colour=_RED)
        figures = Table(
            text("Key figures"),
            tuple(one.figure.words for one in briefing.key_figures),
            (
                tuple(one.title for one in briefing.key_figures),
                tuple(one.whole for one in briefing.key_figures),
            ),
            tuple(1.0 for _ in briefing.key_figures),
        )
        if briefing.key_figures:
            self._table(figures)
        for table in (briefing.changes, briefing.rules, *briefing.lists):
            if table is not None:
                self._chapter_of(table)
        if briefing.pair is not None:
            self._pairs([(view, view.title) for view in briefing.pair])
        if briefing.history is not None:
            self._chapter_of(briefing.history)
        self._heading(map_heading(briefing))
        self._picture(briefing.map, FULL, briefing.map.title)
        self._walking()
        self._shortfalls()
        if briefing.complete is not None:
            self._chapter_of(briefing.complete)
        self._proposal()
        if briefing.tasks is not None:
            self._chapter_of(briefing.tasks)
        if briefing.next_steps:
            self._heading(NEXT_STEPS)
            for step in briefing.next_steps:
                self._paragraph(step.words)
        self._heading(text("Appendix: method, data and limits"))
        self._table(briefing.method)
        if briefing.shares is not None:
            self._second(briefing.shares.title)
            self._table(briefing.shares)
        self._table(
            Table(text("This product"), (text("Term"), text("What holds here")), briefing.strip, (22, 78))
        )

    def _walking(self) -> None:
        walking = self.briefing.walking
        if walking is None:
            return
        self._heading(text("Straight line and on foot"))
        self._paragraph(walking.said.words)
        pair = [(walking.straight, walking.straight.title)]
        pair += [(walking.on_foot, walking.on_foot.title)] if walking.on_foot is not None else []
        self._pairs(pair)
        self._picture(walking.cut_off, FULL, walking.cut_off.title)
        if walking.where is not None:
            self._paragraph(walking.where.title, size=12)
            self._table(walking.where)

    def _proposal(self) -> None:
        proposal, tr = self.briefing.proposal, self.tr
        if proposal is None:
            return
        self._heading(text("What is proposed"))
        self._paragraph(("" if tr.language == "zh" else " ").join(tr(one.words) for one in proposal.said))
        self._table(proposal.table)
        if proposal.view is not None:
            self._picture(proposal.view, FULL, proposal.view.title)

    def _shortfalls(self) -> None:
        briefing = self.briefing
        if briefing.units is None and not briefing.gaps:
            return
        self._heading(text("Where it falls short"))
        both = briefing.units is not None and briefing.gap_table is not None
        if briefing.units is not None:
            self._second(text("By unit"), 1 if both else 0)
            self._table(units_table(briefing.units))
        if briefing.gap_table is not None:
            self._second(text("By gap"), 2 if both else 0)
            self._paragraph(briefing.gap_table.title, size=12)
            self._table(briefing.gap_table)
            self._pairs([(gap.view, gap.title) for gap in briefing.gaps])

    def _heading(self, title: Sayable) -> None:
        self._chapter += 1
        number = (
            f"{_NUMERALS[(self._chapter - 1) % 10]}、" if self.tr.language == "zh" else f"{self._chapter}. "
        )
        paragraph = self.doc.add_paragraph(style="Heading 1")
        self._run(paragraph, number + self.tr(title), font=_HEAD, size=16)

    def _second(self, title: Sayable, number: int = 0) -> None:
        """A heading below a chapter's; a Chinese one is numbered where it is not alone."""
        paragraph = self.doc.add_paragraph(style="Heading 2")
        numbered = f"（{_NUMERALS[number - 1]}）" if number and self.tr.language == "zh" else ""
        self._run(paragraph, numbered + self.tr(title), font=_SECOND, size=16)

    def _chapter_of(self, table: Table) -> None:
        self._heading(table.title)
        self._table(table)

    def _paragraph(
        self, words: Sayable, *, font: str = _BODY, size: float = 16, indent: bool = True,
        colour: RGBColor | None = None,
    ) -> Any:  # fmt: skip
        paragraph = self.doc.add_paragraph()
        if indent and self.tr.language == "zh":
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        if size < 16:
            _off_grid(paragraph, size * 1.4)
        self._run(paragraph, self.tr(words), font=font, size=size, colour=colour)
        return paragraph

    def _run(
        self, paragraph: Any, words: str, *, font: str, size: float, colour: RGBColor | None = None
    ) -> None:
        run = paragraph.add_run(words)
        run.font.name, run.font.size = _LATIN, Pt(size)
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
        if colour is not None:
            run.font.color.rgb = colour

    def _picture(self, view: View, size: Size, caption: Sayable) -> None:
        paragraph = self.doc.add_paragraph()
        _off_grid(paragraph)
        paragraph.paragraph_format.keep_with_next = True
        _inline(paragraph, self.pictures.png(view, size, 1800), _WIDTH, self.tr(caption))
        below = self._paragraph(caption, size=12, indent=False, font=_SECOND)
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _pairs(self, pairs: list[tuple[View, Sayable]]) -> None:
        """Maps two in a row."""
        rows = -(-len(pairs) // 2)
        table = self.doc.add_table(rows=rows, cols=2)
        for number, (view, caption) in enumerate(pairs):
            cell = table.cell(number // 2, number % 2)
            first = cell.paragraphs[0]
            _off_grid(first)
            _inline(
                first,
                self.pictures.png(view, HALF, 1200),
                Emu(int(_WIDTH * _HALF_WIDE)),
                self.tr(caption),
            )
            below = cell.add_paragraph()
            _off_grid(below, 13)
            self._run(below, self.tr(caption), font=_BODY, size=10.5)
        for row in table.rows:
            _whole(row)

    def _table(self, table: Table) -> None:
        """A grid as wide as the text; its head stands on every page, no row is broken."""
        made = self.doc.add_table(rows=1, cols=len(table.head), style="Table Grid")
        made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths = fitted(table, self.tr, _TABLE_SIGNS)
        whole = sum(widths)
        for number, words in enumerate(table.head):
            self._cell(made.rows[0].cells[number], words, font=_HEAD)
        mark = OxmlElement("w:tblHeader")
        made.rows[0]._tr.get_or_add_trPr().append(mark)
        for row in table.rows:
            cells = made.add_row().cells
            for number, words in enumerate(row):
                self._cell(cells[number], words, right=number in table.right)
        for number, width in enumerate(widths):
            made.columns[number].width = Emu(int(_WIDTH * width / whole))
        for row in made.rows:
            _whole(row)
        for said in table.notes:
            self._paragraph(said, size=10.5)
        spacer = self.doc.add_paragraph()
        _off_grid(spacer, 6)

    def _cell(self, cell: Any, words: Sayable, *, font: str = _BODY, right: bool = False) -> None:
        paragraph = cell.paragraphs[0]
        _off_grid(paragraph, 13)
        if right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._run(paragraph, self.tr(words), font=font, size=10.5)


def map_heading(briefing: Briefing) -> Text:
    """Of the chapter with the whole map."""
    return text("On a map") if briefing.part or briefing.kind == "lists" else text("The city on a map")


def fitted(table: Table, tr: Translator, signs: float, beside: float = 1.1) -> tuple[float, ...]:
    """The widths of the columns of a table that is so many Chinese characters wide, `beside` of them the
    edges of a cell: those of the table, but no word is broken as long as other columns have room to give."""
    wanted = [signs * width / sum(table.widths) for width in table.widths]
    columns = zip(table.head, *table.rows, strict=True)
    least = [beside + max(_longest(tr(cell)) for cell in column) for column in columns]
    lacking = sum(max(low - own, 0.0) for low, own in zip(least, wanted, strict=True))
    spare = sum(max(own - low, 0.0) for low, own in zip(least, wanted, strict=True))
    if not lacking or not spare:
        return tuple(wanted)
    given = min(lacking / spare, 1.0)
    got = min(spare / lacking, 1.0)
    return tuple(
        own + (low - own) * (got if low > own else given) for low, own in zip(least, wanted, strict=True)
    )


def signs_of(words: str) -> float:
    """How many Chinese characters wide words are."""
    return sum(1.0 if ord(sign) > 0x2E7F else 0.56 for sign in words)


def _longest(words: str) -> float:
    """The widest part that is not broken: a word, or one Chinese character."""
    return max((signs_of(part) for part in _UNBROKEN.findall(words)), default=0.0)


def units_table(bars: Bars) -> Table:
    """The units' bars as rows, for forms that have no chart of them."""
    rows = tuple((bar.name, bar.share.words, bar.words) for bar in bars.bars)
    head = (text("Unit"), text("Share covered"), text("Not covered"))
    return Table(bars.title, head, rows, (28, 22, 50), right=(1,), notes=(bars.words,))


def _off_grid(paragraph: Any, line_pt: float = 0.0) -> None:
    """A paragraph of its own line height (0: as high as its picture), not on the page's lines."""
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    # The format prescribes the order of these marks.
    paragraph._p.get_or_add_pPr().insert_element_before(
        off, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr"
    )
    layout = paragraph.paragraph_format
    if line_pt:
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line_pt)
    else:
        layout.line_spacing_rule = WD_LINE_SPACING.SINGLE


def _whole(row: Any) -> None:
    """A row is not broken between pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _inline(paragraph: Any, png: bytes, width: Any, told: str) -> None:
    """A picture with what it shows for who cannot see it."""
    shape = paragraph.add_run().add_picture(io.BytesIO(png), width=width)
    shape._inline.docPr.set("descr", told)


def _set_page(doc: Doc, tr: Translator, briefing: Briefing) -> None:
    section = doc.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(24)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid = grid if grid is not None else OxmlElement("w:docGrid")
    # 225 mm in 22 lines. The 28 characters of a line are kept by the text's own spacing: programs differ in
    # what a grid of characters does to smaller ones.
    grid.attrib.pop(qn("w:charSpace"), None)
    for key, value in (("type", "lines"), ("linePitch", "580")):
        grid.set(qn(f"w:{key}"), value)
    section._sectPr.append(grid)
    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    parts = (tr(briefing.mark), briefing.day, briefing.code)
    _footer_run(line, " · ".join(part for part in parts if part) + " · — ")
    for kind, words in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = _footer_run(line, "")
        if kind:
            char = OxmlElement("w:fldChar")
            char.set(qn("w:fldCharType"), kind)
            run._element.append(char)
        else:
            instruction = OxmlElement("w:instrText")
            instruction.text = words
            run._element.append(instruction)
    _footer_run(line, " —")
    about = doc.core_properties
    about.created = about.modified = moment_of(briefing.created)
    title, author = tr(briefing.title)[:MOST_STATED], briefing.author[:MOST_STATED]
    about.title, about.author = title, author
    about.comments, about.last_modified_by, about.revision = briefing.code, author, 1


def _footer_run(line: Any, words: str) -> Any:
    run = line.add_run(words)
    run.font.name, run.font.size = _LATIN, Pt(10.5)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), _FOOT)
    return run


def _set_styles(doc: Doc, tr: Translator) -> None:
    """Our own styles: the default template's faces are Japanese and its headings blue."""
    spoken = "zh-CN" if tr.language == "zh" else "en-US"
    for name, font, size in (("Normal", _BODY, 16), ("Heading 1", _HEAD, 16), ("Heading 2", _SECOND, 16)):
        style: Any = doc.styles[name]
        style.font.name, style.font.size, style.font.bold = _LATIN, Pt(size), False
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{key}"), None)
        fonts.set(qn("w:eastAsia"), font)
        fonts.set(qn("w:hAnsi"), _LATIN)
        if name == "Normal":
            closer = OxmlElement("w:spacing")
            closer.set(qn("w:val"), _CLOSER)
            marks = style.element.get_or_add_rPr()
            marks.insert_element_before(closer, "w:sz", "w:szCs", "w:u", "w:lang")
        told = OxmlElement("w:lang")
        told.set(qn("w:val"), "en-US")
        told.set(qn("w:eastAsia"), spoken if spoken == "zh-CN" else "zh-CN")
        style.element.get_or_add_rPr().append(told)
        layout = style.paragraph_format
        layout.space_before = layout.space_after = Pt(0)
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, _LINE
        if name == "Normal":
            layout.line_spacing_rule = WD_LINE_SPACING.AT_LEAST
            layout.line_spacing = _LINE
        else:
            layout.keep_with_next = True


def _font_table() -> bytes:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in _ALTERNATIVES.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f"{head}<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()
