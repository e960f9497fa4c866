"""What a newcomer finds: the two commands, the same everywhere, and nothing of any one machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

# Put together from pieces, so that this file does not contain what it looks for.
MACHINE_PATHS: Final = re.compile(
    r"(?<![\w.])/(?:" + "work|root|tmp|opt/pypi|Users" + r")/|/home/[a-z]|[A-Z]:\\\\?Users\\", re.ASCII
)
REGISTRIES: Final = re.compile(
    "|".join(
        ("py" + r"pi\.org", "python" + "hosted", r"registry\." + "npm", r"deb\." + "debian", "index" + "-url")
    )
)


def tracked() -> list[Path]:
    """Every file under version control that is text."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout: what belongs to the repository cannot be told")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True, encoding="utf-8"
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return [] if b"\0" in content else content.decode("utf-8").splitlines()


def mentions(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number} {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(lines(path), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("command", ["make run", "make test", "python run.py", "python run.py test"])
def test_the_readme_names_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text("utf-8")


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert script[0] == "#!/usr/bin/env bash"
    assert script[-1] == "make test"


def test_make_only_calls_the_starter() -> None:
    recipes = [line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if line.startswith("\t")]
    assert recipes == ["\t@python3 run.py $@"]


def test_no_file_names_a_place_on_one_machine() -> None:
    assert not mentions(MACHINE_PATHS)


def test_no_file_names_a_package_registry() -> None:
    assert not mentions(REGISTRIES)


def test_every_file_is_small() -> None:
    assert not [path.name for path in tracked() if path.stat().st_size > 2_000_000]


def test_text_files_end_their_lines_like_unix() -> None:
    contents = {path.name: path.read_bytes() for path in tracked()}
    assert not [name for name, content in contents.items() if b"\r\n" in content and b"\0" not in content]


def test_the_changelog_tells_something() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## ", changelog, re.MULTILINE)
    assert re.search(r"^- \w", changelog, re.MULTILINE)


def test_the_licence_is_mit() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License\n")
