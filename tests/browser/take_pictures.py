"""Takes the pictures of the README on the demo city: the overview page and the exported map.

python -m tests.browser.take_pictures      writes docs/images/overview.png and docs/images/demo-map.png
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, expect, sync_playwright

from jobs.cache.prebuild import cache_folder
from tests import chromium
from tests.browser.app_server import map_of, serving

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SIZE: ViewportSize = {"width": 1366, "height": 820}
FLAGS = ("--no-sandbox", "--disable-gpu")
COLOURS = 256
PATIENCE_MS = 180_000


def take(address: str) -> dict[str, bytes]:
    """File name → picture: the overview in Chinese, and its map exported and opened from disk."""
    with sync_playwright() as engine, tempfile.TemporaryDirectory() as folder:
        browser = engine.chromium.launch(
            executable_path=chromium.find(Path(sys.executable)), args=list(FLAGS)
        )
        page = browser.new_page(viewport=SIZE, locale="zh-CN")
        page.goto(address)
        expect(page.locator(".verdicts tbody tr")).to_have_count(12, timeout=PATIENCE_MS)
        expect(map_of(page).locator(".site-flag")).to_have_count(5, timeout=PATIENCE_MS)
        overview = page.screenshot()
        exported = Path(folder) / "map.html"
        exported.write_text(page.locator("iframe").get_attribute("srcdoc") or "", "utf-8")
        page.goto(exported.as_uri())
        expect(page.locator("body.ready")).to_be_attached(timeout=PATIENCE_MS)
        drawn = page.screenshot()
        browser.close()
    return {"overview.png": small(overview), "demo-map.png": small(drawn)}


def small(picture: bytes) -> bytes:
    """The same with few colours."""
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    with serving(cache_folder()) as at:
        for name, taken in take(at).items():
            (FOLDER / name).write_bytes(taken)
