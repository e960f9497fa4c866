"""Takes the pictures of docs/briefings.md: the pages of slides, document, PDF and map sheet of a result.

python -m tests.reports.take_pictures RESULT [LANGUAGE]    (LibreOffice; writes docs/images/briefing-*.png)
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image

from jobs.assess.export import ExportRequest, products_of
from tests.browser.take_pictures import FOLDER, small

# Kind → pages in a row, and how many pixels wide each is.
ROWS: Final = {"pptx": (3, 560), "docx": (4, 420), "pdf": (4, 420)}
NAMES: Final = {"pptx": "slides", "docx": "document", "pdf": "pdf"}
GAP_PX: Final = 6


def pages_of(path: Path, folder: Path, wide: int) -> list[Image.Image]:
    """Every page of a form as LibreOffice, or for a PDF PDFium, shows it."""
    paper = path
    if path.suffix != ".pdf":
        office = shutil.which("soffice") or shutil.which("libreoffice")
        if office is None:
            sys.exit("LibreOffice is needed.")
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [office, "--headless", profile, "--convert-to", "pdf", "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        paper = folder / f"{path.stem}.pdf"
    document = pypdfium2.PdfDocument(paper)
    return [page.render(scale=wide / page.get_width()).to_pil().convert("RGB") for page in document]


def beside(pages: list[Image.Image], across: int) -> Image.Image:
    """Pages side by side, so many in a row."""
    wide, high = max(page.width for page in pages) + GAP_PX, max(page.height for page in pages) + GAP_PX
    whole = Image.new("RGB", (across * wide, -(-len(pages) // across) * high), "#8a8a8a")
    for number, page in enumerate(pages):
        whole.paste(page, (number % across * wide, number // across * high))
    return whole


def take(result: Path, language: str) -> None:
    request = ExportRequest(result, "all", language)
    for name, content in products_of(request, (*ROWS, "png")):
        if name.endswith(".png"):
            sheet = Image.open(io.BytesIO(content)).convert("RGB")
            sheet.thumbnail((1200, 1200))
            kind, whole = "sheet", sheet
            if "A3" in name:
                continue
        else:
            across, wide = ROWS[name.rpartition(".")[2]]
            with tempfile.TemporaryDirectory() as scratch:
                path = Path(scratch, "made").with_suffix(Path(name).suffix)
                path.write_bytes(content)
                kind = NAMES[path.suffix[1:]]
                whole = beside(pages_of(path, Path(scratch, "out"), wide), across)
        picture = io.BytesIO()
        whole.save(picture, "PNG")
        (FOLDER / f"briefing-{kind}.png").write_bytes(small(picture.getvalue()))


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "zh")
