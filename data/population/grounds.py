"""Residential land and compounds (小区), through the door that every layer and table goes through.

Which layer, which rows and which columns are meant is told by names and by what stands in them, never by the
first alias; what was chosen and what was set aside is among `read`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from core.text import Text, listed, text
from coverage.model.tables import Bools, Compounds, Floats, Grounds, Ints
from data.formats.inputs_read import InputRead
from data.formats.systems import in_degrees
from data.guard import guarded
from data.intake.findings import INFO, WARNING, Finding
from data.population.households import HOUSEHOLDS_TITLE, bare_title, households_in
from data.population.tables.coordinates import placing_of
from data.population.tables.numbers import written_numbers
from data.population.tables.table_files import Sheet, sheets_of
from geo.crs import WGS84

Shapes = NDArray[np.object_]

LAND: Final = "residential"
COMPOUNDS: Final = "compounds"
_LAYERS: Final = {
    LAND: re.compile(r"居住|住宅|resid|housing|用地|地类|land_?use|^r\d?$", re.I),
    COMPOUNDS: re.compile(r"小区|住区|楼盘|院落|compound|estate|communit|aoi", re.I),
}
_GATES: Final = re.compile(r"出入口|大门|gates?|entrances?", re.I)
_NAMES: Final = re.compile(
    r"(?:住宅)?小区(?:名称?)?|楼盘(?:名称?)?|住区(?:名称?)?|项目名称?|院落(?:名称?)?|地名|名称|名字|标题"
    r"|(?:compound|estate|project|aoi|poi)?_?(?:name|title)(?:[:_](?:zh|cn|chn)\w*)?|compound|mc|xqmc|xq_?name",
)
_AREAS: Final = re.compile(
    r"(?:总|净|规划|实测|宗地|地块|图斑|建设)?(?:用地|占地|土地|宗地|地块|图斑)?面积|(?:site|land|lot|plot|parcel)?_?area"
    r"|tbmj|ydmj|zdmj|dkmj|mj|declared_?(?:m2|area)",
)
_NO_LAND: Final = re.compile(r"建筑|建面|套|户均|人均|绿|floor|building|gfa|build", re.I)
_UNITS: Final = (
    ("km²", 1e6, re.compile(r"平方(?:公里|千米)|km2|km\^2|sq_?km|k㎡")),
    ("ha", 1e4, re.compile(r"公顷|(?<![a-z])ha(?![a-z])|hectares?|hm2")),
    ("亩", 1e4 / 15, re.compile(r"亩|(?<![a-z])mu(?![a-z])")),
    ("10⁴ m²", 1e4, re.compile(r"万(?:平方米|平|m2|㎡)")),
    ("m²", 1.0, re.compile(r"平方米|平米|(?<![ka-z])m2|㎡|sq_?m(?![a-z])")),
)
_USES: Final = re.compile(
    r"land_?use|fclass|class|type|level[_ ]?[12]|用地(?:类型|性质|代码|分类|名称)?"
    r"|地类(?:名称|编码|代码)?|类型|类别|性质"
    r"|dlmc|dlbm|yddm|ydmc|ydxz\w*|ghfldm|ghflmc",
)
_HOMES: Final = re.compile(r"residential|居住|住宅|居民点|城中村|宅基地|housing|apartments", re.I)
# 用地用海分类 07, 三调 0701 and 0702, GB 50137 R, and EULUC 101.
_HOME_CODES: Final = re.compile(r"07\d{0,4}|r[a-z]?\d{0,2}|101")
# A unit of area is recognised where what is stated comes so near to what is drawn.
_FITS: Final = 1.3
_DIFFERS: Final = 0.15
_LEAST_FILLED: Final = 0.5
_MOST_NAMED: Final = 8
# Ground farther than this from every resident belongs to another place.
_ELSEWHERE_M: Final = 50_000.0


@dataclass(frozen=True)
class GroundFiles:
    """What the files hold in the study's metres, remarks, and what was chosen in which file."""

    grounds: Grounds
    findings: tuple[Finding, ...] = ()
    read: tuple[InputRead, ...] = ()


@guarded
def read_grounds(
    residential: Path | None, compounds: Path | None, *, crs: str, near: Floats | None = None
) -> GroundFiles:
    """Land and compounds as their files hold them, in `crs`; `near` (n, 2) are the residents' places.

    Land is areas, of land uses the residential ones; compounds are areas or points, also of a table with
    coordinates. Empty shapes, shapes of another kind and repeated ones are reported and left out. InputError
    where nothing is left, where several layers could be meant, and for ground that lies elsewhere.
    Points that bear the name of a polygon, several points of one name, and the points of a layer called
    gates are the gates of a compound.
    """
    findings: list[Finding] = []
    read: list[InputRead] = []
    land, land_m2, found = None, None, None
    if residential is not None:
        source = _Source(residential, LAND, crs, findings, read)
        frame = source.rows(source.sheet())
        land = frame.geometry.to_numpy()
        land_m2 = source.declared_m2(frame)
        source.done(frame, near)
    if compounds is not None:
        source = _Source(compounds, COMPOUNDS, crs, findings, read)
        frame = source.rows(source.sheet())
        found = source.compounds(frame)
        source.done(frame, near)
    return GroundFiles(Grounds(land, found, land_m2), tuple(findings), tuple(read))


