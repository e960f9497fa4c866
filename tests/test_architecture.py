"""The house: who may import what, how large things may grow, what must not appear anywhere."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("core", "geo", "coverage", "data", "maps", "reports", "jobs", "ui", "locales", "commands")
FRONT: Final = ("app.py", "cli.py", "service_circle.py", "run.py")

_RESULTS: Final = frozenset({"core", "geo", "coverage", "data", "maps", "reports", "jobs", "locales"})
MAY_IMPORT: Final = {
    "core": frozenset(),
    "geo": frozenset({"core"}),
    "coverage": frozenset({"core", "geo"}),
    "data": frozenset({"core", "geo", "coverage"}),
    "maps": frozenset({"core", "geo", "coverage", "locales"}),
    "reports": frozenset({"core", "geo", "coverage", "maps", "locales"}),
    "jobs": _RESULTS,
    "ui": _RESULTS,
    "app.py": _RESULTS | {"ui"},
    "commands": frozenset({"core", "data", "jobs", "locales"}),  # core for the error tree it shows
    "cli.py": frozenset({"commands"}),
    "service_circle.py": _RESULTS | {"commands"},  # the options are those of the command line
    "locales": frozenset({"core"}),
    "run.py": frozenset({"tests"}),
}
ONLY_IN: Final = {
    "streamlit": ("ui/", "app.py"),
    "altair": ("ui/widgets/",),
    "folium": ("maps/",),
    "branca": ("maps/",),
    "xstatic": ("maps/",),
    "pptx": ("reports/",),
    "docx": ("reports/",),
    "typst": ("reports/",),
    "xlsxwriter": ("reports/", "data/"),
    "lxml": ("data/",),
    "alembic": ("data/",),
    "osmnx": ("data/",),
    "networkx": ("data/",),
    "osmium": ("data/",),
    "rasterio": ("data/",),
    "pyogrio": ("data/",),
    "sqlalchemy": ("data/",),
    "geopy": ("data/",),
    "dask": ("jobs/",),
    "fsspec": ("jobs/batch/",),
    "distributed": ("jobs/",),
    "psutil": ("jobs/",),
    "highspy": ("coverage/siting/",),
    "typer": ("cli.py", "commands/"),
    "babel": ("locales/",),
}
READS_AND_WRITES: Final = {"read_file", "to_file"}
FRONT_DOORS: Final = {
    "the page": ("app.py", "ui/"),
    "the command line": ("cli.py", "commands/"),
    # What a file makes of its reader is told to the parent, which has the sentence.
    "the child that reads files": ("data/guard_child.py",),
    # One area that cannot be must not end the others: what it was becomes its row.
    "the worker of a batch": ("jobs/batch/area.py",),
}


@cache
def sources() -> tuple[Path, ...]:
    packages = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
    return (*packages, *(ROOT / name for name in FRONT if (ROOT / name).exists()))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """The package, or the file itself at the top."""
    return path.relative_to(ROOT).parts[0]


@cache
def tree(path: Path) -> ast.Module:
    with tokenize.open(path) as source:
        return ast.parse(source.read(), filename=str(path))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and top-level name of everything imported, at the top of the file or inside a function."""
    return tuple((line, name.split(".")[0]) for line, name in imported_modules(path))


