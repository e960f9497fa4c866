"""A result folder that comes as a ZIP."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from core.errors import InputError
from data.formats.unpack import pieces_of
from data.whole_folder import FOR_PEOPLE, PROVENANCE


def unpack_result(packed: Path, target: Path) -> None:
    """The tables of the one result folder in a ZIP as `target`, which is there whole or not at all.

    InputError for a ZIP without one, with several, or that cannot be unpacked.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with pieces_of(packed) as pieces:
        homes = [PurePosixPath(one.name).parent for one in pieces if one.name.endswith(PROVENANCE)]
        if len(homes) != 1:
            raise InputError(
                "{file}: this ZIP holds no result folder, or more than one: exactly one {name} is looked "
                "for.",
                file=packed.name,
                name=PROVENANCE,
            )
        scratch = Path(tempfile.mkdtemp(dir=target.parent))
        try:
            for one in pieces:
                if PurePosixPath(one.name).parent == homes[0] and one.suffix not in FOR_PEOPLE:
                    shutil.copyfile(one.path, scratch / PurePosixPath(one.name).name)
            scratch.replace(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
