"""A sentence for a reader who has not yet said in which language."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Text:
    """An English template and what fills it; `locales` turns it into the reader's language.

    `template` uses `str.format` fields ("{count} rows") and "{count:row|rows}": one word where the
    number is written 1, the other for all others. Values may be Texts, Bilinguals or Listed names.
    Values are never formatted as templates, so text from users cannot inject fields.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return filled(self.template, self.values)

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted((k, str(v)) for k, v in self.values.items()))))


@dataclass(frozen=True)
class Bilingual:
    """Words that come with both languages from data (a standard's title), not from the catalogues."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True)
class Listed:
    """Names one after the other, joined as the reader's language does it: “、” in Chinese, ", " in English;
    clauses, by another Chinese sign `between` them.

    `more` says that there are others; Texts and Bilinguals among the names are translated.
    """

    names: tuple[object, ...]
    more: bool = False
    between: str = "、"

    def __bool__(self) -> bool:
        return bool(self.names)

    def __str__(self) -> str:
        return self.said("en", str)

    def said(self, language: str, word: Callable[[Any], str]) -> str:
        """Joined for a language, each name in the words of `word`."""
        between, more = (self.between, "…") if language == "zh" else (_IN_ENGLISH[self.between], " …")
        return between.join(map(word, self.names)) + more * self.more


_IN_ENGLISH: Final = {"、": ", ", "，": ", ", "；": "; "}


Sayable = Text | Bilingual | Listed | str

# Control characters (an escape sequence begins with one) but tabs and line ends, of which a return alone is
# none; marks that turn the direction of what follows, halves of surrogate pairs, and the separators that some
# programs take for line ends.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)


def printable(written: str) -> str:
    """A text of somebody else's without what a terminal would obey or a reader could not see.

    >>> printable("A站\\x1b[31m")
    'A站[31m'
    """
    return _HIDDEN.sub("", written)


def text(template: str, /, **values: object) -> Text:
    """Mark an English sentence for the catalogues and fill it later.

    >>> str(text("{count} rows were refused", count=3))
    '3 rows were refused'
    """
    return Text(template, values)


def listed(names: Iterable[object], *, most: int | None = None, between: str = "、") -> Listed:
    """Names to stand in a sentence, of many the first `most`; `between` is “、”, “，” or “；”.

    >>> str(text("Unknown: {names}", names=listed(["a", "b", "c"], most=2)))
    'Unknown: a, b …'
    """
    every = tuple(names)
    return Listed(every[:most], most is not None and len(every) > most, between)


def remarked(words: object, remark: object) -> Text:
    """Words with a remark in the language's brackets."""
    return text("{words} ({remark})", words=words, remark=remark)


def labelled(label: object, words: object) -> Text:
    """What words are of, before the language's colon."""
    return text("{label}: {words}", label=label, words=words)


class _OneOrMore(string.Formatter):
    """`str.format` with "{count:row|rows}"."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, apart, more = format_spec.partition("|")
        if not apart:
            return str(super().format_field(value, format_spec))
        return one if f"{value:.0f}" == "1" else more


_ONE_OR_MORE: Final = _OneOrMore()


class _Number(float):
    """A number that never reads −0. As a share it never reads 100 % while something is missing, nor 0 % while
    something is there: it has as many decimals as that takes."""

    def __format__(self, spec: str) -> str:
        said = format(float(self), spec)
        if said.startswith("-") and not _SOME.search(said):
            return format(0.0, spec)
        if spec.endswith("%") and _LEAST < self < 1:
            decimals = int(spec[spec.find(".") + 1 : -1] or 0) if "." in spec else 0
            while float(said.rstrip("%")) in (0, 100) and decimals < _MOST_DECIMALS:
                decimals += 1
                said = format(float(self), f".{decimals}%")
        return said


_MOST_DECIMALS: Final = 6
# What a sum of fractions leaves over is no share of anything.
_LEAST: Final = 1e-9
_SOME: Final = re.compile("[1-9]|inf|nan")


def filled(template: str, values: Mapping[str, object]) -> str:
    """A template with its fields filled.

    >>> [filled("{n:,} {n:row|rows}", {"n": n}) for n in (1, 0, 1200)]
    ['1 row', '0 rows', '1,200 rows']
    >>> [filled("{share:.1%}", {"share": share}) for share in (0.5, 0.99996, 1.0, -1e-12)]
    ['50.0%', '99.996%', '100.0%', '0.0%']
    """
    if ":" in template:
        values = {key: _Number(value) if isinstance(value, float) else value for key, value in values.items()}
    return _ONE_OR_MORE.vformat(template, (), values) if "|" in template else template.format(**values)


def rounded_up(value: float, step: float = 1.0) -> float:
    """The multiple of `step` that is not below `value`: for what is said to be "at most".

    >>> [rounded_up(value) for value in (4.0, 4.0000000001, 4.2)], round(rounded_up(0.01234, 1e-4), 4)
    ([4.0, 4.0, 5.0], 0.0124)
    """
    return math.ceil(value / step - 1e-6) * step


def text_to_json(message: Text) -> dict[str, object]:
    """A Text as plain JSON values, to be said in a language later on."""
    values = {key: _value_to_json(value) for key, value in message.values.items()}
    return {"template": message.template, "values": values}


def text_from_json(stored: Mapping[str, object]) -> Text:
    """The Text that `text_to_json` stored."""
    values = stored.get("values", {})
    known = values if isinstance(values, Mapping) else {}
    return Text(str(stored["template"]), {key: _value_from_json(value) for key, value in known.items()})


def _value_to_json(value: object) -> object:
    if isinstance(value, Text):
        return text_to_json(value)
    if isinstance(value, Bilingual):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Listed):
        return {"names": [_value_to_json(name) for name in value.names], "more": value.more,
                "between": value.between}  # fmt: skip
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _value_from_json(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    if "template" in value:
        return text_from_json(value)
    if "names" in value:
        names = tuple(_value_from_json(name) for name in value["names"])
        return Listed(names, bool(value["more"]), str(value["between"]))
    return Bilingual(str(value["zh"]), str(value["en"]))
