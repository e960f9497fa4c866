"""Official forms from those that come with the program or from a user's own TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import coverage
from core.errors import InputError, SettingError
from core.text import listed, text
from coverage.model.form import LEVELS, MEASURES, Asked, Form, FormRow
from coverage.model.standard import DENOMINATORS, Check, Evidence
from data.toml_fields import TomlFields

_FORMS: Final = Path(coverage.__file__).parent / "forms"
_MAX_BYTES: Final = 1_000_000
_TOP: Final = {"id", "document", "title", "levels", "row", "evidence", "source"}
_ROW: Final = {
    "name", "measure", "number", "unit", "denominator", "basis", "numerator", "whole", "threshold", "at_most",
    "source", "evidence", "check", "kinds", "figure_m", "figure_min", "figure_residents", "level",
}  # fmt: skip
# Measures that are counted without a rule.
_PLAIN: Final = ("facilities", "residents", "residents_per_facility")


def form_ids() -> tuple[str, ...]:
    """The forms that come with the program."""
    return tuple(sorted(path.stem for path in _FORMS.glob("*.toml")))


def open_form(name_or_path: str) -> Form:
    """A form by its id, or the one in a TOML file. InputError says what is wrong in which line."""
    path = _FORMS / f"{name_or_path}.toml" if name_or_path in form_ids() else Path(name_or_path)
    if not path.is_file():
        raise SettingError(
            "There is no form “{name}”: name one of {forms}, or a TOML file.",
            name=name_or_path,
            forms=listed(form_ids()),
        )
    if path.stat().st_size > _MAX_BYTES:
        raise InputError("{file}: too large for a form.", file=path.name)
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("{file}: save it as UTF-8.", file=path.name) from error
    return parse_form(content, source=path.name)


def parse_form(toml_text: str, *, source: str) -> Form:
    """Read a form from its TOML text; InputError names line, key and what is allowed there."""
    fields = TomlFields(toml_text, source)
    table = fields.table
    fields.known_keys(table, _TOP, "")
    why = text("write each row of the form under its own [[row]] heading")
    rows = fields.rows("row", why)
    if not rows:
        raise fields.refuse("", "row", why)
    title = fields.section("title")
    fields.known_keys(title, {"zh", "en"}, "title")
    form_id = fields.word(table, "id", "")
    levels = fields.words(table, "levels", "", default=())
    for level in levels:
        if level not in LEVELS:
            raise fields.refuse("", "levels", text("allowed: {allowed}", allowed=listed(LEVELS)))
    return Form(
        form_id,
        fields.bilingual(title, "title", form_id),
        fields.word(table, "document", "", default=""),
        tuple(_row(fields, number, row) for number, row in enumerate(rows)),
        levels,
    )


def _row(fields: TomlFields, number: int, row: Mapping[str, Any]) -> FormRow:
    """A row inherits source and evidence of the form where it states none."""
    where, table = f"row:{number}", fields.table
    fields.known_keys(row, _ROW, where)
    measure = fields.one_of(row, "measure", MEASURES, where=where)
    asked = None
    kinds = fields.words(row, "kinds", where, default=())
    if "check" in row or measure not in _PLAIN:
        check = Check(fields.one_of(row, "check", [check.value for check in Check], where=where))
        key = next((key for key in ("figure_m", "figure_min") if key in row), "")
        figure = fields.number(row, key, where, bounds=(0.0, 1e6)) if key else None
        unit = fields.one_of(row, "level", ("", *LEVELS), where=where, default="")
        band = fields.band(row, "figure_residents", where) if check is Check.LOAD else None
        asked = Asked(check, kinds, figure, key == "figure_m", band, unit)
    else:
        asked = Asked(Check.PRESENCE, kinds)
    evidence = row.get("evidence", table.get("evidence"))
    if evidence is not None and evidence not in [known.value for known in Evidence]:
        allowed = listed(known.value for known in Evidence)
        raise fields.refuse(where, "evidence", text("allowed: {allowed}", allowed=allowed))
    return FormRow(
        name=fields.word(row, "name", where),
        measure=measure,
        asked=asked,
        number=fields.word(row, "number", where, default=""),
        unit=fields.word(row, "unit", where, default=""),
        denominator=fields.one_of(
            row, "denominator", (*DENOMINATORS, "households"), where=where, default="residents"
        ),
        basis=fields.word(row, "basis", where, default=""),
        numerator=fields.word(row, "numerator", where, default=""),
        whole=fields.word(row, "whole", where, default=""),
        threshold=fields.number(row, "threshold", where, bounds=(0.0, 1e9)) if "threshold" in row else None,
        at_most=fields.flag(row, "at_most", where) if "at_most" in row else False,
        source=fields.word(row, "source", where, default=str(table.get("source", ""))),
        evidence=Evidence(evidence) if evidence else None,
    )
