"""Typed reading of a TOML text: every refusal names the line, the key and what is allowed there."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from core.errors import InputError
from core.text import Bilingual, Text, listed, printable, text

_MOST_BYTES: Final = 64_000
_MOST_RULES: Final = 200
_DEEPEST: Final = 12
_LONGEST: Final = 4_000
_MOST_RESIDENTS: Final = 1e10
# Texts and remarks: what is in them is neither depth nor a heading.
_QUOTED: Final = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'{3}.*?\'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*''', re.DOTALL
)
_DOTTED: Final = re.compile(rf"(?<![\w-])[\w-]++(?:\s*\.\s*[\w-]++){{{_DEEPEST}}}")


class TomlFields:
    """A TOML text, parsed, with its lines kept to point at.

    `where` names a table: "" the top, "walking" a section, "rule:3" the fourth [[rule]].
    """

    def __init__(
        self, toml_text: str, source: str, *, most_bytes: int = _MOST_BYTES, most_tables: int = _MOST_RULES
    ) -> None:
        self.text = toml_text
        self._lines = toml_text.splitlines()
        self._source = source
        _require_modest(toml_text, source, most_bytes, most_tables)
        self.sha256 = hashlib.sha256(toml_text.encode("utf-8")).hexdigest()
        try:
            self.table: Mapping[str, Any] = tomllib.loads(toml_text)
        except (ValueError, RecursionError) as error:  # of TOML, and numbers of thousands of digits
            raise InputError(
                "{source}: this is not a TOML file that can be read: {reason}",
                source=source,
                reason=str(error),
            ) from error

    def section(self, key: str) -> Mapping[str, Any]:
        table = self.table.get(key, {})
        if not isinstance(table, dict):
            raise self.refuse("", key, text("write it as a table, under the heading [{key}]", key=key))
        return table

    def rows(self, key: str, why: Text) -> list[Mapping[str, Any]]:
        """The tables under [[key]] headings, if any; refused with `why` for anything else."""
        rows = self.table.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.refuse("", key, why)
        return rows

    def word(self, table: Mapping[str, Any], key: str, where: str, *, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None:
            raise self.refuse(where, key, text("it is missing"))
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.refuse(where, key, text("write a text in quotes"))
        if len(value) > _LONGEST:
            raise self.refuse(where, key, text("at most {most} characters", most=_LONGEST))
        return printable(value)

    def words(
        self, table: Mapping[str, Any], key: str, where: str, *, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        value = table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            raise self.refuse(where, key, text('write a list of texts, as ["station", "centre"]'))
        if any(len(word) > _LONGEST for word in value):
            raise self.refuse(where, key, text("at most {most} characters", most=_LONGEST))
        return tuple(map(printable, value))

    def bilingual(self, table: Mapping[str, Any], where: str, fallback: str) -> Bilingual:
        zh = self.word(table, "zh", where, default=fallback)
        return Bilingual(zh, self.word(table, "en", where, default=zh))

    def one_of(
        self,
        table: Mapping[str, Any],
        key: str,
        allowed: Sequence[str],
        *,
        where: str = "",
        default: str | None = None,
    ) -> str:
        value = table.get(key, default)
        if value not in allowed:
            raise self.refuse(where, key, text("allowed: {allowed}", allowed=listed(allowed)))
        return str(value)

    def number(
        self,
        table: Mapping[str, Any],
        key: str,
        where: str,
        *,
        bounds: tuple[float, float],
        default: float | None = None,
    ) -> float:
        low, high = bounds
        value = table.get(key, default)
        if value is None:
            raise self.refuse(where, key, text("it is missing"))
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.refuse(
                where,
                key,
                text("write a number from {low:g} to {high:g}, without quotes", low=low, high=high),
            )
        return float(value)

    def band(self, table: Mapping[str, Any], key: str, where: str) -> tuple[float, float]:
        """The lowest and the highest number of residents."""
        pair = table.get(key)
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in pair)
            or not 0 <= pair[0] <= pair[1] <= _MOST_RESIDENTS
        ):
            raise self.refuse(
                where, key, text("write the lowest and the highest number of residents, as [1000, 5000]")
            )
        return float(pair[0]), float(pair[1])

    def flag(self, table: Mapping[str, Any], key: str, where: str) -> bool:
        value = table.get(key, True)
        if not isinstance(value, bool):
            raise self.refuse(where, key, text("allowed: {allowed}", allowed="true, false"))
        return value

    def known_keys(self, table: Mapping[str, Any], known: Collection[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self.refuse(
                    where,
                    key,
                    text("this key is not known here; known: {known}", known=listed(sorted(known))),
                )

    def refuse(self, where: str, key: str, why: Text) -> InputError:
        return InputError(
            "{source}, line {line}, key “{key}”: {why}",
            source=self._source,
            line=self._line_of(where, key),
            key=key,
            why=why,
        )

    def _line_of(self, where: str, key: str) -> int:
        """The line of `key` in its table, else of the table's heading, else the first line."""
        heading = re.compile(r"\s*\[")
        start, found = 0, 1
        section, _, number = where.partition(":")
        if section:
            wanted = re.compile(rf"\s*\[\[?\s*{re.escape(section)}\s*\]")
            starts = [i for i, line in enumerate(self._lines) if wanted.match(line)]
            index = int(number) if number else 0
            if index < len(starts):
                start, found = starts[index] + 1, starts[index] + 1
        for i in range(start, len(self._lines)):
            if heading.match(self._lines[i]):
                break
            if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", self._lines[i]):
                return i + 1
        return found


def _require_modest(toml_text: str, source: str, most_bytes: int, most_tables: int) -> None:
    """Refuse what nobody writes by hand before it is parsed, which takes the square of depth and tables."""
    said = None
    if len(toml_text.encode("utf-8", "replace")) > most_bytes:
        said = text("it is larger than {most} kB", most=most_bytes // 1000)
    else:
        plain = _QUOTED.sub("q", toml_text)
        depth = deepest = 0
        for sign in re.findall(r"[\[\]{}]", plain):
            depth += 1 if sign in "[{" else -1
            deepest = max(deepest, depth)
        if deepest > _DEEPEST or _DOTTED.search(plain):
            said = text("its tables lie in one another more than {most} deep", most=_DEEPEST)
        elif len(re.findall(r"^[ \t]*\[\[", plain, re.MULTILINE)) > most_tables:
            said = text("it has more than {most} rules", most=most_tables)
    if said is not None:
        raise InputError("{source}: not read: {why}.", source=source, why=said)
