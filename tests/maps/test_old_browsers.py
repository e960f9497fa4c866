"""What is written into a map file is understood by Chromium 65 and Firefox 60, the oldest on office PCs; what
belongs to the pages of the app by Chromium 109 and Firefox 115, the last for Windows 7."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from maps import offline, render_map
from tests.maps.sample_maps import tiny_model

OLDEST: Final = 65
OLDEST_OF_THE_PAGE: Final = 109
ROOT: Final = Path(__file__).parents[2]
# `front.*` is not among them: it tells older browsers that the page is not for them.
OF_THE_PAGE: Final = ("measuring.css", "page.css", "picture.js", "sketch.css", "sketch.js")
# What a style may not use without an older word for it beside: pattern → (first Chromium, the older word).
# From the compatibility tables of MDN Web Docs.
CSS: Final = {
    r"(?<![-\w])inset:": (87, None),
    r"(?<![-\w])gap:": (84, None),  # in a flex box; in a grid grid-gap is older
    r"(?<![-\w])row-gap:": (84, None),
    r"(?<![-\w])(?<!columns: 2; )column-gap:": (84, None),  # between columns of text it is as old as they are
    r"(?<![-\w])(translate|scale|rotate):": (104, None),
    r"aspect-ratio:": (88, None),
    r"overflow-wrap: anywhere": (80, "word-wrap: break-word"),
    r"overflow: clip": (90, None),
    r"(?<!-)print-color-adjust:": (136, "-webkit-print-color-adjust:"),
    r":is\(|:where\(": (88, None),
    r":has\(": (105, None),
    r"(?<![-\w])(min|max|clamp)\(": (79, None),
    r"\d(dvh|svh|lvh)": (108, None),
    r"@layer|@container|@property": (85, None),
    r"color-mix\(|oklch\(|lab\(": (111, None),
    r"backdrop-filter:": (76, None),
    r"accent-color:": (93, None),
    r"margin-inline|padding-inline|inset-inline": (87, None),
    r"conic-gradient": (69, None),
    r"scrollbar-width": (121, None),
}
JAVASCRIPT: Final = {
    r"\?\.(?!\d)": (80, None),
    r"\?\?": (80, None),
    r"\|\|=|&&=": (85, None),
    r"\.flatMap\(|\.flat\(": (69, None),
    r"\.matchAll\(": (73, None),
    r"\.replaceAll\(": (85, None),
    r"\.at\(": (92, None),
    r"Object\.fromEntries": (73, None),
    r"Object\.hasOwn\b": (93, None),
    r"\.toSorted\(|\.toReversed\(|\.with\(": (110, None),
    r"\.findLast(Index)?\(": (97, None),
    r"structuredClone": (98, None),
    r"globalThis": (71, "window"),
    r"\bBigInt\b|\d+n\b": (67, None),
    r"static \{": (94, None),
    r"(?<![\w$.])#\w+\s*[=(]": (74, None),
    r"catch\s*\{": (66, None),
    r"import\(": (63, "never"),
    r"Promise\.(any|allSettled)": (76, None),
    r"queueMicrotask": (71, None),
    r"\.replaceChildren\(": (86, None),
    r"inert\b": (102, None),
}

TABLES: Final = {".css": (CSS,), ".js": (JAVASCRIPT,), ".html": (CSS, JAVASCRIPT)}


def too_new(written: str, table: dict[str, tuple[int, str | None]], *, oldest: int = OLDEST) -> list[str]:
    """What the oldest browser does not know and has no older word for."""
    lines = written.splitlines()
    return [
        f"{line.strip()[:80]} ({version})"
        for pattern, (version, older) in table.items()
        for line in lines
        if version > oldest and re.search(pattern, line) and not (older and older in line)
    ]


def without_comments(written: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", written, flags=re.DOTALL | re.MULTILINE)


def assets() -> list[Path]:
    """Every style and script of ours that a browser gets."""
    folders = (ROOT / "maps" / "assets", ROOT / "ui" / "assets")
    return [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in TABLES]


@pytest.mark.parametrize("path", assets(), ids=lambda path: path.name)
def test_every_asset_is_understood_by_the_oldest_browser_that_gets_it(path: Path) -> None:
    oldest = OLDEST_OF_THE_PAGE if path.name in OF_THE_PAGE else OLDEST
    written = without_comments(path.read_text("utf-8"))
    assert not [found for table in TABLES[path.suffix] for found in too_new(written, table, oldest=oldest)]


def own_parts() -> tuple[str, str]:
    """Styles and scripts of a whole page, but for Leaflet, which supports browsers older than these."""
    page = render_map(tiny_model(), language="zh")
    styles = "\n".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    scripts = "\n".join(re.findall(r"<script nonce=[^>]*>(.*?)</script>", page, re.DOTALL))
    return without_comments(styles), without_comments(scripts)


def test_the_styles_use_nothing_newer_than_chromium_65() -> None:
    styles, _ = own_parts()
    assert ".folium-map" in styles
    assert not too_new(styles, CSS)


def test_the_scripts_use_nothing_newer_than_chromium_65() -> None:
    _, scripts = own_parts()
    assert "serviceMap" in scripts
    assert not too_new(scripts, JAVASCRIPT)


def test_a_selector_that_old_browsers_do_not_know_stands_in_a_rule_of_its_own() -> None:
    """An unknown pseudo-class takes the whole rule with it."""
    styles, _ = own_parts()
    for selectors in re.findall(r"([^{}]*):focus-visible[^{}]*\{", styles):
        assert ":focus," not in selectors


@pytest.mark.parametrize(
    ("line", "table"),
    [
        (".map { inset: 0; }", CSS),
        (".row { display: flex; gap: 4px; }", CSS),
        (".pane { translate: 1px 2px; }", CSS),
        ("const x = a?.b;", JAVASCRIPT),
        ("const x = a ?? b;", JAVASCRIPT),
        ("list.flatMap((x) => x)", JAVASCRIPT),
    ],
)
def test_the_table_finds_what_is_too_new(line: str, table: dict[str, tuple[int, str | None]]) -> None:
    assert too_new(line, table)


@pytest.mark.parametrize(
    ("line", "table"),
    [
        (".map { transform: translate(1px, 2px); grid-gap: 2px; max-width: 3px; }", CSS),
        ("a { word-wrap: break-word; overflow-wrap: anywhere; }", CSS),
        ("const x = a ? .5 : 1;", JAVASCRIPT),
    ],
)
def test_the_table_leaves_what_is_old_enough(line: str, table: dict[str, tuple[int, str | None]]) -> None:
    assert not too_new(line, table)


def test_leaflet_is_the_version_that_supports_them() -> None:
    assert Path(offline.leaflet.BASE_DIR).exists()
    assert offline.leaflet.VERSION.startswith("1.9.")
