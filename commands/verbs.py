"""The verbs of the command line: one option that takes one value is given once.

Click takes the last of several without a word; of two files the first would be dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand


class Once(TyperCommand):
    """A second, other file of an option that takes one is refused; of other values the last is taken, and
    that is said."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given: dict[str, list[str]] = {}
        spelled = {name: option for option in self.params for name in option.opts}
        for word, value in zip(args, [*args, ""][1:], strict=True):
            name, stated, inline = word.partition("=")
            option: Any = spelled.get(name)
            if option is None or option.multiple or getattr(option, "is_flag", False) or option.nargs != 1:
                continue
            given.setdefault(option.opts[0], []).append(inline if stated else value)
            several = given[option.opts[0]]
            if len(set(several)) < 2:
                continue
            if option.type_descriptor.annotation is Path:
                raise typer.BadParameter(
                    f"it takes one file, and {several[-2]} and {several[-1]} are given", ctx=ctx, param=option
                )
            typer.echo(f"{name} is given more than once; the last counts: {several[-1]}", err=True)
        return super().parse_args(ctx, args)


class Verbs(typer.Typer):
    """A Typer whose verbs are `Once`."""

    def command(self, name: str | None = None, **how: Any) -> Callable[[Any], Any]:
        return super().command(name, cls=Once, **how)
