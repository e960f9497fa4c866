"""How a result folder of residential land alone is known from one of residents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

# Of everything that counts land in the place of residents.
LAND_M2: Final = "residential_land_m2"


def is_land_alone(folder: Path) -> bool:
    """Whether the folder's assessment.json says that it counts land; False where it says nothing."""
    try:
        document = json.loads((folder / "assessment.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("weight") == "residential_land"
