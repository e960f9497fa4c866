"""`batch`: many areas of a plan, on the cores of this machine or on a Dask cluster."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin, get_type_hints

import typer

from commands.front import answer, front_door
from commands.isochrones import ReachOptions
from commands.options import NETWORKS, AsJson, Lang, Language
from commands.spread import spread
from commands.study import StudyOptions
from commands.suggest import SuggestOptions, request_of
from core.errors import SettingError, UserError
from core.text import Text, text
from data.standards import preset_ids

if TYPE_CHECKING:
    from jobs.batch.plan import Area, Given

_GROUPS: Final[Mapping[str, type]] = {
    "assess": StudyOptions,
    "suggest": SuggestOptions,
    "isochrones": ReachOptions,
}
# Called otherwise on the command line than in the group.
_CALLED: Final = {"as": "shape"}


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Where the work is done."""

    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask cluster (tls://…); its certificates as Dask is set.")
    ] = ""
    workers: Annotated[int, typer.Option(min=0, help="Worker processes on this machine; 0: one a core.")] = 0


@spread
def batch(
    where: WorkerOptions,
    plan: Annotated[Path | None, typer.Argument(help="A TOML file: areas, and what is made of each.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    status: Annotated[
        Path | None, typer.Option(help="Only tell how far the batch in this folder is.")
    ] = None,
    lang: Lang = Language.zh,
    as_json: AsJson = False,
) -> None:
    """Assess many areas: a result folder each, and tables, a map and a workbook over all of them."""
    with front_door(lang) as (tr, report):
        from jobs.batch.run import Workers, run_batch, status_of

        if status is not None:
            state = status_of(status)
            answer(as_json, state, lambda: [tr(said) for said in _state_lines(state)])
            return
        if plan is None or out is None:
            missing = [name for name, value in (("PLAN", plan), ("--out", out)) if value is None]
            raise SettingError("Missing: {options}.", options=", ".join(missing))
        from jobs.batch.plan import read_plan

        done = run_batch(
            read_plan(plan, area_of),
            out=out,
            cache=NETWORKS,
            language=lang.value,
            on=Workers(where.scheduler, where.workers),
            progress=report,
        )
        state = status_of(done.out)
        answer(as_json, state, lambda: [*(tr(said) for said in _state_lines(state)), str(done.out)])
    if not done.complete:
        raise typer.Exit(2)


def _state_lines(state: Mapping[str, Any]) -> list[Text]:
    from core.text import text_from_json

    titles = {
        "done": text("made"),
        "skipped": text("there already"),
        "failed": text("failed"),
        "stopped": text("stopped"),
        "waiting": text("to be made"),
    }
    counts = state["counts"]
    lines = [text("{state}: {n}", state=titles[name], n=n) for name, n in counts.items()]
    lines += [
        text("{area}: {message}", area=row["name"], message=text_from_json(row["message"]))
        for row in state["areas"]
        if row.get("message")
    ]
    return lines


def area_of(given: Given, make: Sequence[str]) -> Area:
    """The area whose options are as given, read as the command line would; an option goes to every verb
    that has it. SettingError names the area, the option and what is near it."""
    from jobs.batch.plan import Area

    verbs = ("assess", *(verb for verb in make if verb != "assess"))
    taken: dict[str, dict[str, Any]] = {verb: {} for verb in verbs}
    for key, (value, base) in given.options.items():
        name = key.replace("-", "_")
        name = _CALLED.get(name, name)
        of = [verb for verb in verbs if name in _names(verb)]
        if not of:
            raise _refused(given, key, _unknown(key, verbs))
        for verb in of:
            taken[verb][name] = _value(given, key, value, _hint(_GROUPS[verb], name), base)
    made = {verb: _made(given, verb, options) for verb, options in taken.items()}
    try:
        study = made["assess"]
        files = type(study)(**{**vars(study), "name": study.name or given.name}).files()
        request = request_of(made["suggest"]) if "suggest" in made else None
    except UserError as error:
        raise SettingError("{place}: {problem}", place=given.place, problem=error.message) from error
    wish = made["isochrones"].wish() if "isochrones" in made else None
    return Area(given.name, given.code, files, request, wish)


def _names(verb: str) -> set[str]:
    return {field.name for field in fields(_GROUPS[verb])}


def _hint(group: type, name: str) -> Any:
    return get_type_hints(group)[name]


def _made(given: Given, verb: str, options: Mapping[str, Any]) -> Any:
    group = _GROUPS[verb]
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
    allowed = ", ".join(one.value for one in kind) if issubclass(kind, Enum) else kind.__name__
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
    if not any(sign in word for sign in "*?["):
        return [base / word]
    found = sorted(base.glob(word))
    if not found:
        raise _refused(
            given, key, text("no file matches “{pattern}” in {folder}", pattern=word, folder=str(base))
        )
    return found


def _unknown(key: str, verbs: Sequence[str]) -> Text:
    known = sorted({name.replace("_", "-") for verb in verbs for name in _names(verb)})
    near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    if near:
        return text("no such option; is “{near}” meant?", near=near[0])
    return text("no such option; there are {known}", known=", ".join(known))


def _refused(given: Given, key: str, why: Text) -> SettingError:
    return SettingError(
        "{place} (“{area}”), “{key}”: {why}", place=given.place, area=given.name, key=key, why=why
    )
