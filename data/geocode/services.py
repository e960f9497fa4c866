"""The two services: how each is opened, and how exact its answers are.

Tianditu's, which geopy lacks, is written here in geopy's manner.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from geopy.adapters import RequestsAdapter
from geopy.exc import GeocoderAuthenticationFailure, GeocoderServiceError
from geopy.geocoders import Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from core.errors import SettingError
from core.text import Text, listed, text
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
_OK: Final = "0"
_NOTHING: Final = "101"


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
        key = variables.get(KEYS[TIANDITU], "").strip()
        if not key:
            raise SettingError(
                "Tianditu answers only with a key. Apply for one at lbs.tianditu.gov.cn and put it into the "
                "environment variable TIANDITU_KEY."
            )
        coder = Tianditu(key, **_where(variables.get("TIANDITU_URL", "https://api.tianditu.gov.cn")))
        return Service(TIANDITU, coder.geocode, _tianditu_exact, 0.2, key)
    if name == NOMINATIM:
        return _nominatim(variables)
    raise SettingError(
        "The geocoder “{name}” is not known; use one of {known}.", name=name, known=listed(SERVICES)
    )


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


class Tianditu(Geocoder):  # type: ignore[misc]
    """https://api.tianditu.gov.cn/geocoder?ds={"keyWord":"…"}&tk=KEY; CGCS2000, equal to WGS-84 here."""

    def __init__(self, key: str, *, domain: str = "api.tianditu.gov.cn", **options: Any) -> None:
        super().__init__(**options)
        self.api = f"{self.scheme}://{domain}/geocoder"
        self.key = key

    def geocode(self, query: str, *, timeout: object = DEFAULT_SENTINEL) -> Location | None:
        """The best match, its raw answer in `raw`; None if nothing is known by this address."""
        asked = json.dumps({"keyWord": query}, ensure_ascii=False)
        url = f"{self.api}?{urlencode({'ds': asked, 'tk': self.key})}"
        found = self._call_geocoder(url, self._read, timeout=timeout)
        return found if isinstance(found, Location) else None

    @staticmethod
    def _read(answer: Any) -> Location | None:
        """GeocoderServiceError for an answer of another form, or one that says it failed."""
        status = str(answer.get("status", "")) if isinstance(answer, dict) else ""
        if status == _NOTHING:
            return None
        if status != _OK:
            said = str(answer.get("msg", "") if isinstance(answer, dict) else answer)[:200]
            wrong_key = "key" in said.lower() or "权限" in said
            raise GeocoderAuthenticationFailure(said) if wrong_key else GeocoderServiceError(said)
        place = answer.get("location") or {}
        try:
            point = float(place["lat"]), float(place["lon"])
        except (KeyError, TypeError, ValueError) as error:
            raise GeocoderServiceError("the answer has no place") from error
        return Location(str(place.get("keyWord") or ""), point, answer)
