"""Brings both catalogues up to date with the sentences in the code.

    python -m locales.extract                 every folder's catalogue
    python -m locales.extract data.intake     one of them

A catalogue belongs to one folder of code ("data.intake" to `data/intake/*.py`, "front" to `app.py`,
`cli.py` and `service_circle.py`). Sentences are the first arguments of `text(...)`, `_(...)` and of the
error classes. New ones are added (English filled with itself, Chinese left empty for a translator; the tests
refuse empty ones), those no longer used are removed, translations are kept.
"""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from locales import LANGUAGES

_ROOT: Final = Path(__file__).parent
_PROJECT: Final = _ROOT.parent
_PACKAGES: Final = ("core", "geo", "coverage", "data", "maps", "reports", "jobs", "ui", "commands")
_WRITTEN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MARKING: Final = {
    "text", "_", "InputError", "SettingError", "InfeasibleError", "UserError", "NotAllowedError",
    "ConflictError",
}  # fmt: skip


def sources() -> dict[str, list[Path]]:
    """Catalogue name → the Python files whose sentences it holds."""
    found: dict[str, list[Path]] = {
        "front": [_PROJECT / name for name in ("app.py", "cli.py", "service_circle.py")]
    }
    for package in _PACKAGES:
        for path in sorted((_PROJECT / package).rglob("*.py")):
            name = ".".join(path.parent.relative_to(_PROJECT).parts)
            found.setdefault(name, []).append(path)
    return found


def sentences(paths: list[Path]) -> list[str]:
    """The sentences marked in these files, sorted, each once."""
    calls = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    found = {
        call.args[0].value
        for call in calls
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in _MARKING
        if isinstance(call.args[0].value, str) and call.args[0].value
    }
    return sorted(found)


def catalogue_path(language: str, name: str) -> Path:
    return _ROOT / LANGUAGES[language] / "LC_MESSAGES" / f"{name}.po"


@cache
def _translations(language: str) -> dict[str, str]:
    """Every translation that any catalogue holds: a sentence keeps its own when its code moves house."""
    known: dict[str, str] = {}
    for path in sorted(catalogue_path(language, "any").parent.glob("*.po")):
        with path.open("rb") as source:
            known.update({str(m.id): str(m.string) for m in read_po(source) if m.id and m.string})
    return known


def update(language: str, name: str, wanted: list[str]) -> int:
    """Rewrite one catalogue; returns how many sentences still lack a translation."""
    path = catalogue_path(language, name)
    known = _translations(language)
    # No dates of writing: the same sentences give the same file, and two branches no conflict.
    catalog = Catalog(
        locale=LANGUAGES[language],
        charset="utf-8",
        fuzzy=False,
        creation_date=_WRITTEN,
        revision_date=_WRITTEN,
    )
    missing = 0
    for sentence in wanted:
        said = known.get(sentence) or (sentence if language == "en" else "")
        missing += not said
        catalog.add(sentence, said)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_po(target, catalog, width=100, omit_header=False, sort_output=True, ignore_obsolete=True)
    return missing


def main() -> None:
    wanted = sys.argv[1:]
    for name, paths in sources().items():
        found = sentences(paths) if not wanted or name in wanted else []
        for language in LANGUAGES if found else ():
            missing = update(language, name, found)
            if missing:
                print(f"{catalogue_path(language, name).relative_to(_PROJECT)}: {missing} to translate")
    if not wanted:
        _remove_leftovers()


def _remove_leftovers() -> None:
    """Catalogues whose folder holds no sentence any longer."""
    used = {name for name, paths in sources().items() if sentences(paths)}
    for language in LANGUAGES:
        for path in catalogue_path(language, "any").parent.glob("*.po"):
            if path.stem not in used:
                path.unlink()


if __name__ == "__main__":
    main()
