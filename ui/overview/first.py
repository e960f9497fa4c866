"""The first sentence of the first page: who is not served, where, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Check
from ui.shell.choices import words
from ui.shell.compute import View
from ui.shell.safe import in_html


def first_sentence(view: View) -> None:
    """Who is not served, where, and what to do next."""
    tr, found = words(), _largest(view)
    said = _all_served(view) if found is None else _not_served(view, *found)
    if said is not None:
        st.html(f'<p class="first">{in_html(tr(said))}</p>')


def _all_served(view: View) -> Text | None:
    """None where no such rule is judged, or one leaves somebody who is in no gap."""
    reach = (Check.RADIUS, Check.WALK)
    rows = [row for row in view.document["rules"] if row["check"] in reach and row["verdict"] is not None]
    if not rows or any(row["residents_met"] < row["residents"] for row in rows):
        return None
    return text("Every radius and walk rule that can be judged covers all residents it speaks of.")


def _largest(view: View) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The radius rule (else the walk rule) that leaves most residents, and its largest gap."""
    gaps = {gap["rule"]: gap for gap in reversed(view.document["gaps"])}
    rows = [
        row
        for row in view.document["rules"]
        if row["id"] in gaps and row["check"] in (Check.RADIUS, Check.WALK) and row["verdict"] is not None
    ]
    if not rows:
        return None
    row = max(rows, key=lambda one: (one["check"] == Check.RADIUS, one["residents"] - one["residents_met"]))
    return row, gaps[row["id"]]


def _not_served(view: View, row: Mapping[str, Any], gap: Mapping[str, Any]) -> Text:
    return text(
        "{missed:,.0f} of {all:,.0f} residents are not covered by “{rule}”; the largest gap is at {where} "
        "({gap:,.0f} residents). Next: choose “Try” beside a gap or a suggested site to see what one there "
        "changes.",
        missed=row["residents"] - row["residents_met"],
        all=row["residents"],
        rule=view.standard.rule_title(view.standard.rule(row["id"])),
        where=gap["unit"] or text("no unit"),
        gap=gap["residents"],
    )
