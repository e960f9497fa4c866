"""The words of `words.toml`, as one loader gives them."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def words(table: str, key: str) -> tuple[str, ...]:
    """The list `key` of `[table]`."""
    path = Path(__file__).with_name("words.toml")
    return tuple(tomllib.loads(path.read_text(encoding="utf-8"))[table][key])


@cache
def any_of(table: str, key: str) -> re.Pattern[str]:
    """A pattern that finds any of the words anywhere."""
    return re.compile("|".join(words(table, key)))


@cache
def begins_with(table: str, key: str, then: str) -> re.Pattern[str]:
    """A pattern that matches one of the words at the start, followed by `then`."""
    return re.compile(f"^({'|'.join(words(table, key))}){then}")


@cache
def kinds() -> dict[str, re.Pattern[str]]:
    """Facilities of other services: what the kind is called → a pattern of the words that tell it."""
    path = Path(__file__).with_name("words.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))["kind"]
    return {kind: re.compile("|".join(told)) for kind, told in table.items()}
