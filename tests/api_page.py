"""docs/api.md, made from the docstrings of `service_circle` and the help of its options.

python -m tests.api_page               writes it; a test holds it against the code
"""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import service_circle
from commands.given import GROUPS

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
OPTIONS = {"read_study": "assess", "suggest": "suggest", "isochrones": "isochrones"}


def page() -> str:
    parts = [
        "# For programs\n\nWritten by `python -m tests.api_page` from the docstrings; a test holds it "
        "against the code. A walk through it: [notebook.md](notebook.md).\n",
        _said(service_circle),
    ]
    for name in service_circle.__all__:
        one = getattr(service_circle, name)
        parts.append(_of_class(name, one) if inspect.isclass(one) else _of_function(name, one))
    return "\n".join(parts)


def _said(one: object) -> str:
    return f"{_as_markdown(inspect.getdoc(one) or '')}\n"


def _as_markdown(said: str) -> str:
    """Indented lines are code."""
    return re.sub(r"(?:^    .*\n(?:\n(?=    ))?)+", _fenced, said + "\n", flags=re.MULTILINE).strip()


def _fenced(found: re.Match[str]) -> str:
    code = "\n".join(line[4:] for line in found[0].rstrip().splitlines())
    return f"```python\n{code}\n```\n"


def _of_function(name: str, one: Any) -> str:
    signature = re.sub(r"[\w.]*\.(\w+)", r"\1", str(inspect.signature(one)).replace("'", ""))
    said = f"## {name}\n\n```python\n{name}{signature}\n```\n\n{_said(one)}"
    if name not in OPTIONS:
        return said
    group = GROUPS[OPTIONS[name]]
    hints = get_type_hints(group, include_extras=True)
    rows = [_row(field, hints[field.name]) for field in fields(group)]
    return said + "\n| option | takes | without it | |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(field: Field[Any], hint: Any) -> str:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    default = "must be given" if field.default is MISSING else field.default
    if isinstance(default, Enum):
        default = default.value
    if default in (None, "", ()):
        default = "–"
    elif isinstance(default, tuple):
        default = ", ".join(map(str, default))
    bar, escaped = "|", "\\|"
    return f"| `{field.name}` | {_kind(kind)} | {default} | {notes[0].help.replace(bar, escaped)} |"


def _kind(kind: Any) -> str:
    inner = [one for one in get_args(kind) if one not in (type(None), ...)]
    if get_origin(kind) is tuple:
        return f"one or several: {_kind(inner[0])}"
    kind = inner[0] if inner else kind
    if issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    return {Path: "a path", str: "text", float: "a number", int: "a whole number", bool: "True or False"}[
        kind
    ]


def _of_class(name: str, one: type) -> str:
    parts = [f"## {name}\n\n{_said(one)}"]
    if issubclass(one, Exception):
        return parts[0]
    for member, value in vars(one).items():
        if member.startswith("_"):
            continue
        if isinstance(value, property | cached_property):
            parts.append(f"- **`.{member}`** {_line(value)}")
        elif inspect.isfunction(value):
            parts.append(f"- **`.{member}()`** {_line(value)}")
    return "\n".join(parts) + "\n"


def _line(one: object) -> str:
    return " ".join((inspect.getdoc(one) or "").split())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
