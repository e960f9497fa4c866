"""The catalogues say every sentence of the code, in both languages, with the same fields."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import locales
from core.text import labelled, listed, remarked, text, text_from_json, text_to_json
from locales import LANGUAGES, Translator, translator
from locales.extract import catalogue_path, sentences, sources
from tests.bare_shares import bare_shares

ROOT: Final = Path(__file__).parents[1]
CODE: Final = {name: set(sentences(paths)) for name, paths in sources().items() if sentences(paths)}
CATALOGUES: Final = [(language, name) for language in LANGUAGES for name in sorted(CODE)]
EVERY = pytest.mark.parametrize(("language", "name"), CATALOGUES)
HAN: Final = re.compile(r"[\u3400-\u9fff]")


def catalogue(language: str, name: str) -> Catalog:
    path = catalogue_path(language, name)
    assert path.exists(), f"no {path.name}: run python -m locales.extract {name}"
    with path.open("rb") as source:
        return read_po(source, abort_invalid=True)


def said(language: str, name: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language, name) if message.id}


def fields(sentence: str) -> set[str]:
    """What is filled in: {"count", "share:.1%"}; words for one or more are each language's own."""
    parts = [part for part in string.Formatter().parse(sentence) if "|" not in (part[2] or "")]
    return {f"{name}:{form}" if form else name for _, name, form, _ in parts if name is not None}


def letters(sentence: str) -> str:
    literal = "".join(words for words, *_ in string.Formatter().parse(sentence))
    return "".join(filter(str.isalpha, literal))


@EVERY
def test_a_catalogue_has_every_sentence_of_the_code_and_no_other(language: str, name: str) -> None:
    have = set(said(language, name))
    assert (CODE[name] - have, have - CODE[name]) == (set(), set()), f"run python -m locales.extract {name}"


def test_no_sentence_is_marked_inside_an_f_string() -> None:
    """Python before 3.12 hands an f-string over as one piece: the sentence would be in no catalogue."""
    marking = {"text", "InputError", "SettingError", "InfeasibleError", "UserError"}
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in chain.from_iterable(sources().values())
        for joined in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(joined, ast.JoinedStr)
        for call in ast.walk(joined)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in marking
    ]
    assert not wrong


def test_names_in_a_sentence_are_joined_as_its_language_joins_them() -> None:
    """By `listed`, `remarked` and `labelled`, not by an English comma, bracket or colon."""
    joining = re.compile(r"\w+=\s*(?:\(\s*)?[\"'][,、;；:]\s?[\"']\.join\(")
    texts = {path: path.read_text("utf-8") for path in chain.from_iterable(sources().values())}
    assert not [str(path.relative_to(ROOT)) for path, written in texts.items() if joining.search(written)]


def test_names_remarks_and_labels_stand_in_the_signs_of_their_language() -> None:
    said = labelled("东区", listed(["a", remarked("b", 2), "c"], most=2))
    assert translator("zh")(said) == "东区：a、b（2）…"
    assert translator("en")(text_from_json(text_to_json(said))) == "东区: a, b (2) …"
    assert translator("zh")(listed(["a", "b"], between="；")) == "a；b"


@EVERY
def test_no_translation_is_empty_or_uncertain(language: str, name: str) -> None:
    messages = [message for message in catalogue(language, name) if message.id]
    assert not [message.id for message in messages if not message.string or message.fuzzy]


@EVERY
def test_a_translation_fills_in_the_same_fields(language: str, name: str) -> None:
    wrong = {ours: theirs for ours, theirs in said(language, name).items() if fields(ours) != fields(theirs)}
    assert not wrong


@pytest.mark.parametrize("name", sorted(CODE))
def test_chinese_is_chinese_wherever_there_is_a_word_to_translate(name: str) -> None:
    wrong = [ours for ours, theirs in said("zh", name).items() if letters(ours) and not HAN.search(theirs)]
    assert not wrong


@pytest.mark.parametrize("name", sorted(CODE))
def test_english_is_the_sentence_of_the_code(name: str) -> None:
    assert not {ours: theirs for ours, theirs in said("en", name).items() if ours != theirs}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_catalogue_is_left_over(language: str) -> None:
    folder = catalogue_path(language, "any").parent
    assert {path.stem for path in folder.glob("*.po")} == set(CODE)


def test_fields_are_plain_names() -> None:
    """`{0}` or `{a.b}` would reach into objects; a translator needs to read what stands there."""
    every = {field for wanted in CODE.values() for sentence in wanted for field in fields(sentence)}
    assert not [field for field in every if not re.fullmatch(r"[a-z][a-z0-9_]*(:.+)?", field)]


@pytest.fixture
def two_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of two sentences in place of the real ones."""
    folder = tmp_path / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    entries = 'msgid "{count} rows"\nmsgstr "{count}行"\n\nmsgid "see {what}"\nmsgstr "见{what}"\n'
    (folder / "small.po").write_text(header + entries, encoding="utf-8")
    monkeypatch.setattr(locales, "_ROOT", tmp_path)
    locales._catalogue.cache_clear()
    yield
    locales._catalogue.cache_clear()


@pytest.mark.usefixtures("two_sentences")
class TestTranslator:
    def test_says_a_text_in_its_language(self) -> None:
        assert Translator("zh")(text("{count} rows", count=3)) == "3行"
        assert Translator("en")(text("{count} rows", count=3)) == "3 rows"

    def test_says_a_text_within_a_text(self) -> None:
        assert Translator("zh")(text("see {what}", what=text("{count} rows", count=3))) == "见3行"

    @pytest.mark.parametrize(
        ("count", "said"), [(1, "1 row"), (0, "0 rows"), (1.2, "1 row"), (12, "12 rows")]
    )
    def test_has_a_word_for_one_and_a_word_for_more(self, count: float, said: str) -> None:
        assert Translator("en")(text("{count:.0f} {count:row|rows}", count=count)) == said

    def test_takes_a_sentence_and_its_values(self) -> None:
        assert Translator("zh")("{count} rows", count=3) == "3行"

    def test_leaves_what_users_wrote_alone(self) -> None:
        assert Translator("zh")(text("see {what}", what="{count} {0.__class__}")) == "见{count} {0.__class__}"

    def test_leaves_an_unknown_sentence_in_english(self) -> None:
        assert Translator("zh")("never written {x}", x=1) == "never written 1"

    def test_says_nothing_for_nothing(self) -> None:
        assert Translator("zh")("") == ""


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh_Hans_CN", "zh"),
        ("ZH", "zh"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_a_browsers_locale_chooses_the_language(asked: str, language: str) -> None:
    assert translator(asked).language == language


def test_coverage_never_stands_without_what_it_is_a_share_of() -> None:
    for language in LANGUAGES:
        sentences = [text for name in CODE for m in catalogue(language, name) for text in (m.id, m.string)]
        assert not [sentence for sentence in sentences if bare_shares(str(sentence))]
