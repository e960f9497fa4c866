"""What the verbs on the store share: which store, and who acts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from typer import Option

if TYPE_CHECKING:
    from data.store import Store

_DEFAULT: Final = Path(__file__).parents[1] / ".store"

Where = Annotated[
    str,
    Option(
        "--store",
        help="The store: a folder, or a PostgreSQL address (default: SERVICE_CIRCLE_STORE, .store).",
    ),
]
As = Annotated[str, Option("--as", help="Who acts; without it, the local user, who has every role.")]
OfCity = Annotated[str, Option("--city", help="A city of the store.")]


def opened(where: str, *, make: bool = False) -> Store:
    """The store that is meant; with `make` it is made where there is none."""
    from data.store import open_store

    return open_store(where or os.environ.get("SERVICE_CIRCLE_STORE") or _DEFAULT, make=make)
