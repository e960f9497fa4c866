"""Standards from the presets or from a user's own TOML file."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

import coverage
from core.errors import InputError, SettingError
from core.text import listed
from coverage.model.standard import Standard
from coverage.model.standard_edits import as_own
from data.parse_standard import parse_standard

DEFAULT_STANDARD: Final = "nanjing-2011"
_PRESETS: Final = Path(coverage.__file__).parent / "standards"
_MAX_BYTES: Final = 1_000_000
_KEPT: Final = 32


def preset_ids() -> tuple[str, ...]:
    """The standards that come with the program, the default first."""
    names = sorted(path.stem for path in _PRESETS.glob("*.toml"))
    return (DEFAULT_STANDARD, *(name for name in names if name != DEFAULT_STANDARD))


def open_standard(name_or_path: str | Path) -> Standard:
    """A preset by its id, or the standard in a TOML file. InputError says what is wrong where."""
    if str(name_or_path) in preset_ids():
        return _read(_PRESETS / f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not path.is_file():
        raise SettingError(
            "There is no standard “{name}”: name one of {presets}, or a TOML file.",
            name=str(name_or_path),
            presets=listed(preset_ids()),
        )
    return own_standard(_read(path))


def own_standard(standard: Standard) -> Standard:
    """A user's standard; one that differs from a preset and has its id, its title or rules of its document
    says so in its title."""
    for preset in map(open_standard, preset_ids()):
        of_document = bool(standard.document) and _plain(standard.document) == _plain(preset.document)
        shared = {rule.id for rule in standard.rules} & {rule.id for rule in preset.rules}
        alike = (
            standard.id == preset.id
            or _plain(standard.title.zh) == _plain(preset.title.zh)
            or _plain(standard.title.en) == _plain(preset.title.en)
            or (of_document and shared)
        )
        if alike and standard.sha256 != preset.sha256:
            return as_own(standard, preset)
    return standard


def _plain(words: str) -> str:
    """Without what the eye passes over: width of signs, spaces, capitals."""
    return "".join(unicodedata.normalize("NFKC", words).casefold().split())


def _read(path: Path) -> Standard:
    state = path.stat()
    if state.st_size > _MAX_BYTES:
        raise InputError("{file}: too large for a standard.", file=path.name)
    return _parsed(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _parsed(path: Path, _size: int, _changed_ns: int) -> Standard:
    """Read anew only once the file has changed: a page asks for its standards at every click."""
    content = path.read_bytes()
    try:
        return parse_standard(content.decode("utf-8-sig"), source=path.name)
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=path.name) from error
