"""The desk that a run of the page works at, and the map it is shown on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from data.store import Store
from jobs.cache import prebuild as warm
from jobs.desk.desk import Desk, desk_of, ground_of_city, unit_outline
from ui.shell.compute import cache_folder
from ui.shell.work import result_of
from ui.widgets.small_map import OtherGround

if TYPE_CHECKING:
    import shapely


@dataclass(frozen=True)
class Own:
    """The store, the office's desk in it, and who acts ("" is the local user)."""

    store: Store
    desk: Desk
    by: str

    @property
    def key(self) -> str:
        """Tells this office's widgets and files from another's."""
        return f"{self.desk.city.id}-{self.desk.office.id}"

    @property
    def outline(self) -> shapely.Geometry | None:
        """Of the office's unit, in degrees."""
        return _outline(str(self.store.files.folder), self.key, self)

    @property
    def ground(self) -> OtherGround:
        """The city's ground around the office's unit, else around its facilities."""
        path = result_of(
            "desk-ground",
            (str(self.store.files.folder), self.desk.city.id),
            lambda tell: ground_of_city(
                self.store, self.desk.city, cache=warm.streets_of(cache_folder()), progress=tell
            ),
        )
        if self.outline is not None:
            west, south, east, north = self.outline.bounds
            return OtherGround(path, (float(west), float(south), float(east), float(north)))
        rows = self.desk.rows[self.desk.rows["lon"].notna()]
        if rows.empty:
            return OtherGround(path, (73.0, 18.0, 136.0, 54.0))
        lon, lat = rows["lon"], rows["lat"]
        return OtherGround(path, (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())))


def opened(store: Store, city: str, office: str, by: str) -> Own:
    """The desk, read anew in every run: others decide meanwhile."""
    return Own(store, desk_of(store, city, office, by=by), by)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={Own: lambda own: own.key})
def _outline(_folder: str, _key: str, own: Own) -> shapely.Geometry | None:
    return unit_outline(own.store, own.desk)
