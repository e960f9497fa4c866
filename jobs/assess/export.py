"""export: products from a result folder, drawn again from its tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from core.errors import InputError, SettingError
from core.progress import Progress, silent
from core.text import Sayable, labelled, listed, printable, text
from coverage.publish import Results, district_names, of_districts
from data.files import file_name, write_bytes
from data.forms import open_form
from data.results import read_results
from data.results.geopackage import geopackage_bytes
from data.results.land import is_land_alone
from data.source import COMPARED
from data.whole_folder import replace_file
from jobs.assess.land_map import land_geopackage, land_map
from jobs.assess.map_model import BASEMAP, map_model, product_names
from locales import LANGUAGES, translator
from maps import render_map
from maps.basemap import decode
from maps.model import MapModel
from reports.briefing import Briefing, Cover, briefing_of
from reports.briefing.period import set_against
from reports.briefing.steps import steps_from_json, steps_to_json
from reports.forms import form_bytes
from reports.land import land_briefing, land_workbook
from reports.pictures import Pictures
from reports.workbook import workbook_bytes

if TYPE_CHECKING:
    from coverage.compare_lists import Compared

# A form is imported where it is made: each library takes its time, and most exports make one form.

# In the order in which `all` makes them.
KINDS: Final = ("html", "xlsx", "pptx", "docx", "pdf", "png", "gpkg")
ALL: Final = "all"
# `form:ID` or `form:FILE`.
FORM: Final = "form:"
PROFILES: Final = ("internal", "public")
# What is not for the public: it names every unit, facility and coordinate.
_INTERNAL_ONLY: Final = ("xlsx",)
_STEMS: Final = {"html": "map", "xlsx": "report", "gpkg": "city", "png": "map"}
_PAPERS: Final[tuple[Literal["A4", "A3"], ...]] = ("A4", "A3")


@dataclass(frozen=True)
class ExportRequest:
    """Which product of a folder: `to` one of KINDS, "all" or "form:ID"; `out` a file of one's own (for one
    product that is one file), None for the folder. `before`: folders of earlier results of the same area that
    the result is set against. `steps`: those of the map's presentation as JSON ("" for the usual ones).
    `districts`: names or codes of those it is limited to, none for the whole area."""

    folder: Path
    to: str
    language: str = "zh"
    profile: str = "internal"
    title: str = ""
    author: str = ""
    mark: str = ""
    as_of: str = ""
    out: Path | None = None
    before: tuple[Path, ...] = ()
    steps: str = ""
    districts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.to not in (*KINDS, ALL) and not self.to.startswith(FORM):
            raise SettingError(
                "A folder can be exported to {kinds}; not to “{to}”.",
                kinds=listed((*KINDS, ALL)),
                to=self.to,
            )
        if self.profile not in PROFILES:
            raise SettingError(
                "The profile is one of {profiles}; not “{profile}”.",
                profiles=listed(PROFILES),
                profile=self.profile,
            )
        if self.public and self.to in _INTERNAL_ONLY:
            raise SettingError(
                "The workbook is for internal use: it names every unit, facility and coordinate. For the "
                "public export the map, with --to html --profile public."
            )
        if self.public and self.districts:
            raise SettingError(
                "What is public names no unit: choose districts with --profile internal, or leave them away."
            )
        if self.districts and self.to.startswith(FORM):
            raise SettingError(
                "An official form has the whole city and its districts; leave --district away."
            )
        if self.out is not None and self.to in (ALL, "png"):
            raise SettingError(
                "“{to}” makes several files; leave --out away: they are written into the folder.", to=self.to
            )

    @property
    def public(self) -> bool:
        return self.profile == "public"

    @property
    def cover(self) -> Cover:
        """What the office writes, on one line each and without signs that no program may hold."""
        said = (printable(" ".join(one.split())) for one in (self.title, self.author, self.mark, self.as_of))
        title, author, mark, as_of = said
        return Cover(title, author, mark, self.public, as_of)

    @property
    def kinds(self) -> tuple[str, ...]:
        if self.to != ALL:
            return (self.to,)
        return tuple(kind for kind in KINDS if not (self.public and kind in _INTERNAL_ONLY))


def export(request: ExportRequest, *, progress: Progress = silent) -> list[Path]:
    """Write the products of a result folder; returns their paths. UserError on bad input.

    The same folder and request give the same bytes.
    """
    if request.to.startswith(FORM):
        return [_form(request)]
    written: list[Path] = []
    for name, content in products_of(request, request.kinds, progress=progress):
        if request.out is not None:
            write_bytes(request.out, content)
            written.append(request.out)
        else:
            replace_file(request.folder, name, content)
            written.append(request.folder / name)
    return written


def products_of(
    request: ExportRequest, kinds: Sequence[str], *, progress: Progress = silent
) -> Iterator[tuple[str, bytes]]:
    """File name and content of every product of some kinds, as they are made; nothing is written."""
    studio = _studio(request)
    for number, kind in enumerate(kinds):
        progress(number / len(kinds), text("Making {kind}", kind=kind))
        for name, make in studio.products(kind):
            yield name, make()
    progress(1.0, text("Done"))


def told_by(request: ExportRequest) -> Briefing:
    """What the products will say, before any is made."""
    return _studio(request).briefing


def usual_steps(request: ExportRequest) -> tuple[str, tuple[str, ...]]:
    """The steps of the map's presentation as JSON, for a planner to edit, and the layers they may name."""
    from maps.cell_layers import layer_keys  # folium takes a second to import

    model = _studio(request).model
    return steps_to_json(model.steps, translator(request.language)), layer_keys(model)


