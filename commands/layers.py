"""Options that are more than a word: pairs of a name and a value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SettingError


def groups_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Names and files of `--group NAME=FILE`; a name may come again. SettingError for anything else."""
    return tuple((name, Path(path)) for name, path in map(_group, words))


def named_pairs(option: str, words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Names and values of an option NAME=VALUE. SettingError for anything else, and a name given twice."""
    pairs: dict[str, str] = {}
    for word in words:
        name, _, value = (part.strip() for part in word.partition("="))
        if not (name and value):
            raise SettingError("{option} wants NAME=VALUE; this is “{word}”.", option=option, word=word)
        if name in pairs:
            raise SettingError("{option} is given twice for “{name}”.", option=option, name=name)
        pairs[name] = value
    return tuple(pairs.items())


def _group(word: str) -> tuple[str, str]:
    name, _, path = (part.strip() for part in word.partition("="))
    if not (name and path):
        raise SettingError("--group wants a name and a file, as elderly=FILE; this is “{word}”.", word=word)
    return name, path
