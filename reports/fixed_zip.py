"""Office files with the same bytes for the same content: no time of packing in them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

_THEN: Final = (1980, 1, 1, 0, 0, 0)
_TIME: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")
_PACKED: Final = (".xlsx", ".docx", ".pptx")

# An office document states its title and its author in so many characters at most.
MOST_STATED: Final = 255


def fixed_zip(content: bytes, replaced: Mapping[str, bytes] | None = None, created: str = "") -> bytes:
    """The same package, its parts in order of name ([Content_Types].xml first) and without times; workbooks
    inside it as well. `replaced` are parts to write instead of those there, `created`
    (ISO 8601) the time that its properties state ("": none that means anything)."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        names = sorted({*source.namelist(), *(replaced or {})}, key=lambda name: (name[0] != "[", name))
        for name in names:
            part = replaced[name] if replaced and name in replaced else source.read(name)
            if name.endswith(_PACKED):
                part = fixed_zip(part, created=created)
            elif name == "docProps/core.xml":
                part = _TIME.sub(rb"\g<1>" + _stamp(created) + rb"\g<2>", part)
            entry = zipfile.ZipInfo(name, _THEN)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            made.writestr(entry, part)
    return out.getvalue()


def moment_of(created: str) -> dt.datetime:
    """The time of a result in UTC, as office files write it."""
    found = dt.datetime.fromisoformat(created) if created else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return found.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)


def _stamp(created: str) -> bytes:
    return f"{moment_of(created).isoformat()}Z".encode()
