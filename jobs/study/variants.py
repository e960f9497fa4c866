"""Another standard or other lists on ground that has been read already."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from core.text import printable
from data.files import digest
from data.intake.intake import Intake
from data.intake.read import ListRequest, facility_ids, read_lists
from data.standards import open_standard
from jobs.study.cases import OwnLists
from jobs.study.inputs import Inputs, list_notes, undecided_notes


def with_standard(inputs: Inputs, name_or_path: str) -> Inputs:
    """The same study to be judged by another standard."""
    standard = open_standard(name_or_path)
    return replace(inputs, standard=standard, sha256={**inputs.sha256, "standard": standard.sha256})


def with_lists(inputs: Inputs, own: OwnLists) -> Inputs:
    """The same ground with other lists, or with more. InputError if none of their rows can be used."""
    read = inputs.intake.reading
    known = read is None or read.context.units_known
    more = read_lists(own.paths, ListRequest(own.datum, inputs.study.units, units_known=known))
    intake = _joined(inputs.intake, more) if own.in_addition else more
    facilities = intake.table(inputs.study.grid.crs)
    study = replace(inputs.study, facilities=facilities, unplaced=intake.unplaced)
    # Of the findings those on the lists come last, of the notes first; the others speak of the ground.
    findings = inputs.findings[: len(inputs.findings) - len(inputs.intake.findings)]
    notes = inputs.notes[len(list_notes(inputs.intake)) :]
    kept = {
        role: sha
        for role, sha in inputs.sha256.items()
        if own.in_addition or not role.startswith("facilities:")
    }
    return replace(
        inputs,
        study=study,
        intake=intake,
        findings=(*findings, *intake.findings),
        notes=(*list_notes(intake), *notes),
        limits=(*undecided_notes(intake), *inputs.limits[len(undecided_notes(inputs.intake)) :]),
        sha256={**kept, **{f"facilities:{printable(path.name)}": digest(path) for path in own.paths}},
        datum=own.datum,
    )


def _joined(first: Intake, second: Intake) -> Intake:
    """Both lists as one; numbers that both use are told apart."""
    frame = pd.concat([first.frame, second.frame], ignore_index=True)
    frame["facility_id"] = facility_ids(frame)
    return Intake(
        frame,
        (*first.findings, *second.findings),
        second.datum,
        (*first.files, *second.files),
        (*first.tables, *second.tables),
        handed_over=(*first.handed_over, *second.handed_over),
    )
