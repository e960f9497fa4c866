"""What was recognised in the files of a city, shown before anything is computed, in boxes that can be
changed; and how the files contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, labelled, listed, remarked, text
from coverage.model.standard import LEVELS, group_title, level_title
from jobs.study.cases import StudyFiles
from jobs.study.layers import GROUP_UNITS
from jobs.study.offers import Offers
from ui.city.layers import RASTER_UNITS
from ui.shell.choices import words
from ui.shell.safe import in_markdown
from ui.widgets.pick import pick
from ui.widgets.tables import SYSTEMS, scrolling

if TYPE_CHECKING:
    from data.formats.inputs_read import InputRead
    from jobs.study.inputs import Inputs

_KEYS: Final = "city-as-"
_HEAD: Final = (
    text("What it is"), text("File"), text("Layer"), text("Column"), text("Counted in"),
    text("Coordinate system"), text("Rows read"), text("Left out"), text("Used"), text("Remark"),
)  # fmt: skip
_RECOGNISED: Final = text("as recognised")
_NOTHING: Final = text("none")
_PERCENT: Final = text("percent of the residents")
_MOST_SAID: Final = 12


def forget_boxes() -> None:
    """What stands in the boxes belongs to the reading before."""
    for key in [key for key in st.session_state if str(key).startswith(_KEYS)]:
        del st.session_state[key]


def show_recognised(inputs: Inputs) -> None:
    """The rows of `inputs_read.csv`, and the findings in which inputs contradict each other."""
    tr = words()
    study, units = inputs.study, inputs.study.units
    st.subheader(tr(text("What was recognised in the files")))
    st.write(in_markdown(tr(text(
        "{residents:,.0f} residents in {cells:,} cells, {units:,} units, {facilities:,} facilities. Please "
        "check how the files were read; nothing has been computed yet.",
        residents=study.grid.total,
        cells=len(study.grid),
        units=0 if units is None else len(units),
        facilities=len(study.facilities),
    ))))  # fmt: skip
    rows = [_row(entry, tr) for entry in inputs.read]
    st.html(scrolling(tr(text("How each file was read")), [tr(title) for title in _HEAD], rows))
    # The findings on lists come last; the page “Check lists” is about those.
    ground = inputs.findings[: len(inputs.findings) - len(inputs.intake.findings)]
    said = list(dict.fromkeys(finding.message for finding in ground if finding.level != "info"))
    if said:
        lines = [f"- {in_markdown(tr(message))}" for message in said[:_MOST_SAID]]
        if len(said) > _MOST_SAID:
            lines.append("- " + tr(text("{count} more, in the findings.", count=len(said) - _MOST_SAID)))
        st.warning("\n".join([in_markdown(tr(text("Please look at this first:"))), "", *lines]))


def _row(entry: InputRead, tr: Callable[[Text], str]) -> list[str]:
    def word(value: Text | str) -> str:
        return tr(value) if isinstance(value, Text) else value

    name = entry.role.partition(":")[2]
    return [
        tr(remarked(entry.role_words, name)) if name else word(entry.role_words),
        *(entry.file, entry.layer, entry.column, word(entry.unit), entry.system),
        *(f"{entry.rows_read:,}", f"{entry.rows_left_out:,}"),
        tr(text("yes") if entry.used else text("no")),
        word(entry.why),
    ]


def ask_as(files: StudyFiles, offers: Offers, inputs: Inputs | None) -> StudyFiles:
    """The files with what stands in the boxes now: filled in with what was recognised (`inputs`), or, where
    reading failed, with nothing."""
    tr, answers, read = words(), files.answers, () if inputs is None else inputs.read
    people, streets = _first(read, "population"), _first(read, "network")
    units = [entry for entry in read if entry.role == "units" and entry.used]
    first, second, third = st.columns(3, gap="medium")
    with first:
        column = _box("population-column", text("Column or band of residents"), offers.population_columns,
                      "" if people is None else people.column, answers.population_column)  # fmt: skip
        layer = _box("population-layer", text("Layer of residents"), offers.population_layers,
                     "" if people is None else people.layer, answers.population_layer)  # fmt: skip
    with second:
        own = (inputs.population_unit if inputs is not None else files.population_unit) or "auto"
        own = own if own in RASTER_UNITS else "auto"
        unit = _box("population-unit", text("What the numbers of residents count"), tuple(RASTER_UNITS),
                    own, files.population_unit, lambda one: tr(RASTER_UNITS[one]))  # fmt: skip
        system = "" if people is None else people.system
        datum = _box(
            "population-datum", text("Coordinates of residents"), ("auto", "wgs84", "gcj02", "bd09"),
            answers.population_datum, answers.population_datum,
            lambda one: _system_words(one, system),
        )  # fmt: skip
        group_units = [
            (name, chosen)
            for name in dict.fromkeys(name for name, _ in (*files.layers.groups, *answers.group_units))
            if (chosen := _group_unit(name, files, _first(read, f"group:{name}"))) != "auto"
        ]
    with third:
        level, layers = answers.units_level, answers.units_layers
        if files.unit_files:
            found = tr(listed((e.unit for e in units if e.unit), between="；"))
            level = _box(
                "units-level", text("Level of units without a level"), ("", *LEVELS), level, level,
                lambda one: tr(level_title(one)) if one else found or tr(_RECOGNISED),
            )  # fmt: skip
        if offers.units_layers:
            said = dict(layers)
            picked = [(one, _units_layer(one, said.get(one, ""), offers.units_layers)) for one in LEVELS]
            layers = tuple((one, name) for one, name in picked if name)
        net = _box("network-layer", text("Layer of streets"), offers.network_layers,
                   "" if streets is None else streets.layer, answers.network_layer)  # fmt: skip
        classes = _box("network-class", text("Column of street classes"), offers.network_columns,
                       "" if streets is None else streets.column, answers.network_class)  # fmt: skip
    answered = replace(
        answers,
        population_column=column,
        population_layer=layer,
        population_datum=datum,
        group_units=tuple(group_units),
        units_level=level,
        units_layers=layers,
        network_layer=net,
        network_class=classes,
    )
    return replace(files, population_unit=unit, answers=answered)


def _first(read: Sequence[InputRead], role: str) -> InputRead | None:
    return next((entry for entry in read if entry.role == role and entry.used), None)


def _box(
    name: str,
    label: Text,
    options: Sequence[str],
    recognised: str,
    answered: str,
    said: Callable[[str], str] | None = None,
) -> str:
    """A box that shows `recognised`; the answer so far where it is left as it is, else what was chosen.
    No box where there is nothing to choose."""
    tr = words()
    every = list(dict.fromkeys([recognised, *options]))
    if len(every) < 2:
        return answered
    told = said or (lambda one: one or tr(_NOTHING))
    chosen: Any = pick(st.selectbox, label, every, key=f"{_KEYS}{name}", said=told, first=recognised)
    return answered if chosen == recognised else str(chosen)


def _system_words(datum: str, system: str) -> str:
    tr = words()
    if datum == "auto":
        return tr(labelled(_RECOGNISED, system) if system else _RECOGNISED)
    return tr(SYSTEMS[datum]) if datum in SYSTEMS else datum


def _group_unit(name: str, files: StudyFiles, entry: InputRead | None) -> str:
    tr = words()
    answered = dict(files.answers.group_units).get(name, "auto")

    def said(unit: str) -> str:
        if unit == "auto":
            found = "" if entry is None else entry.unit
            return (tr(found) if isinstance(found, Text) else found) or tr(_RECOGNISED)
        return tr(unit_title(unit))

    label = text("What the numbers of the group “{name}” count", name=group_title(name))
    return _box(f"group-{name}", label, ("auto", *GROUP_UNITS), answered, answered, said)


def unit_title(unit: str) -> Text:
    """What numbers of people count, in words."""
    return _PERCENT if unit == "percent" else RASTER_UNITS[unit]


def _units_layer(level: str, answered: str, layers: Sequence[str]) -> str:
    tr = words()
    label = text("Layer of the level {level}", level=level_title(level))
    return _box(
        f"units-layer-{level}", label, ("", *layers), answered, answered,
        lambda one: one or tr(_RECOGNISED),
    )  # fmt: skip