def districts_of(folder: Path) -> tuple[str, ...]:
    """The districts that a result can be limited to; none without units, residents, or of a scenario."""
    if (folder / COMPARED).is_file() or is_land_alone(folder):
        return ()
    results = read_results(folder)
    return () if results.document.get("scenario") else district_names(results)


def _studio(request: ExportRequest) -> _Studio:
    """Of a comparison of lists, else of an assessment, set against the earlier ones that are asked for."""
    if (request.folder / COMPARED).is_file():
        if request.before:
            raise SettingError("A comparison of lists has no earlier result; leave --before away.")
        if request.districts:
            raise SettingError("A comparison of lists has no districts to choose; leave --district away.")
        from jobs.lists.compare import read_compared

        return _ListsStudio(request, *read_compared(request.folder))
    if is_land_alone(request.folder):
        if request.before or request.districts:
            raise SettingError(
                "A result of land alone has neither earlier results nor districts to choose; leave --before "
                "and --district away."
            )
        from jobs.assess.land_alone import read_land

        return _LandStudio(request, read_land(request.folder))
    now, *earlier = (
        of_districts(read_results(one), request.districts) for one in (request.folder, *request.before)
    )
    return _ResultsStudio(request, set_against(now, earlier))


class _Studio(ABC):
    """The one briefing and the one map model that all products of a request are drawn from."""

    request: ExportRequest
    # Products of a scenario are named by it, lest they be taken for things as they are; those of a period
    # by the day of the earlier result, those of some districts by these.
    stem: str = ""
    since: str = ""

    @cached_property
    @abstractmethod
    def briefing(self) -> Briefing: ...

    @cached_property
    @abstractmethod
    def model(self) -> MapModel: ...

    @abstractmethod
    def workbook(self) -> bytes: ...

    @abstractmethod
    def geopackage(self) -> bytes: ...

    @property
    def described(self) -> tuple[Sayable, ...]:
        """What the GeoPackage says of every layer: what limits the figures, and the strip."""
        told = self.briefing
        strip = (labelled(term, value) for term, value in told.strip)
        return (*told.badges, *told.caveats, *strip)

    def products(self, kind: str) -> Sequence[tuple[str, Callable[[], bytes]]]:
        """File name and maker of every file of a kind."""
        if kind == "png":
            return [(self._name(kind, f"-{paper}"), partial(self._sheet, paper)) for paper in _PAPERS]
        makers: dict[str, Callable[[], bytes]] = {
            "html": self._page,
            "xlsx": self.workbook,
            "pptx": self._slides,
            "docx": self._document,
            "pdf": self._pdf,
            "gpkg": self.geopackage,
        }
        return [(self._name(kind), makers[kind])]

    def _slides(self) -> bytes:
        from reports.slides import slides_bytes

        return slides_bytes(self.briefing, self.pictures)

    def _document(self) -> bytes:
        from reports.document import document_bytes

        return document_bytes(self.briefing, self.pictures)

    @cached_property
    def pictures(self) -> Pictures:
        return Pictures(self.model, translator(self.request.language), self.request.public)

    def _sheet(self, paper: Literal["A4", "A3"]) -> bytes:
        from reports.pages import map_sheet

        return map_sheet(self.briefing, self.pictures, paper=paper)

    def _pdf(self) -> bytes:
        from reports.pages import pdf_bytes

        return pdf_bytes(self.briefing, self.pictures)

    def _page(self) -> bytes:
        request, told = self.request, self.briefing
        model = replace(
            self.model,
            strip=told.strip,
            remarks=told.caveats,
            mark=request.cover.mark,
            title=request.cover.title or self.model.title,
        )
        if request.steps:
            from maps.cell_layers import layer_keys  # folium takes a second to import

            model = replace(model, steps=steps_from_json(request.steps, layer_keys(model)))
        return render_map(model, language=request.language, profile=request.profile).encode("utf-8")

    def _name(self, kind: str, paper: str = "") -> str:
        return _file_name(self.request, self.stem or _STEMS.get(kind, "briefing") + self.since, kind, paper)


