"""Districts, streets/towns and communities/villages from any vector file → a checked `UnitTable`."""

from data.units.read import UnitFile, read_units
from data.units.rows import UnitAnswers
from data.units.totals import Totals, read_totals

__all__ = ["Totals", "UnitAnswers", "UnitFile", "read_totals", "read_units"]
