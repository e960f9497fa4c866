"""What the list of facilities that `fetch` writes is made of."""

from __future__ import annotations

from typing import Final

# The names of the coordinates say their system, so that the list is read back without asking.
COLUMNS: Final = ("facility_id", "name", "type", "wgs_lng", "wgs_lat", "status", "address", "source")
