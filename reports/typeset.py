"""Typst sets our pages: the PDF, and the maps as pictures for paper, slides and documents.

Fonts come from a package of their own (regular weight only), never from the machine, so that the same
source gives the same bytes everywhere.
"""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import typst
from PIL import Image, ImageFont
from pylopdf_fonts_zh_cn import sans_path

_PT_PER_INCH: Final = 72.0
_SIGNS: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\#$*_`<>@[]~=-+/\"'"})


def typeset(
    source: str,
    files: Mapping[str, bytes],
    *,
    kind: Literal["pdf", "png"],
    created: str = "",
    ppi: float = 144.0,
) -> list[bytes]:
    """The pages of a Typst source (a PDF is one), with the `files` that it names beside it.

    `created` (ISO 8601) is the time that a PDF states. PDF/A-2b, text extractable.
    """
    with tempfile.TemporaryDirectory(prefix="service-circle-") as scratch:
        folder = Path(scratch)
        for name, content in files.items():
            drawn = _with_glyphs(content.decode()).encode() if name.endswith(".svg") else content
            (folder / name).write_bytes(drawn)
        (folder / "main.typ").write_text(_with_glyphs(source), encoding="utf-8")
        made = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=[sans_path().parent],
            ignore_system_fonts=True,
            format=kind,
            **({"ppi": ppi} if kind == "png" else _pdf_options(created)),
        )
    pages: list[bytes] = made if isinstance(made, list) else [made]  # type: ignore[list-item]
    return pages


def _with_glyphs(words: str) -> str:
    """Signs that the font lacks as 〓, which printers set for them: PDF/A may not hold one without a glyph.
    Those that are not seen are left out."""
    there = {sign for sign in set(words) if not " " <= sign <= "~" and sign not in "\n\t"}
    return words.translate({ord(sign): shown for sign in there if (shown := _shown(sign)) != sign})


@cache
def _shown(sign: str) -> str:
    if unicodedata.category(sign) in ("Cc", "Cf", "Cs"):
        return ""
    face = _face()
    return "〓" if bytes(face.getmask(sign)) == bytes(face.getmask("\uffff")) else sign


@cache
def _face() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(sans_path()), 20)


def picture(svg: str, *, width_px: int) -> bytes:
    """A map as a PNG so many pixels wide; 256 colours, which is all that maps of ours have."""
    size = svg.partition('viewBox="0 0 ')[2].partition('"')[0].split()
    wide, high = (float(one) for one in size)
    source = (
        f"#set page(width: {wide}pt, height: {high}pt, margin: 0pt)\n"
        '#set text(font: "Noto Sans SC")\n'
        f'#image("map.svg", width: {wide}pt)'
    )
    made = typeset(source, {"map.svg": svg.encode()}, kind="png", ppi=_PT_PER_INCH * width_px / wide)
    return lighter(made[0])


def lighter(png: bytes, dpi: int | None = None) -> bytes:
    """A picture in 256 colours, a fifth of the bytes; `dpi` is stated in it."""
    out = io.BytesIO()
    # The octree takes a quarter of the time of the median cut, and on flat colours the same care.
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    small = whole.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(out, "PNG", optimize=False, **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def said(words: str) -> str:
    """Words as they are inside Typst markup: no sign of theirs is obeyed.

    >>> said("#1 *a*")
    '\\\\#1 \\\\*a\\\\*'
    """
    return " ".join(words.split()).translate(_SIGNS)


def _pdf_options(created: str) -> dict[str, object]:
    moment = dt.datetime.fromisoformat(created) if created else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return {"pdf_standards": ["a-2b"], "timestamp": int(moment.timestamp())}
