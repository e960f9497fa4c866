"""`export`: products from a result folder."""

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
    to: Annotated[
        str, typer.Option("--to", help="html, xlsx, pptx, docx, pdf, png, gpkg, all, or form:ID (form:FILE)")
    ] = "html",
    lang: Lang = Language.zh,
    profile: Profile = Profile.internal,
    title: Annotated[str, typer.Option("--title", help="Title instead of the usual one.")] = "",
    author: Annotated[str, typer.Option("--author", help="Who made it (制图单位).")] = "",
    mark: Annotated[
        str, typer.Option("--mark", help="Security mark or map review number (密级、审图号).")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="A file of one's own, instead of the folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make products from a result folder: one kind, or all."""
    with front_door(lang) as (_, progress):
        from jobs.assess.export import ExportRequest
        from jobs.assess.export import export as export_folder

        request = ExportRequest(folder, to, lang.value, profile.value, title, author, mark, out)
        made = export_folder(request, progress=progress)
        found = {"format": 1, "files": [str(path) for path in made]}
        found |= {"file": str(made[0])} if len(made) == 1 else {}
        answer(as_json, found, lambda: [str(path) for path in made])
