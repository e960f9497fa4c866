"""`demo`: the demo city's input files."""

from __future__ import annotations

from pathlib import Path

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language


def demo(folder: Path, lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Write the demo city's input files."""
    with front_door(lang) as (tr, report):
        from data.demo import SYNTHETIC, write_demo

        files = write_demo(folder, progress=report)
        names = {name: str(path) for name, path in vars(files).items()}
        answer(as_json, {"format": 1, "files": names}, lambda: [tr(SYNTHETIC), *names.values()])
