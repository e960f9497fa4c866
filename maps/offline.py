"""A folium map that asks no host for anything: libraries as data: URIs, own parts as they are.

branca renders what its elements return once more as a Jinja template. `Verbatim` does not take part
in that, so the data and the scripts of this program can never be read as a template; what has to
go through folium's own elements (layer names) is made safe before.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import folium
from branca.element import Element, Figure
from folium.template import Template
from xstatic.pkg import leaflet

_ASSETS: Final = Path(__file__).parent / "assets"
_MAX_ZOOM: Final = 18

# The page may load nothing from anywhere; only scripts that carry the page's own nonce run.
_POLICY: Final = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline' data:; font-src data:; "
    "script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
)


class Verbatim(Element):  # type: ignore[misc]
    """Markup that is written out as it is."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup

    def render(self, **_: Any) -> str:
        return self.markup


class Page(Figure):  # type: ignore[misc]
    """The HTML page; `language` is its lang attribute, `title` must be safe HTML.

    `later` is markup written as it is, after everything that makes the map usable.
    """

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.language }}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{{ this.title }}</title>\n{{ this.header.render() }}\n"
        "<style>\n{{ this.style }}</style>\n</head>\n<body>\n"
        '{{ this.html.render() }}\n<script nonce="{{ this.nonce }}">\n{{ this.script.render() }}\n</script>\n'
        "{{ this.later }}\n"
        "</body>\n</html>\n"
    )

    def __init__(self, *, title: str, language: str, seed: str) -> None:
        super().__init__(title=title)
        self.language = language
        self.style, self.later = asset("map.css"), ""
        self.nonce = sha256(seed.encode()).hexdigest()[:24]
        self.policy = _POLICY.format(nonce=self.nonce)


class OfflineMap(folium.Map):  # type: ignore[misc]
    """A map without tiles, without jQuery, Bootstrap and icon fonts."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
                center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}
            });
        {% endmacro %}
        """
    )

    def __init__(self, centre: tuple[float, float]) -> None:
        """`centre` is latitude, longitude."""
        super().__init__(
            location=centre,
            tiles=None,
            zoom_start=11,
            zoom_control=False,
            max_zoom=_MAX_ZOOM,
            attribution_control=False,
            zoom_snap=0.25,
            wheel_px_per_zoom_level=90,
        )
        self.default_js: list[
            tuple[str, str]
        ] = []  # Leaflet stands in the page itself: no script comes from an address
        self.default_css = [("leaflet_css", _data_uri(leaflet_style().encode(), "text/css"))]


def asset(name: str) -> str:
    """The text of one of this package's own scripts and styles."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def leaflet_script() -> str:
    """Leaflet as a script that stands in the page."""
    return _leaflet("leaflet.js").decode()


def leaflet_module() -> str:
    """Leaflet as the constant `L` of a JavaScript module, which asks for nothing."""
    inside = "const module = { exports: {} }, exports = module.exports;"
    return f"const L = (() => {{ {inside}\n{_leaflet('leaflet.js').decode()}\nreturn module.exports; }})();\n"


@cache
def _leaflet(name: str) -> bytes:
    content = (Path(leaflet.BASE_DIR) / name).read_bytes()
    return re.sub(rb"//# sourceMappingURL=\S+", b"", content)


def leaflet_style() -> str:
    """Leaflet's CSS with its pictures inside."""

    def inline(match: re.Match[str]) -> str:
        return f"url({_data_uri(_leaflet(match[1]), 'image/png')})"

    return re.sub(r"url\((images/[\w.-]+)\)", inline, _leaflet("leaflet.css").decode())


def _data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
