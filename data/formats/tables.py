"""Tables of texts and of Parquet, in any encoding and with any separator that occurs; with shapes where
a column holds them as WKT or WKB."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from core.errors import InputError
from data.files import as_written
from data.formats.encoding import decode
from data.formats.raw import UnreadableError
from data.formats.sheets.delimited import delimiter_of
from data.formats.unpack import damaged

# A table of so many rows and columns no city has; a few kilobytes may declare it.
MOST_CELLS: Final = 400_000_000
# As many as a worksheet of Excel has.
_MOST_COLUMNS: Final = 16_384
# A Parquet packs what repeats, so its own size says nothing of what it becomes: held against this first.
_MOST_VALUES: Final = 60_000_000
_MOST_BYTES: Final = 2 << 30
_PROBED_ROWS: Final = 64
WKT_COLUMNS: Final = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "shape", "几何", "空间数据")
_WKT: Final = re.compile(
    r"^\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION", re.IGNORECASE
)


def read_text_table(path: Path, file: str) -> pd.DataFrame:
    """The table with its first row as titles and every cell as text; "" where empty.

    The encoding (byte order mark, UTF-8, GB18030) and the separator (comma, semicolon, tab, bar) are
    found by content. InputError where it is no table.
    """
    try:
        written = decode(path.read_bytes())
    except UnreadableError as error:
        raise InputError("{file}: the text is neither UTF-8, UTF-16 nor GB18030.", file=file) from error
    separator = delimiter_of(written)
    columns = written.partition("\n")[0].count(separator) + 1
    if columns > _MOST_COLUMNS:
        raise _too_large(file, written.count("\n"), columns)
    try:
        frame = pd.read_csv(
            io.StringIO(written.lstrip("\ufeff")),
            dtype=str,
            keep_default_na=False,
            sep=separator,
            skipinitialspace=True,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        if unclosed := re.search(r"EOF inside string starting at row (\d+)", str(error)):
            raise InputError(
                "{file}: a quotation mark in row {row:,} is never closed, so that all after it would be one "
                "cell. Close it, or save the table anew.",
                file=file,
                row=int(unclosed[1]) + 1,
            ) from error
        raise InputError("{file}: this is not a table that can be read.", file=file) from error
    frame.columns = [as_written(str(name).strip()) for name in frame.columns]
    return frame.map(as_written, na_action="ignore")


def has_wkt(head: str) -> bool:
    lines = head.splitlines()[:3]
    return len(lines) > 1 and any(
        re.search(r"(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\(", line) for line in lines[1:]
    )


def wkt_frame(path: Path, file: str) -> gpd.GeoDataFrame:
    """A text table whose column of shapes is WKT; "SRID=4326;…" says the system."""
    table = read_text_table(path, file)
    title = next(
        (
            name
            for name in sorted(table.columns, key=lambda name: str(name).casefold() not in WKT_COLUMNS)
            if len(table) and table[name].str.match(_WKT).mean() > 0.5
        ),
        None,
    )
    if title is None:
        raise InputError("{file}: no column holds shapes as WKT.", file=file)
    parts = table[title].str.extract(r"^\s*(?:SRID=(\d+);)?(.*)$")
    shapes = shapely.from_wkt(parts[1].to_numpy(object), on_invalid="ignore")
    codes = parts[0].dropna().unique()
    return gpd.GeoDataFrame(
        table.drop(columns=title), geometry=shapes, crs=f"EPSG:{codes[0]}" if len(codes) == 1 else None
    )


def parquet_frame(path: Path, file: str) -> gpd.GeoDataFrame:
    """A GeoParquet, or a Parquet with shapes as WKB; a table without shapes has none in every row."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    try:
        parquet = pq.ParquetFile(path)
        about = parquet.metadata
        groups = [about.row_group(k) for k in range(about.num_row_groups)]
        unpacked = sum(group.total_byte_size for group in groups)
        values = about.num_rows * max(about.num_columns, 1)
        if values <= _MOST_VALUES and unpacked <= _MOST_BYTES and about.num_columns <= _MOST_COLUMNS:
            # A value that is stored once may stand in every row.
            first = next(parquet.iter_batches(batch_size=_PROBED_ROWS), None)
            if first is not None:
                plain = [
                    column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
                    for column in first.columns
                ]
                unpacked = sum(column.nbytes for column in plain) * about.num_rows // max(len(first), 1)
        else:
            unpacked = _MOST_BYTES + 1
        if unpacked > _MOST_BYTES:
            raise _too_large(file, about.num_rows, about.num_columns)
        if b"geo" in (about.metadata or {}):
            return gpd.read_parquet(path)
        table = pq.read_table(path).to_pandas()
    except (ArrowException, shapely.errors.GEOSException, OSError, ValueError, KeyError) as error:
        raise damaged(file) from error
    for name in table.columns:
        values = table[name].dropna()
        if len(values) and isinstance(values.iloc[0], bytes):
            shapes = shapely.from_wkb(table[name].to_numpy(object), on_invalid="ignore")
            return gpd.GeoDataFrame(table.drop(columns=name), geometry=shapes)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([None] * len(table), index=table.index))


def _too_large(file: str, rows: int, columns: int) -> InputError:
    return InputError(
        "{file}: the table declares {rows:,} rows of {columns:,} columns, more than are read. Cut it to the "
        "ground of the city, with the columns that are needed.",
        file=file,
        rows=rows,
        columns=columns,
    )