@dataclass
class _ResultsStudio(_Studio):
    """Of an assessment, a plan, a scenario or a period."""

    request: ExportRequest
    results: Results

    def __post_init__(self) -> None:
        document = self.results.document
        if document.get("scenario"):
            self.stem = Path(product_names(document, language=self.request.language)["html"]).stem
        elif self.request.before:
            self.since = f"-since-{document['before']['day'][:10]}"
        if document.get("districts"):
            self.since += "-" + "-".join(document["districts"]["names"])

    @cached_property
    def briefing(self) -> Briefing:
        return briefing_of(self.results, self.request.cover)

    @cached_property
    def model(self) -> MapModel:
        return map_model(self.results, decode(_basemap(self.request.folder)))

    def workbook(self) -> bytes:
        return workbook_bytes(self.results, language=self.request.language, cover=self.request.cover)

    def geopackage(self) -> bytes:
        return geopackage_bytes(self.results, self.pictures.tr, self.described, public=self.request.public)


@dataclass
class _LandStudio(_Studio):
    """Of residential land alone."""

    request: ExportRequest
    results: Results

    @cached_property
    def briefing(self) -> Briefing:
        return land_briefing(self.results, self.request.cover)

    @cached_property
    def model(self) -> MapModel:
        return land_map(self.results, decode(_basemap(self.request.folder)), self.briefing)

    def workbook(self) -> bytes:
        return land_workbook(self.results, language=self.request.language, cover=self.request.cover)

    def geopackage(self) -> bytes:
        return land_geopackage(self.results, self.pictures.tr, self.described, public=self.request.public)


@dataclass
class _ListsStudio(_Studio):
    """Of an office's lists beside OpenStreetMap."""

    request: ExportRequest
    compared: Compared
    provenance: Mapping[str, Any]

    @cached_property
    def briefing(self) -> Briefing:
        from reports.compared import compared_briefing

        return compared_briefing(self.compared, self.provenance, self.request.cover)

    @cached_property
    def model(self) -> MapModel:
        from jobs.lists.compared_map import compared_map

        return compared_map(self.compared, self.briefing)

    def workbook(self) -> bytes:
        from reports.compared import compared_workbook

        asked = self.request
        return compared_workbook(self.compared, self.provenance, language=asked.language, cover=asked.cover)

    def geopackage(self) -> bytes:
        from jobs.lists.compared_map import compared_geopackage

        say, public = self.pictures.tr, self.request.public
        created = str(self.provenance.get("created", ""))
        return compared_geopackage(self.compared, say, created, self.described, public=public)


def _form(request: ExportRequest) -> Path:
    """An official form, by its id or a TOML file of one's own, beside the folder's other products."""
    form = open_form(request.to.removeprefix(FORM))
    target = request.out or request.folder / _file_name(request, f"form-{form.id}", "xlsx")
    results, mark = read_results(request.folder), request.cover.mark
    content = form_bytes(results, form, language=request.language, public=request.public, mark=mark)
    write_bytes(target, content)
    return target


def _file_name(request: ExportRequest, stem: str, kind: str, paper: str = "") -> str:
    """`map-public-A4-en.png`."""
    profile = "-public" if request.public else ""
    spoken = "" if request.language == next(iter(LANGUAGES)) else f"-{request.language}"
    return file_name(f"{stem}{profile}{paper}{spoken}", ending=f".{kind}")


def _basemap(folder: Path) -> bytes:
    try:
        return (folder / BASEMAP).read_bytes()
    except OSError as error:
        raise InputError(
            "{folder} is not an assessment folder: {file} is missing.", folder=folder.name, file=BASEMAP
        ) from error
