"""Street files of any accepted kind become a walking network and a basemap."""

from __future__ import annotations

from data.streets.read import StreetFile, read_streets

__all__ = ["StreetFile", "read_streets"]
