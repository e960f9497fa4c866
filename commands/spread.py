"""A verb takes its options by the group, as dataclasses; Typer sees each of them by itself.

    @dataclass(frozen=True, kw_only=True)
    class Walk:
        start: Annotated[str, typer.Option(help="Where it begins.")]
        minutes: Annotated[tuple[float, ...], typer.Option(help="May be given again.")] = (15.0,)

    @spread
    def walk(how: Walk, out: Out) -> None: …

takes `--start`, `--out` and `--minutes`, and is called with a Walk.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from inspect import Parameter
from math import isfinite
from types import GenericAlias
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer


def spread(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with the fields of every parameter that is a dataclass in that parameter's place.

    What must be given comes first; else the order of the parameters and of their fields stays. A
    field's default, or what its factory makes, is the option's. What may be given again is a tuple
    here and a list for Typer. ValueError for a name that stands in two groups.
    """
    hints = get_type_hints(verb, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    @wraps(verb)
    def called(**options: Any) -> None:
        given = {name: tuple(one) if isinstance(one, list) else one for name, one in options.items()}
        for name, one in given.items():
            if any(isinstance(number, float) and not isfinite(number) for number in _each(one)):
                raise typer.BadParameter(f"{one} is no number", param_hint=f"--{name.replace('_', '-')}")
        made = {name: _made(group, given) for name, group in groups.items()}
        verb(**made, **given)

    plain = sorted(_plain(verb, hints), key=lambda option: option.default is not Parameter.empty)
    called.__signature__ = inspect.Signature(plain)  # type: ignore[attr-defined]
    called.__annotations__ = {option.name: option.annotation for option in plain} | {"return": None}
    return called


def _each(given: object) -> tuple[object, ...]:
    return given if isinstance(given, tuple) else (given,)


def _made(group: Any, given: dict[str, Any]) -> Any:
    """The group, with its fields taken out of what is given."""
    names = [field.name for field in fields(group) if field.name in given]
    return group(**{name: given.pop(name) for name in names})


def _plain(verb: Callable[..., None], hints: dict[str, Any]) -> Iterator[Parameter]:
    for name, parameter in inspect.signature(verb).parameters.items():
        if is_dataclass(group := hints[name]):
            own = get_type_hints(group, include_extras=True)
            yield from (_option(field.name, own[field.name], _default(field)) for field in fields(group))
        else:
            yield _option(name, hints[name], parameter.default)


def _option(name: str, hint: Any, default: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=_as_typer_knows(hint), default=default)


def _as_typer_knows(hint: Any) -> Any:
    """tuple[X, ...] as list[X], the only collection of any length that Typer reads."""
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        kind = GenericAlias(list, get_args(kind)[:1])
    return Annotated[(kind, *notes)] if notes else kind


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return Parameter.empty if field.default is MISSING else field.default
