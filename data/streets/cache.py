"""Street networks that were read once are opened from memory-mapped arrays the next time.

A cached network is a folder named after what it was made from: the bytes of the street file, the
area, the CRS and the version of this format. It is written beside its place and then renamed, so
that it is there whole or not at all, and it is never changed afterwards.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy
import shapely

from core.progress import Progress, part, silent
from core.text import text, text_from_json, text_to_json
from data.digest import sha256_of
from data.intake.findings import Finding
from data.streets.detect import street_format
from data.streets.index import attach_index, save_index
from data.streets.raw import Shapes
from data.streets.read import StreetFile, read_streets
from geo.basemap import Basemap
from geo.network.network import WalkNetwork

# Raise this whenever reading or contracting changes what comes out.
_VERSION: Final = 5
_ARRAYS: Final = tuple(f.name for f in fields(WalkNetwork) if f.name not in ("crs", "island_m"))
_SHAPES: Final = ("water", "green")


def load_or_read(
    path: str | Path,
    cache_dir: Path,
    *,
    crs: str | None = None,
    area: shapely.Geometry | None = None,
    heal_m: float = 0.0,
    progress: Progress = silent,
) -> StreetFile:
    """`read_streets`, remembered in `cache_dir` by the content of the file.

    Arrays that come from the cache are memory-mapped and cannot be written to; the graph and the
    index of the segments come with them.
    """
    path = Path(path)
    kind = street_format(path)
    folder = cache_dir / _key(sha256_of(path), crs or "", area, heal_m)
    if not folder.is_dir():
        told = part(progress, 0.0, 0.9)
        read = read_streets(path, crs=crs, area=area, heal_m=heal_m, progress=told)
        progress(0.9, text("Keeping the streets for the next time"))
        _store(read, folder)
    return _open(folder, kind)


def _key(sha256: str, crs: str, area: shapely.Geometry | None, heal_m: float) -> str:
    outline = shapely.to_wkb(area).hex() if area is not None else ""
    # A search tree is kept as scipy lays it out, so another scipy builds its own.
    parts = [str(_VERSION), scipy.__version__, sha256, crs, outline, repr(heal_m)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _store(streets: StreetFile, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as beside:
        written = Path(beside) / "network"
        written.mkdir()
        _write(streets, written)
        try:
            written.rename(folder)
        except OSError:
            if not folder.is_dir():  # if it is, another process was first and wrote the same
                raise


def _write(streets: StreetFile, folder: Path) -> None:
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(streets.network, name))
    for name in _SHAPES:
        _save_shapes(folder, name, getattr(streets.basemap, name))
    save_index(streets.network, folder)
    about = {
        "crs": streets.network.crs,
        "sha256": streets.sha256,
        "findings": [text_to_json(finding) for finding in streets.findings],
        "remarks": [{**vars(r), "message": text_to_json(r.message)} for r in streets.remarks],
    }
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _open(folder: Path, kind: str) -> StreetFile:
    about: dict[str, Any] = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    water, green = (_load_shapes(folder, name) for name in _SHAPES)
    network = WalkNetwork(**arrays, crs=about["crs"])
    attach_index(network, folder)
    return StreetFile(
        network=network,
        basemap=Basemap(water, green, about["crs"]),
        findings=tuple(map(text_from_json, about["findings"])),
        remarks=tuple(
            Finding(**(remark | {"message": text_from_json(remark["message"])}))
            for remark in about["remarks"]
        ),
        kind=kind,
        sha256=about["sha256"],
    )


def _save_shapes(folder: Path, name: str, shapes: Shapes) -> None:
    """One array of bytes, WKB after WKB, and where each ends."""
    wkb = [bytes(b) for b in shapely.to_wkb(shapes)]
    np.save(folder / f"{name}.npy", np.frombuffer(b"".join(wkb), np.uint8))
    np.save(folder / f"{name}_ends.npy", np.cumsum([len(b) for b in wkb], dtype=np.int64))


def _load_shapes(folder: Path, name: str) -> Shapes:
    joined, ends = (folder / f"{name}.npy", folder / f"{name}_ends.npy")
    content, stops = np.load(joined).tobytes(), np.load(ends).tolist()
    wkb = [content[a:b] for a, b in zip([0, *stops[:-1]], stops, strict=True)] if stops else []
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
