"""`check`: what a list says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from commands.front import answer, front_door
from commands.options import AsJson, Datum, Lang, Language, Out, UnitsFile
from commands.spread import spread

if TYPE_CHECKING:
    from jobs.lists.check import ListFiles


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """The lists to check, and what they are checked against."""

    lists: Annotated[tuple[Path, ...], Argument(help="Facility lists.")]
    units: UnitsFile = None
    reference: Annotated[Path | None, Option(help="A layer in true coordinates.")] = None
    datum: Datum = "auto"
    stored: Annotated[
        tuple[Path, ...],
        Option(help="A list kept already (accepted.csv of an earlier check); what it has too is told."),
    ] = ()
    memory: Annotated[
        Path | None,
        Option(help="Folder that remembers placings, decisions and columns (default: the result folder)."),
    ] = None
    personal: Annotated[bool, Option("--personal", help="Read names and telephone numbers too.")] = False

    def files(self) -> ListFiles:
        from jobs.lists.check import ListFiles

        return ListFiles(
            self.lists,
            datum=self.datum,
            units=self.units,
            reference=self.reference,
            memory=self.memory,
            stored=self.stored,
            personal=self.personal,
        )


@dataclass(frozen=True, kw_only=True)
class Geocoding:
    """Who is asked where an address is; by default nobody."""

    geocode: Annotated[
        str,
        Option(help="Locate addresses by tianditu (key in TIANDITU_KEY) or nominatim; needs a network."),
    ] = ""
    city: Annotated[str, Option(help="Written before the addresses that are looked up.")] = ""


@spread
def check(
    lists: ListOptions, addresses: Geocoding, out: Out, lang: Lang = Language.zh, as_json: AsJson = False
) -> None:
    """Check facility lists: what is accepted, what is refused and how to mend it."""
    with front_door(lang) as (tr, tell):
        from jobs.assess.summary import check_lines
        from jobs.lists.check import check_lists
        from jobs.lists.geocode import propose_places, require_service, service_with, with_proposals

        service = addresses.geocode
        require_service(service)
        report = check_lists(lists.files(), out=out, progress=tell, language=lang.value)
        if service:
            proposals = propose_places(report, service_with(service), city=addresses.city, progress=tell)
            report = with_proposals(report, proposals)
        document = report.as_json()
        answer(as_json, document, lambda: [*check_lines(document, tr), str(out)])
