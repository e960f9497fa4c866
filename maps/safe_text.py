"""The one door through which words reach an HTML page."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.text import Sayable, Text
from locales import Translator, translator

# branca renders generated text once more as a Jinja template, and JavaScript has template strings:
# what these characters could start is taken from them. Control characters have no place in a name.
_ENTITIES: Final = str.maketrans(
    {"{": "&#123;", "}": "&#125;", "$": "&#36;", "\\": "&#92;", "`": "&#96;"}
    | {chr(code): " " for code in (*range(32), 127, 0x2028, 0x2029)}
)


def safe(text: str) -> str:
    """HTML that shows `text` literally: markup, templates and script in it stay dead letters.

    >>> safe("<b>{{ 7*7 }}</b>")
    '&lt;b&gt;&#123;&#123; 7*7 &#125;&#125;&lt;/b&gt;'
    """
    return html.escape(text).translate(_ENTITIES)


@lru_cache(maxsize=1024)
def _said(translate: Translator, template: str) -> str:
    """A sentence without figures in it: thousands of cards say the same ones."""
    return safe(translate(Text(template)))


@dataclass(frozen=True)
class Voice:
    """Says the program's sentences in one language and users' words as written; always safe HTML."""

    translate: Translator

    @classmethod
    def of(cls, language: str) -> Voice:
        return cls(translator(language))

    def __call__(self, words: Sayable) -> str:
        if isinstance(words, str):
            return safe(words)
        if isinstance(words, Text) and not words.values:
            return _said(self.translate, words.template)
        return safe(self.translate(words))

    def headline(self, words: Sayable) -> str:
        """The same with a capital, where the words are the program's own."""
        said = self(words)
        return said if isinstance(words, str) else said[:1].upper() + said[1:]

    @property
    def chinese(self) -> bool:
        return self.translate.language == "zh"