@cache
def imported_modules(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and full name of every module imported."""
    found: list[tuple[int, str]] = []
    for node in walked(path):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # A module taken from its package counts as itself: `from maps import palette`.
            base = ".".join(path.relative_to(ROOT).parts[:-1]) if node.level else node.module or ""
            taken = [f"{base}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name if is_module(name) else base) for name in taken]
    return tuple(dict.fromkeys(found))


@cache
def is_module(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).with_suffix(".py").exists()


@cache
def walked(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def nodes(kind: type | tuple[type, ...]) -> Iterator[tuple[Path, ast.AST]]:
    for path in sources():
        yield from ((path, node) for node in walked(path) if isinstance(node, kind))


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef)):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield path, node


def called(node: ast.AST) -> str:
    """The last name of what is called: `print` of print(...), `read_file` of gpd.read_file(...)."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_the_house_table_allows(package: str) -> None:
    ours = {*PACKAGES, "tests", "bench", "app", "cli", "run"}
    forbidden = ours - MAY_IMPORT[package] - {package}
    wrong = [
        f"{place(path)}:{line} imports {name}"
        for path in sources()
        if room(path) == package
        for line, name in imports(path)
        if name in forbidden
    ]
    assert not wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_imported_only_in_its_room(library: str) -> None:
    wrong = [
        f"{place(path)}:{line}"
        for path in sources()
        if not place(path).startswith(ONLY_IN[library])
        for line, name in imports(path)
        if name.lower() == library
    ]
    assert not wrong


def test_the_greenfield_search_is_entered_by_its_one_door() -> None:
    home = "coverage/siting/greenfield"
    used = [
        (place(path), node.module)
        for path, node in nodes(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coverage.siting.greenfield")
    ]
    inside = [path for path, _ in used if path.startswith(home)]
    outside = {(path, module) for path, module in used if not path.startswith(home)}
    assert inside
    assert outside == {("coverage/siting/covering/best_cover.py", "coverage.siting.greenfield")}


def test_vector_files_are_read_and_written_only_in_data() -> None:
    wrong = [
        f"{place(path)}:{node.lineno} {called(node)}"
        for path, node in nodes(ast.Call)
        if called(node) in READS_AND_WRITES and room(path) != "data"
    ]
    assert not wrong


def test_the_starter_needs_only_the_standard_library() -> None:
    starter = (ROOT / "run.py", ROOT / "tests" / "chromium.py")
    wrong = [name for path in starter for _, name in imports(path) if name not in sys.stdlib_module_names]
    assert set(wrong) <= {"tests"}


def test_coverage_is_our_package() -> None:
    import coverage

    assert Path(str(coverage.__file__)).parent == ROOT / "coverage"


def test_numba_is_neither_installed_nor_required() -> None:
    """It cannot be imported beside a package named `coverage`, and takes what uses it down with it."""
    assert importlib.util.find_spec("numba") is None
    assert not {"numba", "llvmlite"} & set(pinned("requirements.txt", "requirements-test.txt"))


def test_no_module_is_longer_than_450_lines() -> None:
    lengths = {place(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert not {name: length for name, length in lengths.items() if length > 450}


def test_no_function_body_is_longer_than_60_lines() -> None:
    """But for migrations: each is a list of tables that is written once and never changed."""
    wrong = [
        f"{place(path)}:{node.lineno} {node.name}: {body_lines(node)}"
        for path, node in functions()
        if body_lines(node) > 60 and "migrations" not in path.parts
    ]
    assert not wrong


def test_no_function_has_more_than_six_parameters() -> None:
    wrong = [
        f"{place(path)}:{node.lineno} {node.name}: {count}"
        for path, node in functions()
        if (count := parameter_count(node)) > 6
    ]
    assert not wrong


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From the first statement to the last, without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameter_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    starred = [arg for arg in (node.args.vararg, node.args.kwarg) if arg]
    return len([arg for arg in named if arg.arg not in {"self", "cls"}]) + len(starred)


def test_packages_do_not_print() -> None:
    speaks = {"cli.py", "run.py", "locales/extract.py"}
    wrong = [
        f"{place(path)}:{node.lineno}"
        for path, node in nodes(ast.Call)
        if called(node) == "print" and isinstance(node.func, ast.Name) and place(path) not in speaks
    ]
    assert not wrong


def test_nothing_is_evaluated_or_executed() -> None:
    wrong = [
        f"{place(path)}:{node.lineno} {called(node)}"
        for path, node in nodes(ast.Call)
        if called(node) in {"eval", "exec", "__import__"}
    ]
    assert not wrong


def catches_everything(node: ast.AST) -> bool:
    """`except:`, `except Exception`, `suppress(Exception)`, alone or in a tuple."""
    if isinstance(node, ast.ExceptHandler):
        caught = [node.type] if node.type else []
        if not caught:
            return True
    elif isinstance(node, ast.Call) and called(node) == "suppress":
        caught = list(node.args)
    else:
        return False
    named = {called(part) for whole in caught for part in ast.walk(whole)}
    return bool(named & {"Exception", "BaseException"})


def test_only_the_two_front_doors_catch_everything_and_each_once() -> None:
    found = [
        f"{place(path)}:{getattr(node, 'lineno', 0)}"
        for path, node in nodes((ast.ExceptHandler, ast.Call))
        if catches_everything(node)
    ]
    allowed = {door: [hit for hit in found if hit.startswith(where)] for door, where in FRONT_DOORS.items()}
    assert not {door: hits for door, hits in allowed.items() if len(hits) > 1}
    assert not [hit for hit in found if not any(hit in hits for hits in allowed.values())]


def test_no_exception_is_passed_over_in_silence() -> None:
    wrong = [
        f"{place(path)}:{node.lineno}"
        for path, node in nodes(ast.ExceptHandler)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(step, ast.Pass) for step in node.body)
    ]
    assert not wrong


def pinned(*files: str) -> dict[str, str]:
    """Package → version; lines of comment, of hashes, blank lines and `-r` are left out."""
    found = {}
    for name in files:
        for line in (ROOT / name).read_text("utf-8").splitlines():
            wanted = line.split("#")[0].removesuffix("\\").split(";")[0].strip()
            if wanted and not wanted.startswith(("-r ", "--hash=")):
                package, _, version = wanted.partition("==")
                found[package.lower()] = version
    return found


def test_every_requirement_is_pinned() -> None:
    versions = pinned("requirements.txt", "requirements-test.txt")
    assert not [name for name, version in versions.items() if not re.fullmatch(r"[\w.]+", version)]


def test_every_pinned_version_has_the_hashes_of_its_files() -> None:
    """pip then refuses whatever is not the file that was pinned; `run.py pin` writes them."""
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        for line, below in zip(lines, [*lines[1:], ""], strict=True):
            assert "==" not in line.split("#")[0] or below.startswith("    --hash=sha256:"), line


def test_the_tests_run_with_the_pinned_versions() -> None:
    elsewhere = {"colorama", "watchdog"}  # by platform
    versions = pinned("requirements.txt", "requirements-test.txt")
    present = {name: metadata.version(name) for name in versions.keys() - elsewhere}
    assert present == {name: versions[name] for name in present}


def test_what_the_code_imports_is_named_as_its_own_requirement() -> None:
    """Not only pulled in by another package, which may drop it one day."""
    first_part = (ROOT / "requirements.txt").read_text("utf-8").partition("# Needed by those")[0]
    named = {line.split("==")[0].lower() for line in first_part.splitlines() if "==" in line}
    owners = metadata.packages_distributions()
    wrong = [
        f"{place(path)}:{line} imports {name}"
        for path in sources()
        for line, name in imports(path)
        if name in owners and not {owner.lower() for owner in owners[name]} & named
    ]
    assert not wrong
