"""export: one product from a result folder, drawn again from its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.errors import InputError, SettingError
from data.files import file_name, write_bytes
from data.forms import open_form
from data.results import read_results
from data.whole_folder import replace_file
from jobs.assess.folder import BASEMAP, product_names
from jobs.assess.map_model import map_model
from maps import render_map
from maps.basemap import decode
from reports.forms import form_bytes
from reports.workbook import workbook_bytes

KINDS: Final = ("html", "xlsx")
# `form:ID` or `form:FILE`.
FORM: Final = "form:"
PROFILES: Final = ("internal", "public")


def export(folder: Path, *, to: str, language: str = "zh", profile: str = "internal") -> Path:
    """Write the map or the workbook of a result folder in a language; returns the file's path."""
    if to.startswith(FORM):
        return _form(folder, to.removeprefix(FORM), language=language)
    if to not in KINDS:
        raise SettingError(
            "A folder can be exported to {kinds}; not to “{to}”.", kinds=", ".join(KINDS), to=to
        )
    if profile not in PROFILES:
        raise SettingError(
            "The profile is one of {profiles}; not “{profile}”.",
            profiles=", ".join(PROFILES),
            profile=profile,
        )
    if to == "xlsx" and profile == "public":
        raise SettingError(
            "The workbook is for internal use: it names every unit, facility and coordinate. For the public "
            "export the map, with --to html --profile public."
        )
    results = read_results(folder)
    target = folder / product_names(results.document, language=language)[to]
    if to == "xlsx":
        content = workbook_bytes(results, language=language)
    else:
        model = map_model(results, decode(_basemap(folder)))
        content = render_map(model, language=language, profile=profile).encode("utf-8")
    replace_file(folder, target.name, content)
    return target


def _form(folder: Path, name: str, *, language: str) -> Path:
    """An official form, by its id or a TOML file of one's own, beside the folder's other products."""
    form = open_form(name)
    target = folder / file_name(f"form-{form.id}", ending=".xlsx")
    write_bytes(target, form_bytes(read_results(folder), form, language=language))
    return target


def _basemap(folder: Path) -> bytes:
    try:
        return (folder / BASEMAP).read_bytes()
    except OSError as error:
        raise InputError(
            "{folder} is not an assessment folder: {file} is missing.", folder=folder.name, file=BASEMAP
        ) from error
