"""Districts, streets/towns and communities/villages from any vector file → a checked `UnitTable`."""

from data.units.read import UnitFile, read_area, read_units
from data.units.totals import Totals, read_totals

__all__ = ["Totals", "UnitFile", "read_area", "read_totals", "read_units"]
