"""A result folder that comes as a ZIP."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from core.errors import InputError
from data.cache_entries import MANIFEST
from data.formats.unpack import pieces_of
from data.whole_folder import FOR_PEOPLE, PROVENANCE


def unpack_result(packed: Path, target: Path, *, holds: str = PROVENANCE) -> None:
    """The tables of the one result folder in a ZIP, the one that `holds` such a file, as `target`, which is
    there whole or not at all; what is drawn from the tables is left out.

    InputError for a ZIP without one, with several, or that cannot be unpacked.
    """
    drawn = FOR_PEOPLE - {".md"}
    target.parent.mkdir(parents=True, exist_ok=True)
    with pieces_of(packed) as pieces:
        named = {PurePosixPath(piece.name): piece.path for piece in pieces}
        homes = [place.parent for place in named if place.name == holds]
        if len(homes) != 1:
            raise InputError(
                "{file}: pack one result folder, the one that holds {document}.",
                file=packed.name,
                document=holds,
            )
        scratch = Path(tempfile.mkdtemp(dir=target.parent))
        try:
            for place, path in named.items():
                if place.parent == homes[0] and place.name != MANIFEST and place.suffix.lower() not in drawn:
                    shutil.move(path, scratch / place.name)
            scratch.replace(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
