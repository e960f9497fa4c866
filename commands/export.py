"""`export`: products from a result folder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from commands.front import answer, front_door
from commands.options import AsJson, Lang, Language
from commands.spread import spread
from core.errors import InputError


class Profile(StrEnum):
    internal = "internal"
    public = "public"


@dataclass(frozen=True, kw_only=True)
class Product:
    """What is made of which folder."""

    folder: Annotated[Path, Argument()]
    to: Annotated[
        str, Option("--to", help="html, xlsx, pptx, docx, pdf, png, gpkg, all, or form:ID (form:FILE).")
    ] = "html"
    profile: Profile = Profile.internal
    out: Annotated[Path | None, Option("--out", help="A file of one's own, not in the folder.")] = None


@dataclass(frozen=True, kw_only=True)
class OnIt:
    """What the office writes on it."""

    title: Annotated[str, Option("--title", help="Title instead of the usual one.")] = ""
    author: Annotated[str, Option("--author", help="Who made it (制图单位).")] = ""
    as_of: Annotated[str, Option("--as-of", help="Date of the data (数据时点), e.g. 2025-12-31.")] = ""
    mark: Annotated[str, Option("--mark", help="Security mark or map review number (密级、审图号).")] = ""
    before: Annotated[
        list[Path] | None, Option("--before", help="An earlier result to set it against; may be given again.")
    ] = None
    district: Annotated[
        list[str] | None,
        Option("--district", help="Only this district (name or code); may be given again."),
    ] = None
    steps: Annotated[
        Path | None,
        Option("--steps", help="Steps of the map's presentation (JSON), instead of the usual."),
    ] = None


@spread
def export(product: Product, on_it: OnIt, lang: Lang = Language.zh, as_json: AsJson = False) -> None:
    """Make products from a result folder: one kind, or all."""
    with front_door(lang) as (_, progress):
        from jobs.assess.export import ExportRequest
        from jobs.assess.export import export as export_folder

        request = ExportRequest(
            product.folder,
            product.to,
            lang.value,
            product.profile.value,
            title=on_it.title,
            author=on_it.author,
            mark=on_it.mark,
            as_of=on_it.as_of,
            out=product.out,
            before=tuple(on_it.before or ()),
            districts=tuple(on_it.district or ()),
            steps=_steps(on_it.steps) if on_it.steps else "",
        )
        made = export_folder(request, progress=progress)
        found: dict[str, object] = {"format": 1, "files": [str(path) for path in made]}
        found |= {"file": str(made[0])} if len(made) == 1 else {}
        answer(as_json, found, lambda: [str(path) for path in made])


def _steps(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=path.name) from error
