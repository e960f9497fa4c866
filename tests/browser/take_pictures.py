"""Takes the picture of the overview page for the README, on the demo city.

python -m tests.browser.take_pictures      writes docs/images/overview.png
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, expect, sync_playwright

from jobs.cache.prebuild import cache_folder
from tests import chromium
from tests.browser.app_server import map_of, serving

TARGET = Path(__file__).parents[2] / "docs" / "images" / "overview.png"
SIZE: ViewportSize = {"width": 1366, "height": 820}
FLAGS = ("--no-sandbox", "--disable-gpu")
COLOURS = 256
PATIENCE_MS = 180_000


def take(address: str) -> bytes:
    """The overview in Chinese as a PNG of few colours, once its map stands still."""
    with sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=chromium.find(Path(sys.executable)), args=list(FLAGS)
        )
        page = browser.new_page(viewport=SIZE, locale="zh-CN")
        page.goto(address)
        expect(page.locator(".verdicts tbody tr")).to_have_count(12, timeout=PATIENCE_MS)
        expect(map_of(page).locator(".site-flag")).to_have_count(5, timeout=PATIENCE_MS)
        page.wait_for_timeout(2_000)
        taken = page.screenshot()
        browser.close()
    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    with serving(cache_folder()) as at:
        TARGET.write_bytes(take(at))
