"""`export`: one product from a result folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language


class Profile(StrEnum):
    internal = "internal"
    public = "public"


def export(
    folder: Path,
    to: Annotated[str, typer.Option("--to", help="html, xlsx or form:ID (or form:FILE)")] = "html",
    lang: Lang = Language.zh,
    profile: Profile = Profile.internal,
    as_json: AsJson = False,
) -> None:
    """Make one product from a result folder."""
    with front_door(lang):
        from jobs.assess.export import export as export_folder

        path = export_folder(folder, to=to, language=lang.value, profile=profile.value)
        answer(as_json, {"format": 1, "file": str(path)}, lambda: [str(path)])
