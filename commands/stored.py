"""What the verbs on the store share: which store, and who acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typer import Option

from commands.options import AsJson, Lang, Language
from core.progress import Progress, silent

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


def kept_number(word: str) -> str:
    """A number of the store as people type it: in small letters too."""
    return word.strip().upper()


@dataclass(frozen=True, kw_only=True)
class AtStore:
    """Of every verb on the store: which one, who acts, and how the answer is given."""

    store: Where = ""
    by: As = ""
    lang: Lang = Language.zh
    as_json: AsJson = False

    def open(self, *, make: bool = False, city: str = "", progress: Progress = silent) -> Store:
        return opened(self.store, make=make, city=city, progress=progress)


def opened(where: str, *, make: bool = False, city: str = "", progress: Progress = silent) -> Store:
    """The store that is meant; with `make` it is made where there is none. Where `city` is the demo city it
    is taken in first."""
    from data.store import open_store, store_place

    store = open_store(store_place(where), make=make)
    if city:
        from jobs.collect.demo import require_demo

        require_demo(store, city, progress=progress)
    return store
