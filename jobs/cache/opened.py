"""A result folder that was made elsewhere, packed as ZIP, put on a shelf to be looked at."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

from core.errors import InputError
from core.progress import Progress, silent
from core.text import text, text_from_json
from coverage.model.verdict_rows import summary, verdict_rows
from data.cache_entries import keep
from data.files import sha256_of
from data.results import read_results
from data.results.packed import unpack_result
from data.whole_folder import require_whole
from jobs.cache.results import Shelf, map_page

_DOCUMENT: Final = "assessment.json"
_NOT_AS_WRITTEN: Final = (LookupError, TypeError, ValueError, AttributeError)


def open_packed(packed: Path, shelf: Shelf, *, language: str, progress: Progress = silent) -> Path:
    """The folder of a packed result on a shelf, with its map in `language`.

    InputError for a ZIP that does not hold one result folder, or one whose tables are not as they were
    written.
    """
    key = f"opened-{sha256_of(packed)[:32]}"
    if found := shelf.find(key):
        return found
    progress(0.0, text("Opening the result"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as beside:
        folder = Path(beside) / packed.stem
        unpack_result(packed, folder, holds=_DOCUMENT)
        progress(0.2, text("Checking that the result is whole"))
        require_whole(folder)
        _require_shown(folder)
        target = shelf.root / key
        if not keep(target, lambda entry: shutil.copytree(folder, entry, dirs_exist_ok=True)):
            raise InputError("The answer cannot be kept in {folder}: is the disk full?", folder=shelf.root)
    progress(0.5, text("Drawing the map"))
    map_page(target, language=language)
    return target


def _require_shown(folder: Path) -> None:
    """InputError unless a page can show what is in the folder."""
    standard = read_results(folder).standard
    document = json.loads((folder / _DOCUMENT).read_bytes())
    try:
        verdict_rows(document, standard)
        summary(document)
        for note in document["notes"]:
            text_from_json(note)
        known = {rule.id for rule in standard.rules}
        odd = not all(row["id"] in known and row["residents"] >= 0 for row in document["rules"])
        odd |= not (document["area"]["name"] and document["area"]["residents"] >= 0)
    except _NOT_AS_WRITTEN:
        odd = True
    if odd:
        raise InputError(
            "{folder}: a file in it is broken, or was written by another version. Make the result again.",
            folder=folder.name,
        )
