"""Tianditu's geocoder in the manner of geopy, which has none for it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

from geopy.exc import GeocoderAuthenticationFailure, GeocoderServiceError
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

_OK: Final = "0"
_NOTHING: Final = "101"


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
