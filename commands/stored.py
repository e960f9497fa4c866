"""What the verbs on the store share: which store, and who acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typer import Option

from commands.options import AsJson, Lang, Language

if TYPE_CHECKING:
    from data.store import Store

Where = Annotated[
    str,
    Option(
        "--store",
        help="The store: a folder, or a PostgreSQL address (default: SERVICE_CIRCLE_STORE, .store).",
    ),
]
As = Annotated[str, Option("--as", help="Who acts; without it, the local user, who has every role.")]
OfCity = Annotated[str, Option("--city", help="A city of the store.")]


@dataclass(frozen=True, kw_only=True)
class AtStore:
    """Of every verb on the store: which one, who acts, and how the answer is given."""

    store: Where = ""
    by: As = ""
    lang: Lang = Language.zh
    as_json: AsJson = False

    def open(self, *, make: bool = False) -> Store:
        return opened(self.store, make=make)


def opened(where: str, *, make: bool = False) -> Store:
    """The store that is meant; with `make` it is made where there is none."""
    from data.store import open_store, store_place

    return open_store(store_place(where), make=make)
