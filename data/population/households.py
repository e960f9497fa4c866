"""Columns of households, in layers of compounds and of units."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.model.tables import Floats
from data.population.tables.numbers import written_numbers

HOUSEHOLDS_TITLE: Final = re.compile(
    r"(?:总|居民|居住|常住|住|规划|实际|入住|登记|合计)?户数(?:合计|总数)?|(?:住宅|居民)?套数|户"
    r"|(?:num_?|no_?|n_)?(?:of_)?(?:households?|hhs?|dwellings?|flats|house_?num|hu_?cnt)(?:_?(?:num|count|cnt|total))?|hs|zhs",
)


def bare_title(title: str) -> str:
    """A title without its unit, its year and what separates its words."""
    plain = unicodedata.normalize("NFKC", title).strip().lstrip("\ufeff").casefold()
    # Titles of shapefiles are cut at ten bytes, within a bracket too.
    plain = re.sub(r"[(\[【].*?(?:[)\]】]|$)|(?:19|20)\d\d年?", "", plain)
    plain = re.sub(r"[\s.:_-]+", "_", plain).strip("_/")
    return re.sub(r"_?(?:平方米|平米|公顷|亩|m2|㎡|ha|km2|mu|sqm|hm2)$", "", plain) or plain


def households_stated(frame: gpd.GeoDataFrame) -> Floats:
    """Households as a layer of units states them, by the column most of whose rows do; NaN where none is
    stated, everywhere without such a column."""
    titles = [title for title in frame.columns if title != frame.geometry.name]
    found = [
        households_in(frame[title]) for title in titles if HOUSEHOLDS_TITLE.fullmatch(bare_title(str(title)))
    ]
    stated: Floats = max(
        found, key=lambda numbers: int(np.isfinite(numbers).sum()), default=np.full(len(frame), np.nan)
    )
    return stated


def households_in(column: pd.Series[Any]) -> Floats:
    """ "1,024户" and "约300" as numbers; what is none, or below zero, is NaN."""
    numbers = written_numbers(column.astype(str).str.strip().str.replace(r"户$", "", regex=True))
    numbers[numbers < 0] = np.nan
    return numbers
