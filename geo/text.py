"""A sentence for a reader who has not yet said in which language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """An English template and what fills it; `locales` turns it into the reader's language.

    `template` uses `str.format` fields ("{count} rows"). Values may be Texts or Bilinguals.
    Values are never formatted as templates, so text from users cannot inject fields.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted((k, str(v)) for k, v in self.values.items()))))


@dataclass(frozen=True)
class Bilingual:
    """Words that come with both languages from data (a standard's title), not from the catalogues."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en


Sayable = Text | Bilingual | str


def text(template: str, /, **values: object) -> Text:
    """Mark an English sentence for the catalogues and fill it later.

    >>> str(text("{count} rows were refused", count=3))
    '3 rows were refused'
    """
    return Text(template, values)