class _Source:
    """One file: its tables and layers, opened once; `findings` and `read` grow with what it held."""

    def __init__(
        self, path: Path, role: str, crs: str, findings: list[Finding], read: list[InputRead]
    ) -> None:
        self.file, self.role, self.crs = path.name, role, crs
        self.findings, self.read = findings, read
        self.layer, self.system, self.columns = "", "", list[str]()
        self.out = 0
        self.sheets = sheets_of(path)
        self.placed = {
            k: found for k, sheet in enumerate(self.sheets) if (found := self._placed(sheet)) is not None
        }

    def _placed(self, sheet: Sheet) -> gpd.GeoDataFrame | None:
        """The rows with their shapes in metres; None for a table that has no places."""
        if sheet.shapes is not None:
            placed = in_degrees(gpd.GeoDataFrame(sheet.frame).set_geometry(sheet.shapes), self.file)
            self.system = placed.system
            self._warn("coordinate-system", *placed.warnings)
            return placed.frame.to_crs(self.crs)
        at = placing_of(sheet.frame, self.file, "auto")
        if at is None:
            return None
        self.system = at.system
        self._warn("coordinate-system", *at.said)
        shapes = shapely.points(at.lon, at.lat) if at.shapes is None else at.shapes
        shapes[~(np.isfinite(at.lon) & np.isfinite(at.lat))] = None
        return gpd.GeoDataFrame(sheet.frame, geometry=shapes, crs=WGS84).to_crs(self.crs)

    def _warn(self, code: str, *messages: Text) -> None:
        self.findings += [Finding(self.file, "", 0, "", WARNING, code, said) for said in messages]

    def _nothing(self) -> InputError:
        if self.role == COMPOUNDS:
            return InputError(
                "{file}: no row has a place: an outline, or longitude and latitude.", file=self.file
            )
        return InputError("{file}: the layer has no area in it.", file=self.file)

    def _fits(self, shapes: Shapes) -> Bools:
        dimension = shapely.get_dimensions(shapes)
        areal = (dimension == 2) & (shapely.area(shapes) > 0)
        points = (dimension == 0) & ~shapely.is_empty(shapes) & (self.role == COMPOUNDS)
        return np.asarray(areal | points)

    def sheet(self) -> int:
        """The layer that is meant: by what it holds, then by its name; of areas and points the areas."""
        fitting = [
            k
            for k, frame in self.placed.items()
            if self._fits(frame.geometry.to_numpy()).any() and not _GATES.search(self.sheets[k].name)
        ]
        if not fitting:
            raise self._nothing()
        chosen = fitting
        areal = [k for k in chosen if (shapely.get_dimensions(self.placed[k].geometry.to_numpy()) == 2).any()]
        if len(chosen) > 1:
            called = [k for k in chosen if _LAYERS[self.role].search(self.sheets[k].name)]
            chosen = called or chosen
        if len(chosen) > 1:
            chosen = [k for k in chosen if k in areal] or chosen
        if len(chosen) > 1 and self.role == LAND:
            chosen = [k for k in chosen if _residential(self.placed[k])[1] is not None] or chosen
        if len(chosen) > 1:
            raise InputError(
                "{file}: several layers could be meant here: {names}. Save the right one as a file of its "
                "own.",
                file=self.file,
                names=listed(self.sheets[k].name for k in chosen),
            )
        self.layer = self.sheets[chosen[0]].name if len(self.sheets) > 1 else ""
        for k, other in enumerate(self.sheets):
            if k != chosen[0] and not _GATES.search(other.name):
                self.read.append(
                    InputRead(self.role, self.file, other.name, rows_left_out=len(other.frame), used=False,
                              why=text("another layer is taken"))
                )  # fmt: skip
        return chosen[0]

    def rows(self, number: int) -> gpd.GeoDataFrame:
        """The rows that count: residential ones with a shape that is wanted, each shape once, made valid."""
        frame = self.placed[number]
        total = len(frame)
        if self.role == LAND:
            column, homes = _residential(frame)
            if homes is not None:
                words = frame[column][~homes].astype(str).unique()
                if not homes.any():
                    raise InputError(
                        "{file}: no row of the column {column} is residential land; it holds {words}.",
                        file=self.file,
                        column=column,
                        words=listed(words[:_MOST_NAMED]),
                    )
                self.columns.append(column)
                if len(words):
                    message = text(
                        "{count:,} {count:row is|rows are} of other uses by the column {column} ({words}) "
                        "and {count:is|are} left out.",
                        count=int((~homes).sum()),
                        column=column,
                        words=listed(words[:_MOST_NAMED]),
                    )
                    self._warn("ground-other-use", message)
                frame = frame[homes]
        wanted = self._fits(frame.geometry.to_numpy())
        if not wanted.any():
            raise self._nothing()
        if not wanted.all():
            message = text(
                "{count} {count:row has|rows have} no area and {count:is|are} left out.",
                count=int((~wanted).sum()),
            )
            self._warn("ground-without-area", message)
        frame = frame[wanted]
        twice = (
            pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy()))).duplicated().to_numpy()
        )
        if twice.any():
            message = text(
                "{count} {count:row repeats|rows repeat} the shape of an earlier one and "
                "{count:counts|count} once.",
                count=int(twice.sum()),
            )
            self._warn("ground-twice", message)
        frame = frame[~twice]
        self.out = total - len(frame)
        return frame.set_geometry(shapely.make_valid(frame.geometry.to_numpy()), crs=self.crs)

    def _titles(self, frame: gpd.GeoDataFrame, pattern: re.Pattern[str]) -> list[str]:
        """The columns whose title is one of these words, without its unit."""
        return [
            str(title)
            for title in frame.columns
            if title != frame.geometry.name and pattern.fullmatch(bare_title(str(title)))
        ]

    def _chosen(
        self, frame: gpd.GeoDataFrame, titles: Sequence[str], filled: Callable[[str], int], why: Text
    ) -> str:
        """Of several columns the one most of whose rows are filled, of equal ones the first; "" for none."""
        told = [title for title in titles if filled(title) >= max(_LEAST_FILLED * len(frame), 1)]
        best = max(told, key=filled, default="")
        self.read += [
            InputRead(self.role, self.file, self.layer, title, used=False, why=why)
            for title in titles
            if title != best
        ]
        if best:
            self.columns.append(best)
        return best

    def names(self, frame: gpd.GeoDataFrame) -> tuple[str, ...]:
        """Each row's name; where no column names them, their number in the file."""

        def filled(title: str) -> int:
            words = frame[title].fillna("").astype(str).str.strip()
            named = words[(words != "") & ~words.str.fullmatch(r"[\d.]+")]
            chinese = bool(len(named)) and named.str.contains("[一-鿿]").mean() > _LEAST_FILLED
            return 2 * len(named) if chinese else len(named)

        titles = self._titles(frame, _NAMES)
        column = self._chosen(frame, titles, filled, text("another column of names is taken"))
        own = frame[column].fillna("").astype(str).str.strip() if column else pd.Series("", frame.index)
        return tuple(word or str(number) for number, word in own.items())

    def households(self, frame: gpd.GeoDataFrame) -> Floats | None:
        """Households as stated, NaN where a row states none; None where no column does."""
        titles = self._titles(frame, HOUSEHOLDS_TITLE)
        numbers = {title: households_in(frame[title]) for title in titles}
        column = self._chosen(
            frame,
            titles,
            lambda title: int(np.isfinite(numbers[title]).sum()),
            text("another column of households is taken"),
        )
        if not column:
            return None
        return numbers[column]

    def declared_m2(self, frame: gpd.GeoDataFrame) -> Floats | None:
        """The stated area of each row in m², NaN where it states none; None where no column states it in a
        unit that is said or that fits what is drawn."""
        drawn: Floats = shapely.area(frame.geometry.to_numpy())
        read: dict[str, Floats] = {}
        for title in self._titles(frame, _AREAS):
            if _NO_LAND.search(title):
                continue
            numbers = written_numbers(
                frame[title].astype(str).str.replace(r"(?:平方米|㎡|m2|公顷|亩)$", "", regex=True)
            )
            numbers[numbers <= 0] = np.nan
            there = np.isfinite(numbers)
            if not there.any():
                continue
            plain = unicodedata.normalize("NFKC", title).casefold()
            size = next((m2 for _, m2, words in _UNITS if words.search(plain)), 0.0)
            if not size:
                ratio = float(np.median(drawn[there] / numbers[there]))
                size = next((m2 for _, m2, _ in _UNITS if 1 / _FITS < ratio / m2 < _FITS), 0.0)
            if size:
                read[title] = numbers * size
            else:
                why = text(
                    "The areas in this column are unlike the outlines in every unit, and are not used."
                )
                self.findings.append(Finding(self.file, "", 0, title, WARNING, "declared-area", why))
                self.read.append(InputRead(self.role, self.file, self.layer, title, used=False, why=why))
        column = self._chosen(
            frame,
            list(read),
            lambda title: int(np.isfinite(read[title]).sum()),
            text("another column of areas is taken"),
        )
        if not column:
            return None
        declared = read[column]
        there = np.isfinite(declared)
        stated, outlined = float(declared[there].sum()), float(drawn[there].sum())
        differs = abs(stated - outlined) > _DIFFERS * outlined
        message = text(
            "The column {column} declares {stated:,.2f} ha in {count:,} rows, whose outlines have "
            "{drawn:,.2f} ha. Overlaps count in what is declared.",
            column=column,
            stated=stated / 1e4,
            count=int(there.sum()),
            drawn=outlined / 1e4,
        )
        level = WARNING if differs else INFO
        self.findings.append(Finding(self.file, "", 0, column, level, "declared-area", message))
        return declared

    def compounds(self, frame: gpd.GeoDataFrame) -> Compounds:
        """Each compound once, with its households and gates, as `read_grounds` says."""
        shapes, names, stated = frame.geometry.to_numpy(), self.names(frame), self.households(frame)
        homes = np.full(len(frame), np.nan) if stated is None else stated
        areas = shapely.get_dimensions(shapes) == 2
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(names):
            rows.setdefault(name, []).append(row)
        gates = np.full(len(frame), None, object)
        kept = np.ones(len(frame), bool)
        for mine in rows.values():
            own, points = [row for row in mine if areas[row]], [row for row in mine if not areas[row]]
            # Two polygons of one name are two compounds, and whose gate a point is cannot be told.
            if len(own) > 1 or not points:
                continue
            chosen = own[0] if own else points[0]
            kept[mine] = False
            kept[chosen] = True
            gates[chosen] = shapely.union_all(shapes[points])
            homes[chosen] = next((homes[row] for row in mine if np.isfinite(homes[row])), np.nan)
        if not kept.all():
            message = text(
                "Points that share a name are gates of one compound: {rows:,} rows are {count:,} compounds.",
                rows=len(frame),
                count=int(kept.sum()),
            )
            self.findings.append(Finding(self.file, "", 0, "", INFO, "compound-gates", message))
        layers = [k for k in self.placed if _GATES.search(self.sheets[k].name)]
        if layers:
            beside = np.concatenate([self.placed[k].geometry.to_numpy() for k in layers])
            beside = beside[shapely.get_type_id(beside) == 0]
            of: Ints = shapely.STRtree(shapes[kept]).nearest(beside)
            for place in np.unique(of).tolist():
                gates[np.flatnonzero(kept)[place]] = shapely.multipoints(beside[of == place])
            self.read += [
                InputRead(self.role, self.file, self.sheets[k].name, unit=text("gates"), system=self.system,
                          rows_read=len(self.placed[k]))
                for k in layers
            ]  # fmt: skip
        missing = 0 if stated is None else int(np.isnan(homes[kept]).sum())
        if missing:
            message = text("{count} {count:compound does|compounds do} not state households.", count=missing)
            self._warn("compound-without-households", message)
        called = tuple(name for name, one in zip(names, kept, strict=True) if one)
        told = any(gate is not None for gate in gates)
        return Compounds(
            shapes[kept], called, None if stated is None else homes[kept], gates[kept] if told else None
        )

    def done(self, frame: gpd.GeoDataFrame, near: Floats | None) -> None:
        """What was read, on record; InputError where it lies elsewhere than the residents."""
        if near is not None and len(near):
            west, south, east, north = frame.total_bounds
            low, high = near.min(axis=0), near.max(axis=0)
            apart = np.maximum(np.maximum([west, south] - high, low - [east, north]), 0.0)
            away_m = float(np.hypot(*apart))
            if away_m > _ELSEWHERE_M:
                raise InputError(
                    "{file}: its ground lies {km:,.0f} km from the nearest residents. Is its coordinate "
                    "system the right one?",
                    file=self.file,
                    km=away_m / 1000.0,
                )
        self.read.append(
            InputRead(self.role, self.file, self.layer, ", ".join(self.columns), system=self.system,
                      rows_read=len(frame), rows_left_out=self.out,
                      why=text("Other uses, no area, or a shape that was there before.") if self.out else "")
        )  # fmt: skip


def _residential(frame: gpd.GeoDataFrame) -> tuple[str, Bools | None]:
    """The column of land uses and which rows are residential; None where no column speaks of uses."""
    best, found = "", None
    for title in frame.columns:
        if title == frame.geometry.name or not _USES.fullmatch(bare_title(str(title))):
            continue
        words = (
            frame[title]
            .fillna("")
            .astype(str)
            .str.strip()
            .str.casefold()
            .str.replace(r"\.0$", "", regex=True)
        )
        homes = (words.str.contains(_HOMES) | words.str.fullmatch(_HOME_CODES)).to_numpy(bool)
        if found is None or homes.sum() > found.sum():
            best, found = str(title), homes
    return best, found
