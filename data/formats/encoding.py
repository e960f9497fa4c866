"""Bytes → text, in the encodings that Chinese offices' programs write, and XML that says the wrong one."""

from __future__ import annotations

import re
from typing import Final

from core.text import text
from data.formats.raw import UnreadableError

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Detectors guess wrong on GBK files that are mostly ASCII, so the strict decoders decide; GB18030
# comes after UTF-8 because hardly any UTF-8 Chinese text is invalid GB18030, but not the reverse.
_STRICT: Final = ("utf-8", "gb18030")
_REPLACED: Final = "\ufffd"
# Broken bytes up to one in a hundred characters are slips in a text; more is another encoding.
_MOST_BROKEN: Final = 0.01
_MOSTLY: Final = 0.9
_JUDGED: Final = 20_000


def decode(content: bytes) -> str:
    """The text of a file, by its byte order mark, else strictly as UTF-8, GB18030 (Big5 where its
    characters are the commoner ones) or UTF-16 without a mark, else with U+FFFD for few broken bytes.

    UnreadableError if it is no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _few_broken(content.decode(encoding, "replace"))
    if b"\0" in content:
        return _without_mark(content)
    for encoding in _STRICT:
        written = _strictly(content, encoding)
        if written is None:
            continue
        return _big5_instead(content, written) if encoding == "gb18030" else written
    big5 = _strictly(content, "big5hkscs")
    if big5 is not None and _share_of_common(big5, "big5") >= _MOSTLY:
        return big5
    readings = [content.decode(encoding, "replace") for encoding in _STRICT]
    return _few_broken(min(readings, key=lambda written: written.count(_REPLACED)))


def decoded_xml(content: bytes) -> str:
    """XML text without its declaration, whose encoding (GBK, GB2312 …) the parser need not know, and with
    the name spaces declared that it only uses."""
    written = decode(content).lstrip("\ufeff \t\r\n")
    written = re.sub(r"^<\?xml\b[^>]*\?>", "", written, count=1)
    used = set(re.findall(r"<(?:/)?([A-Za-z_][\w.-]*):", written))
    used |= set(re.findall(r"\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=\s*[\"']", written))
    declared = set(re.findall(r"\bxmlns:([A-Za-z_][\w.-]*)\s*=", written)) | {"xml", "xmlns"}
    missing = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in sorted(used - declared))
    return re.sub(r"<([A-Za-z_][\w.:-]*)(?=[\s/>])", rf"<\1{missing}", written, count=1)


def decoded_cells(cells: list[bytes], declared: str) -> str:
    """The encoding of a table's cells: as declared, UTF-8 or GB18030, whichever decodes all of them; a
    character that the end of a field cuts through does not count. Latin-1 where none does."""
    for encoding in (declared, *_STRICT):
        if encoding and all(decoded_cell(cell, encoding) is not None for cell in cells):
            return encoding
    return "latin-1"


def decoded_cell(cell: bytes, encoding: str) -> str | None:
    """A cell in an encoding, without the character that the end of the field cuts through; None if broken."""
    try:
        return cell.decode(encoding)
    except LookupError:
        return None
    except UnicodeDecodeError as error:
        if error.start == 0 or len(cell) - error.start > 3:
            return None
        return cell[: error.start].decode(encoding)


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _few_broken(written: str) -> str:
    if written.count(_REPLACED) > max(2, _MOST_BROKEN * len(written)):
        raise _not_text()
    return written


def _without_mark(content: bytes) -> str:
    """UTF-16 in the byte order that gives Chinese and ASCII."""
    for encoding in ("utf-16-le", "utf-16-be"):
        written = _strictly(content, encoding)
        if written is None or "\0" in written:
            continue
        head = written[:_JUDGED]
        usual = sum(1 for c in head if c.isascii() or "\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef")
        if "\n" in head and usual >= _MOSTLY * len(head):
            return written
    raise _not_text()


def _big5_instead(content: bytes, as_gb: str) -> str:
    """Big5 bytes are nearly always valid GB18030 too, and then mean rare characters."""
    big5 = _strictly(content, "big5hkscs")
    if big5 is None:
        return as_gb
    common_gb, common_big5 = _share_of_common(as_gb, "gb2312"), _share_of_common(big5, "big5")
    return big5 if common_big5 >= _MOSTLY and common_gb < _MOSTLY * common_big5 else as_gb


# The first bytes of the commoner characters: level 1 of GB 2312 and of Big5.
_COMMON: Final = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}


def _share_of_common(written: str, encoding: str) -> float:
    """How many of the characters beyond ASCII are among the common ones of an encoding; 1 where there are
    none."""
    low, high = _COMMON[encoding]
    beyond = [c for c in written[:_JUDGED] if ord(c) > 0x2E7F and not "\uff00" <= c <= "\uffef"]
    beyond = [c for c in beyond if not "\u3000" <= c <= "\u303f"]
    common = sum(1 for c in beyond if (code := c.encode(encoding, "ignore")) and low <= code[0] <= high)
    return common / len(beyond) if beyond else 1.0


def _not_text() -> UnreadableError:
    return UnreadableError(
        text(
            "The file is neither a workbook nor text in UTF-8 or GB18030. "
            "Save it as .xlsx, or as CSV in UTF-8, and send it again."
        )
    )
