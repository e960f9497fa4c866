"""Further files of a study that are more than a path: groups of residents, each with a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SettingError
from jobs.study.layers import distinct_groups


def groups_of(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Names and files of `--group NAME=FILE`. SettingError for anything else, and a name given twice."""
    return distinct_groups(_group(word) for word in words)


def _group(word: str) -> tuple[str, Path]:
    name, _, path = (part.strip() for part in word.partition("="))
    if not (name and path):
        raise SettingError("--group wants a name and a file, as elderly=FILE; this is “{word}”.", word=word)
    return name, Path(path)
