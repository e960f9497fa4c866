"""The command line as a user types it: in this process, or in one of its own.

A process of its own costs seconds of imports; it is for what only a process shows (what reaches its
standard output, signals, workers).
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cli import app

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Done:
    """How a call ended, by the names `subprocess` has."""

    returncode: int
    stdout: str
    stderr: str


def cli(*words: object, env: dict[str, str] | None = None) -> Done:
    """A call in this process; an error that escapes the front door escapes here too."""
    done = CliRunner().invoke(app, [*map(str, words)], env=env, catch_exceptions=False)
    return Done(done.exit_code, done.stdout, done.stderr)


def cli_process(*words: object) -> subprocess.CompletedProcess[str]:
    """The same call in a process of its own."""
    command = [sys.executable, ROOT / "cli.py", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
