"""The basemap as one compact file of a result folder (`basemap.bin`), so that maps can be redrawn."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from core.errors import InputError
from maps.model import LABEL_COLUMNS, NO_LINES, Basemap, Lines
from maps.polylines import pack, unpack

_MAGIC: Final = b"BASEMAP1"
_LENGTH_BYTES: Final = 4
# A city of 500,000 street nodes unpacks to about 12 MB; more than this is not one of our files.
_UNPACKED_LIMIT: Final = 256_000_000


def encode(basemap: Basemap) -> bytes:
    """The basemap in a few bytes a vertex, rounded to 1e-5 degrees; the same input, the same bytes.

    Magic, then deflated: length of the header, header (JSON: the parts with their sizes, the
    labels), and the parts on end as `maps.polylines.pack` writes them.
    """
    parts = [(kind, key, pack(lines)) for kind, key, lines in _parts(basemap)]
    header = {
        "parts": [[kind, key, len(blob)] for kind, key, blob in parts],
        "labels": {name: _column(basemap.labels[name]) for name in LABEL_COLUMNS},
    }
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    body = b"".join(blob for _, _, blob in parts)
    return _MAGIC + zlib.compress(len(head).to_bytes(_LENGTH_BYTES, "big") + head + body, 6)


def decode(data: bytes) -> Basemap:
    """The reverse of `encode`; InputError if the bytes are not what it writes."""
    plain = _inflate(data)
    size = int.from_bytes(plain[:_LENGTH_BYTES], "big")
    head, body = plain[_LENGTH_BYTES : _LENGTH_BYTES + size], plain[_LENGTH_BYTES + size :]
    try:
        header = json.loads(head)
        found, at = {}, 0
        for kind, key, length in header["parts"]:
            found[str(kind), str(key)] = unpack(body[at : at + int(length)])
            at += int(length)
        labels = pd.DataFrame({name: header["labels"][name] for name in LABEL_COLUMNS})
        return Basemap(
            streets={int(key): lines for (kind, key), lines in found.items() if kind == "streets"},
            water=found.get(("water", ""), NO_LINES),
            water_lines=found.get(("water_lines", ""), NO_LINES),
            green=found.get(("green", ""), NO_LINES),
            outlines={key: lines for (kind, key), lines in found.items() if kind == "outlines"},
            labels=labels.astype({"name": str, "level": str, "lon": float, "lat": float}),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _damaged() from problem


def _parts(basemap: Basemap) -> Iterator[tuple[str, str, Lines]]:
    for street_class, lines in sorted(basemap.streets.items()):
        yield "streets", str(street_class), lines
    for level, lines in basemap.outlines.items():
        yield "outlines", level, lines
    for kind in ("water", "water_lines", "green"):
        yield kind, "", getattr(basemap, kind)


def _column(values: pd.Series) -> list[Any]:
    return list(values.round(5) if values.dtype.kind == "f" else values.astype(str))


def _inflate(data: bytes) -> bytes:
    if not data.startswith(_MAGIC):
        raise _damaged()
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(data[len(_MAGIC) :], _UNPACKED_LIMIT)
    except zlib.error as problem:
        raise _damaged() from problem
    if not engine.eof:
        raise _damaged()
    return plain


def _damaged() -> InputError:
    return InputError("The basemap file is damaged; run the assessment again to make a new one.")
