"""The words of the program in the reader's language.

One catalogue a package (`locales/<language>/LC_MESSAGES/<package>.po`), read as they are: there are
no compiled files to go stale. `python -m locales.extract` brings the catalogues up to date.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.text import Bilingual, Listed, Sayable, Text, filled

LANGUAGES: Final = {"zh": "zh_CN", "en": "en"}
DEFAULT_LANGUAGE: Final = "zh"
_ROOT: Final = Path(__file__).parent


@dataclass(frozen=True)
class Translator:
    """Says a Text, or an English sentence of the catalogues, in one language."""

    language: str

    def __call__(self, message: Sayable, /, **values: object) -> str:
        """`message` in this language with its fields filled; what no catalogue has stays English.

        A plain string is a sentence of the catalogues; with no `values` it is not treated as a
        template, so braces in it stay as they are.
        """
        if isinstance(message, Bilingual):
            return str(getattr(message, self.language))
        if isinstance(message, Text):
            return self._fill(message.template, message.values)
        if isinstance(message, Listed):
            return message.said(self.language, lambda name: str(self._value(name)))
        return self._fill(message, values) if values else self._sentence(message)

    def _fill(self, template: str, values: Mapping[str, object]) -> str:
        return filled(self._sentence(template), {key: self._value(value) for key, value in values.items()})

    def _value(self, value: object) -> object:
        return self(value) if isinstance(value, Text | Bilingual | Listed) else value

    def _sentence(self, english: str) -> str:
        # gettext answers the empty string with the catalogue's header.
        return _said(self.language, english) if english else ""


def translator(language: str) -> Translator:
    """For "zh", "en", or a browser's locale such as "zh-CN"; anything else falls to English."""
    short = language.lower().replace("_", "-").split("-")[0]
    return Translator(short if short in LANGUAGES else "en")


@lru_cache(maxsize=4096)
def _said(language: str, english: str) -> str:
    """Each sentence is looked for in all catalogues once."""
    return _catalogue(language).gettext(english)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    merged: gettext.NullTranslations = gettext.NullTranslations()
    for path in sorted((_ROOT / LANGUAGES[language] / "LC_MESSAGES").glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source))
        compiled.seek(0)
        part = gettext.GNUTranslations(compiled)
        part.add_fallback(merged)
        merged = part
    return merged
