"""Streets, units and known facilities of a named place, from OpenStreetMap through OSMnx."""

from __future__ import annotations

from data.osm_fetch.door import Servers, open_door
from data.osm_fetch.facilities import Tiers, read_tiers
from data.osm_fetch.place import Place, find_place

__all__ = ["Place", "Servers", "Tiers", "find_place", "open_door", "read_tiers"]
