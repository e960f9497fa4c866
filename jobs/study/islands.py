"""Who and what stands nearest to a piece of street that leads nowhere, as notes and findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.text import Text, text
from coverage.model.standard import Walking
from coverage.model.study import Study
from data.intake.findings import INFO, WARNING, Finding
from data.streets.places import places_of_components
from geo.crs import unproject
from geo.network.snapping import PassedOver, passed_over, snap_once

_MOST_LISTED = 200


def island_notes(study: Study, walking: Walking, file: str) -> tuple[tuple[Text, ...], tuple[Finding, ...]]:
    """What was passed over, counted and listed: islands with their residents, facilities one by one.

    `file` is the street file's name. Also facilities that no other street is near enough for.
    """
    network, limit_m = study.network, walking.snap_limit_m
    cells = passed_over(network, study.grid.xy, limit_m=limit_m)
    entrances = study.facilities.entrances
    doors = passed_over(network, entrances.xy, limit_m=limit_m)
    snapped = snap_once(network, entrances.xy, limit_m=limit_m)
    on_island = snapped.linked & network.islands.on_island[snapped.edge]
    stranded = np.flatnonzero(np.isin(np.arange(len(study.facilities)), entrances.facility[on_island]))
    stranded = np.setdiff1d(stranded, entrances.facility[snapped.linked & ~on_island])
    if study.facilities.has_extents:  # with several entrances another one leads on
        doors = doors.some(np.bincount(entrances.facility)[entrances.facility[doors.row]] == 1)
        doors = replace(doors, row=entrances.facility[doors.row])
    residents = study.grid.residents[cells.row]
    notes = []
    if len(cells.row) or len(doors.row):
        notes.append(
            text(
                "{residents:,.0f} residents in {cells} {cells:cell|cells} and {count} "
                "{count:facility|facilities} stand nearer to a piece of street that leads nowhere (a part "
                "of the network with less than {island:,.0f} m of street); they join the nearest street "
                "that leads on.",
                residents=float(residents.sum()),
                cells=len(cells.row),
                count=len(doors.row),
                island=walking.island_m,
            )
        )
    if len(stranded):
        notes.append(
            text(
                "{count} {count:facility stands|facilities stand} on an island of streets, with no other "
                "street within {limit:g} m; findings.csv lists {count:it|them}.",
                count=len(stranded),
                limit=limit_m,
            )
        )
    findings = _passed_islands(study, cells, residents, file)
    names = study.facilities.frame["name"].to_numpy(object)
    listed = (values[:_MOST_LISTED].tolist() for values in (doors.row, doors.island_m, doors.joined_m))
    for row, near_m, joined_m in zip(*listed, strict=True):
        message = text(
            "{name} stands {near:,.0f} m from an island of streets; it joins the street that leads on, "
            "{metres:,.0f} m away.",
            name=str(names[row]),
            near=near_m,
            metres=joined_m,
        )
        findings.append(Finding(file, "", 0, "", INFO, "island-passed-over", message))
    for row in stranded[:_MOST_LISTED].tolist():
        message = text(
            "{name} stands on an island of streets: only who lives there reaches it on foot.",
            name=str(names[row]),
        )
        findings.append(Finding(file, "", 0, "", WARNING, "facility-on-island", message))
    return tuple(notes), tuple(findings)


def _passed_islands(study: Study, cells: PassedOver, residents: np.ndarray, file: str) -> list[Finding]:
    """One finding an island, the one with most residents first."""
    component, inverse, count = np.unique(cells.component, return_inverse=True, return_counts=True)
    people = np.bincount(inverse, weights=residents, minlength=len(component))
    order = np.argsort(-people, kind="stable")[:_MOST_LISTED]
    lon, lat = unproject(places_of_components(study.network, component[order]), study.network.crs)
    return [
        Finding(
            file,
            "",
            0,
            "",
            INFO,
            "island-passed-over",
            text(
                "An island of {metres:,.0f} m of street at {lon:.5f}, {lat:.5f} was passed over: "
                "{residents:,.0f} residents in {cells} {cells:cell|cells} join the nearest street that "
                "leads on.",
                metres=float(study.network.islands.length_m[component[i]]),
                lon=float(x),
                lat=float(y),
                residents=float(people[i]),
                cells=int(count[i]),
            ),
        )
        for i, x, y in zip(order, lon, lat, strict=True)
    ]
