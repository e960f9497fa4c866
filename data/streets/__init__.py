"""Street files of any accepted kind become a walking network and a basemap."""

from __future__ import annotations

from data.streets.cache import load_or_read
from data.streets.read import Asked, StreetFile, read_streets

__all__ = ["Asked", "StreetFile", "load_or_read", "read_streets"]
