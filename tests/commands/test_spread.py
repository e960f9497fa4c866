"""Groups of options, as a verb has them and as Typer sees them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from commands.spread import spread

Out = Annotated[Path, typer.Option("--out")]


@dataclass(frozen=True, kw_only=True)
class Walk:
    pace: Annotated[float, typer.Option(min=0)] = 5.0
    start: Annotated[str, typer.Option(help="Where it begins.")]
    minutes: Annotated[tuple[float, ...], typer.Option(help="May be given again.")] = (10, 15)
    stops: Annotated[tuple[str, ...], typer.Option()] = field(default_factory=lambda: ("well", "inn"))


@dataclass(frozen=True, kw_only=True)
class Sight:
    views: Annotated[int, typer.Option()] = 1
    pair: Annotated[tuple[str, str] | None, typer.Option()] = None


calls: list[tuple[Walk, Path, Sight, bool]] = []


@spread
def stroll(how: Walk, out: Out, sight: Sight, fast: Annotated[bool, typer.Option("--fast")] = False) -> None:
    """Go for a walk."""
    calls.append((how, out, sight, fast))


@pytest.fixture(autouse=True)
def nobody_has_walked() -> None:
    calls.clear()


def options_of(verb: Callable[..., None]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(verb).parameters)


def run(*words: str) -> str:
    app = typer.Typer()
    app.command()(stroll)
    done = CliRunner().invoke(app, words, env={"COLUMNS": "120"})
    return " ".join([str(done.exit_code), *done.output.split()])


def test_what_must_be_given_comes_first_and_else_the_order_stays() -> None:
    assert list(options_of(stroll)) == ["start", "out", "pace", "minutes", "stops", "views", "pair", "fast"]


def test_a_default_stays_and_a_factory_makes_one() -> None:
    defaults = {name: option.default for name, option in options_of(stroll).items()}
    assert defaults == {
        "start": inspect.Parameter.empty, "out": inspect.Parameter.empty, "pace": 5.0, "minutes": (10, 15),
        "stops": ("well", "inn"), "views": 1, "pair": None, "fast": False,
    }  # fmt: skip


def test_typer_sees_the_options_themselves_and_the_verbs_help() -> None:
    shown = run("--help")
    assert "Go for a walk." in shown
    assert "Where it begins. [required]" in shown
    assert "[default: 10, 15]" in shown
    assert "--how" not in shown


def test_the_verb_gets_its_groups_with_tuples_of_what_was_given_again() -> None:
    words = (
        "--start",
        "home",
        "--out",
        "o",
        "--minutes",
        "3",
        "--minutes",
        "4",
        "--pair",
        "a",
        "b",
        "--fast",
    )
    assert run(*words) == "0"
    assert calls == [(Walk(start="home", minutes=(3.0, 4.0)), Path("o"), Sight(pair=("a", "b")), True)]
    assert hash(calls[0][0])


def test_what_is_missing_or_out_of_range_is_refused() -> None:
    assert run("--out", "o").startswith("2 ")
    assert "Missing option '--start'" in run("--out", "o")
    assert run("--start", "home", "--out", "o", "--pace", "-1").startswith("2 ")
    assert calls == []


def test_the_verb_can_be_called_from_python_too() -> None:
    stroll(start="home", out=Path("o"))
    assert calls == [(Walk(start="home"), Path("o"), Sight(), False)]


def test_a_group_may_be_called_as_an_option_of_another() -> None:
    got: list[tuple[Any, ...]] = []

    @spread
    def look(views: Walk, start: Sight) -> None:
        got.append((views, start))

    look(start="home", views=3)
    assert got == [(Walk(start="home"), Sight(views=3))]


def test_a_name_in_two_groups_is_refused_at_once() -> None:
    def twice(how: Walk, pace: Annotated[float, typer.Option()] = 1.0) -> None: ...

    with pytest.raises(ValueError, match="duplicate parameter name: 'pace'"):
        spread(twice)
