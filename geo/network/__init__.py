"""The walking network: built, joined, searched. This file stays light: a standard's defaults come from it."""

from typing import Final

# 15 minutes at 5 km/h: a component with less street than that ends before the walk does.
ISLAND_M: Final = 1250.0
