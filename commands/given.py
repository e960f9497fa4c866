"""Options that are not typed but given by name, in a plan, a table or a program: read as if they were."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin, get_type_hints

from commands.isochrones import ReachOptions
from commands.study import StudyOptions
from commands.suggest import SuggestOptions
from core.errors import SettingError
from core.text import Text, listed, text
from data.files import matching
from data.standards import preset_ids

if TYPE_CHECKING:
    from jobs.batch.plan import Given

GROUPS: Final[Mapping[str, type]] = {
    "assess": StudyOptions,
    "suggest": SuggestOptions,
    "isochrones": ReachOptions,
}
# Called otherwise on the command line than in the group.
_CALLED: Final = {"as": "shape"}


def read_options(given: Given, verbs: Sequence[str]) -> dict[str, Any]:
    """The group of options of each verb; an option goes to every verb that has it. SettingError for one that
    no verb has, a value that it cannot take, and one that is needed and not there."""
    taken: dict[str, dict[str, Any]] = {verb: {} for verb in verbs}
    for key, (value, base) in given.options.items():
        name = key.replace("-", "_")
        name = _CALLED.get(name, name)
        of = [verb for verb in verbs if name in option_names(verb)]
        if not of:
            raise _refused(given, key, _unknown(key, verbs))
        for verb in of:
            kind, about = _hint(GROUPS[verb], name)
            taken[verb][name] = found = _value(given, key, _filled(value, given), kind, base)
            _require_within(given, key, found, about)
    return {verb: _made(given, verb, options) for verb, options in taken.items()}


def _filled(value: Any, given: Given) -> Any:
    """With {name} and {code} of the area in the words: one option of all areas names each one's own."""
    if isinstance(value, list):
        return [_filled(one, given) for one in value]
    if not isinstance(value, str):
        return value
    return value.replace("{name}", given.name).replace("{code}", given.code)


def option_names(verb: str) -> set[str]:
    return {field.name for field in fields(GROUPS[verb])}


def _hint(group: type, name: str) -> tuple[Any, Any]:
    """(type, how it is told on the command line)."""
    hint = get_type_hints(group, include_extras=True)[name]
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, *about = get_args(hint)
    return kind, about[0]


def _require_within(given: Given, key: str, found: Any, about: Any) -> None:
    """SettingError for a number that is none, or that the command line would refuse."""
    low, high = getattr(about, "min", None), getattr(about, "max", None)
    for number in found if isinstance(found, tuple) else (found,):
        if not isinstance(number, int | float) or isinstance(number, bool):
            continue
        if not math.isfinite(number):
            raise _refused(given, key, text("“{value}” is no number", value=str(number)))
        if low is not None and number < low:
            raise _refused(given, key, text("{value:g} is less than {low:g}", value=number, low=low))
        if high is not None and number > high:
            raise _refused(given, key, text("{value:g} is more than {high:g}", value=number, high=high))


def _made(given: Given, verb: str, options: Mapping[str, Any]) -> Any:
    group = GROUPS[verb]
    needed = [
        field.name
        for field in fields(group)
        if field.default is MISSING and field.default_factory is MISSING and field.name not in options
    ]
    if needed:
        raise _refused(given, needed[0], text("{verb} needs it", verb=verb))
    return group(**options)


def _value(given: Given, key: str, value: Any, hint: Any, base: Path) -> Any:
    """A value of the plan or of a table's cell as the option takes it; paths are from `base`."""
    kinds = [kind for kind in get_args(hint) or (hint,) if kind not in (type(None), ...)]
    kind = kinds[0]
    if get_origin(hint) is tuple:
        several = value if isinstance(value, list) else [value]
        if kind is Path:
            return tuple(path for one in several for path in _paths(given, key, one, base))
        return tuple(_value(given, key, one, kind, base) for one in several)
    if kind is Path:
        found = _paths(given, key, value, base)
        if len(found) != 1:
            raise _refused(given, key, text("{n} files match; it takes one", n=len(found)))
        return found[0]
    with suppress(ValueError, KeyError):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(value)
        if kind is bool and isinstance(value, str):
            return {"true": True, "false": False}[value.casefold()]
        if kind in (int, float) and isinstance(value, str | int | float) and not isinstance(value, bool):
            return kind(value)
        if isinstance(value, kind):
            return _word(key, value, base) if kind is str else value
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    allowed = listed(one.value for one in kind) if issubclass(kind, Enum) else kind.__name__
    raise _refused(
        given, key, text("“{value}” cannot be; allowed: {allowed}", value=str(value), allowed=allowed)
    )


def _word(key: str, value: str, base: Path) -> str:
    """A word, or the path of a file where the option takes either."""
    if key == "standard" and value not in preset_ids():
        return str(base / value)
    if key.replace("-", "_") == "candidates_from" and (base / value).is_file():
        return str(base / value)
    if key == "group" and "=" in value:
        name, _, path = value.partition("=")
        return f"{name.strip()}={base / path.strip()}"
    return value


def _paths(given: Given, key: str, value: Any, base: Path) -> list[Path]:
    if not isinstance(value, str) or not value.strip():
        raise _refused(given, key, text("write the path of a file in quotes"))
    word = value.strip()
    if "\\" in word and not (base / word).exists():
        word = word.replace("\\", "/")  # written on Windows
    if not any(sign in word for sign in "*?[") or (base / word).exists():
        return [base / word]
    try:
        found = matching(base, word)
    except ValueError as error:
        why = text("the pattern cannot be: {problem}", problem=str(error))
        raise _refused(given, key, why) from error
    if not found:
        raise _refused(
            given, key, text("no file matches “{pattern}” in {folder}", pattern=word, folder=str(base))
        )
    return found


def _unknown(key: str, verbs: Sequence[str]) -> Text:
    known = sorted({name.replace("_", "-") for verb in verbs for name in option_names(verb)})
    near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    if near:
        return text("no such option; is “{near}” meant?", near=near[0])
    return text("no such option; there are {known}", known=listed(known))


def _refused(given: Given, key: str, why: Text) -> SettingError:
    if not given.name:
        return SettingError("{place}, “{key}”: {why}", place=given.place, key=key, why=why)
    return SettingError(
        "{place} (“{area}”), “{key}”: {why}", place=given.place, area=given.name, key=key, why=why
    )
