"""The two services: how each is opened, and how exact its answers are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from geopy.adapters import RequestsAdapter
from geopy.geocoders import Nominatim
from geopy.location import Location

from core.errors import SettingError
from core.text import Text, text
from data.geocode.tianditu import Tianditu
from geo import __version__

TIANDITU: Final = "tianditu"
NOMINATIM: Final = "nominatim"
SERVICES: Final = (TIANDITU, NOMINATIM)
TITLES: Final[Mapping[str, Text]] = {
    TIANDITU: text("Tianditu"),
    NOMINATIM: text("OpenStreetMap (Nominatim)"),
}
# The environment variables of keys, for the services that need one.
KEYS: Final[Mapping[str, str]] = {TIANDITU: "TIANDITU_KEY"}

_TIMEOUT_S: Final = 10
_LEAST_SCORE: Final = 60.0
_WIDEST_DEG: Final = 0.005
# Levels of Tianditu's answers that are areas or lines, not a place.
_ROUGH_LEVELS: Final = ("国家", "省", "城市", "市", "区县", "县", "乡镇", "街道", "道路", "行政")


@dataclass(frozen=True)
class Service:
    """`ask` takes an address; `exact` tells whether an answer is a place of its own and not a whole
    street or district; `pause_s` is how long the service wants to be left alone between questions;
    `key` is to be kept out of every message."""

    name: str
    ask: Callable[[str], Location | None]
    exact: Callable[[Location], bool]
    pause_s: float
    key: str = field(default="", repr=False)


def open_service(name: str, environment: Mapping[str, str] | None = None) -> Service:
    """By name; the key and another address come from environment variables:

        tianditu     TIANDITU_KEY (needed), TIANDITU_URL
        nominatim    NOMINATIM_URL

    SettingError for another name, or without the key.
    """
    variables = os.environ if environment is None else environment
    if name == TIANDITU:
        return _tianditu(variables)
    if name == NOMINATIM:
        return _nominatim(variables)
    raise SettingError(
        "The geocoder “{name}” is not known; use one of {known}.", name=name, known=", ".join(SERVICES)
    )


def _tianditu(variables: Mapping[str, str]) -> Service:
    key = variables.get(KEYS[TIANDITU], "").strip()
    if not key:
        raise SettingError(
            "Tianditu answers only with a key. Apply for one at lbs.tianditu.gov.cn and put it into the "
            "environment variable TIANDITU_KEY."
        )
    coder = Tianditu(key, **_where(variables.get("TIANDITU_URL", "https://api.tianditu.gov.cn")))
    return Service(TIANDITU, coder.geocode, _tianditu_exact, 0.2, key)


def _nominatim(variables: Mapping[str, str]) -> Service:
    coder = Nominatim(**_where(variables.get("NOMINATIM_URL", "https://nominatim.openstreetmap.org")))
    return Service(NOMINATIM, coder.geocode, _nominatim_exact, 1.0)


def _where(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    return {
        "scheme": parts.scheme,
        "domain": parts.netloc + parts.path.rstrip("/"),
        "timeout": _TIMEOUT_S,
        "user_agent": f"service-circle/{__version__}",
        # Its own repetitions would be hidden, and wait as long as a server likes.
        "adapter_factory": partial(RequestsAdapter, max_retries=0),
    }


def _tianditu_exact(found: Location) -> bool:
    place = found.raw.get("location", {})
    level = str(place.get("level", ""))
    try:
        score = float(place.get("score", 0))
    except (TypeError, ValueError):
        score = 0.0
    return score >= _LEAST_SCORE and not any(level.endswith(rough) for rough in _ROUGH_LEVELS)


def _nominatim_exact(found: Location) -> bool:
    """Not wider than about 500 m."""
    try:
        south, north, west, east = map(float, found.raw.get("boundingbox", ()))
    except (TypeError, ValueError):
        return False
    return max(north - south, east - west) <= _WIDEST_DEG
