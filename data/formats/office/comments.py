"""Comments at the cells of a sheet: the notes, and the boxes that programs draw them in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from data.formats.office.package import (
    SHEET_TYPE,
    TYPES,
    Book,
    column_of,
    letters,
    lines_of,
    speakable,
    text_of,
)

_AUTHOR: Final = "service-circle"
_LONGEST: Final = 32_000
_MOST_LINES: Final = 26
_LINE_PT: Final = 15.0
# Elements of a worksheet that stand after the one we may have to add, in the order of the schema.
_AFTER_DRAWING: Final = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
    "extLst",
)  # fmt: skip
_SHAPE: Final = re.compile(rb"<(\w+:)?shape\b(?:(?!</(?:\w+:)?shape>).)*</(?:\w+:)?shape>", re.DOTALL)
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")

Place = tuple[int, int]


@dataclass(frozen=True)
class Note:
    """One message; `level` is a key of `annotate.COLOURS`."""

    level: str
    said: str


def put_comments(book: Book, part: str, at: Mapping[Place, Sequence[Note]], titles: tuple[str, ...]) -> None:
    """Comments by cell (row, column), each begun with the first of `titles`; comments that begin with any of
    them are of an earlier check and go. A cell that has somebody's comment keeps it as it is."""
    found = next(((k, t) for k, t in book.links(part).values() if k.endswith("/comments")), None)
    if found is None and not at:
        return
    root = book.edit(part)
    if found is None:
        name = book.unused("xl/comments{}.xml")
        tree = etree.Element(book.tag("comments"), nsmap={None: book.main})
        etree.SubElement(tree, book.tag("authors"))
        etree.SubElement(tree, book.tag("commentList"))
        book.add(name, tree, f"{SHEET_TYPE}comments+xml")
        book.link(part, f"{book.relationship}/comments", name)
    else:
        name = found[1]
    tree = book.edit(name)
    authors, listed = tree.find(book.tag("authors")), tree.find(book.tag("commentList"))
    names = [author.text for author in authors]
    gone = set()
    for comment in listed.findall(book.tag("comment")):
        ours = names[int(comment.get("authorId", 0))] == _AUTHOR if names else False
        if ours or text_of(comment).startswith(tuple(f"{one}\n" for one in titles)):
            gone.add(comment.get("ref"))
            listed.remove(comment)
    taken = {comment.get("ref") for comment in listed}
    if _AUTHOR not in names:
        etree.SubElement(authors, book.tag("author")).text = _AUTHOR
        names.append(_AUTHOR)
    shapes = []
    for (row, column), said in sorted(at.items()):
        place = f"{letters(column)}{row}"
        if place in taken:
            continue
        words = "\n".join((titles[0], *(note.said for note in said)))[:_LONGEST]
        comment = etree.SubElement(listed, book.tag("comment"), ref=place, authorId=str(names.index(_AUTHOR)))
        run = etree.SubElement(etree.SubElement(comment, book.tag("text")), book.tag("r"))
        item = etree.SubElement(run, book.tag("t"))
        item.text = speakable(words)
        item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        shapes.append(_shape(row, column, lines_of(words, 40.0)))
    _draw(book, part, root, shapes, gone)


def _draw(book: Book, part: str, root: Any, shapes: Sequence[str], gone: Collection[str]) -> None:
    """The boxes of the comments in the sheet's legacy drawing: ours are added, those of `gone` removed."""
    drawing = root.find(book.tag("legacyDrawing"))
    links = book.links(part)
    name = links.get(drawing.get(f"{{{book.relationship}}}id"), ("", ""))[1] if drawing is not None else ""
    if name not in book.parts:
        name = book.unused("xl/drawings/vmlDrawing{}.vml")
        book.parts[name] = _VML.encode()
        types = book.edit("[Content_Types].xml")
        kinds = {one.get("Extension") for one in types.findall(f"{{{TYPES}}}Default")}
        if "vml" not in kinds:
            kind = "application/vnd.openxmlformats-officedocument.vmlDrawing"
            types.insert(0, etree.Element(f"{{{TYPES}}}Default", Extension="vml", ContentType=kind))
        drawing = etree.Element(book.tag("legacyDrawing"))
        drawing.set(f"{{{book.relationship}}}id", book.link(part, f"{book.relationship}/vmlDrawing", name))
        later = [child for child in root if etree.QName(child).localname in _AFTER_DRAWING]
        if later:
            later[0].addprevious(drawing)
        else:
            root.append(drawing)
    content = book.parts[name]
    places = {_place(ref) for ref in gone}

    def kept(shape: re.Match[bytes]) -> bytes:
        row, column = (re.search(rb"<\w+:%s>(\d+)<" % key, shape[0]) for key in (b"Row", b"Column"))
        known = row and column and (int(row[1]) + 1, int(column[1]) + 1)
        return b"" if known in places else shape[0]

    content = _SHAPE.sub(kept, content) if places else content
    end = content.rfind(b"</xml>")
    book.parts[name] = content[:end] + "".join(shapes).encode() + content[end:]


_SPACES: Final = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_VML: Final = (
    f'<xml {_SPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)


def _shape(row: int, column: int, lines: int) -> str:
    """The box of one comment, beside its cell and as high as its lines."""
    high = min(max(lines, 3), _MOST_LINES) + 1
    top = max(row - 2, 0)
    anchor = f"{column}, 15, {top}, 2, {column + 5}, 15, {top + high}, 4"
    return (
        f'<v:shape {_SPACES} id="_x0000_s{row}_{column}" type="#_x0000_t202" '
        f'style="position:absolute;margin-left:60pt;margin-top:1pt;width:300pt;height:{high * _LINE_PT:g}pt;'
        'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column>"
        "</x:ClientData></v:shape>"
    )


def _place(ref: str) -> Place:
    found = _PLACE.fullmatch(ref)
    return (int(found[2]), column_of(found[1])) if found else (0, 0)
