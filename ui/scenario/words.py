"""Every change of a scenario in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from core.text import Sayable, Text, text
from coverage.model import edits
from coverage.model.standard import Standard

if TYPE_CHECKING:
    from coverage.model.study import Study


def facility_names(study: Study, made: Sequence[edits.Edit]) -> dict[str, str]:
    """What to call every facility that edits on `study` may speak of: its own and those they open.

    `study` is the city before the edits: afterwards a closed facility has no row left to name it.
    """
    frame = study.facilities.frame
    opened = {edit.facility_id: edit.name for edit in made if isinstance(edit, edits.Open)}
    return dict(zip(frame["facility_id"], frame["name"].astype(str), strict=True)) | opened


def edit_words(edit: edits.Edit, study: Study, standard: Standard, names: Mapping[str, str]) -> Text:
    """What an edit does; units are named as in the files, facilities by `facility_names`."""
    match edit:
        case edits.Open():
            return text("Open {tier} “{name}”", tier=standard.tier_title(edit.tier), name=edit.name)
        case edits.Close():
            return text("Close “{name}”", name=names.get(edit.facility_id, edit.facility_id))
        case edits.Move():
            return text("Move “{name}”", name=names.get(edit.facility_id, edit.facility_id))
        case edits.AddStreet():
            return text("New street of {metres:,.0f} m", metres=_length_m(edit.line))
        case edits.AddBarrier():
            return text("New barrier of {metres:,.0f} m", metres=_length_m(edit.line))
        case edits.SetFigure():
            return _figure(edit, standard)
        case edits.SetSpeed():
            return text("Walking speed {speed:g} km/h", speed=edit.speed_kmh)
        case edits.UseStandard():
            return text("Another standard")
        case edits.Grow():
            return text(
                "Residents of {unit}: {change:+.0%}", unit=_unit(edit.unit_id, study), change=edit.factor - 1
            )


def _figure(edit: edits.SetFigure, standard: Standard) -> Text:
    rule: Sayable = next(
        (standard.rule_title(r) for r in standard.rules if r.id == edit.rule_id), edit.rule_id
    )
    if edit.band is not None:
        return text("{rule}: now {low:,g}–{high:,g}", rule=rule, low=edit.band[0], high=edit.band[1])
    return text("{rule}: now {figure:,g}", rule=rule, figure=edit.figure or 0.0)


def _unit(number: str, study: Study) -> Sayable:
    if not number:
        return text("the whole city")
    frame = None if study.units is None else study.units.frame
    names = [] if frame is None else frame.loc[frame["unit_id"] == number, "name"].tolist()
    return str(names[0]) if names else number


def _length_m(line: tuple[tuple[float, float], ...]) -> float:
    return float(sum(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in pairwise(line)))
