"""Street networks that were read once are opened from their arrays the next time.

A cached network is an entry of `data.cache_entries` named after what it was made from: the bytes of the
street file, the area, the CRS, the answers and the version of this format. Its arrays are read into memory
and checked, not mapped: whatever becomes of the files afterwards, the figures stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text, text_from_json, text_to_json
from data.cache_entries import array_of, keep, kept_files, limit_bytes, trim
from data.files import digest, read_with
from data.formats.inputs_read import InputRead
from data.guard import guarded
from data.intake.findings import Finding
from data.streets.detect import street_format
from data.streets.raw import Shapes
from data.streets.read import PLAINLY, Asked, StreetFile, read_streets
from geo.basemap import Basemap
from geo.network.network import WalkNetwork
from geo.network.segments import Segments

# Raise this whenever reading or contracting changes what comes out.
_VERSION: Final = 14
_ARRAYS: Final = tuple(f.name for f in fields(WalkNetwork) if f.name not in ("crs", "island_m"))
_SHAPES: Final = ("water", "green")
_GRAPH: Final = ("data", "indices", "indptr")
_SEGMENTS: Final = ("tail", "edge", "x_y", "piece_segment")
# A KD-tree's state, as scipy pickles it: its nodes, points, counts, bounds and order.
_TREE: Final = ("nodes", "points", "n", "dimensions", "leaf", "highest", "lowest", "order")
_SIZES: Final = (2, 3, 4)


def load_or_read(
    path: str | Path,
    cache_dir: Path,
    *,
    crs: str | None = None,
    area: shapely.Geometry | None = None,
    asked: Asked = PLAINLY,
    progress: Progress = silent,
) -> StreetFile:
    """`read_streets`, remembered in `cache_dir` by the content of the file.

    The cache is kept below its limit (`data.cache_entries`). Arrays that come from it cannot be written
    to; the graph and the index of the segments come with them.
    """
    path = Path(path)
    kind = street_format(path, asked.layer)
    folder = cache_dir / _key(path, crs, area, asked)
    found = _open(folder, kind, path.name)
    if found is None:
        found = _read_and_keep(path, folder, crs, area, asked, progress=progress)
        trim(cache_dir, limit=limit_bytes(), needed=folder)
        # Another process may have deleted it in this moment.
        found = found or _open(folder, kind, path.name)
        found = found or read_streets(path, crs=crs, area=area, asked=asked, progress=progress)
    return found


@guarded
def _read_and_keep(
    path: Path,
    folder: Path,
    crs: str | None,
    area: shapely.Geometry | None,
    asked: Asked,
    *,
    progress: Progress,
) -> StreetFile | None:
    """Read the streets into the cache; where that is not possible, to be used as they are."""
    read = read_streets(path, crs=crs, area=area, asked=asked, progress=part(progress, 0.0, 0.9))
    if _key(path, crs, area, asked) != folder.name:
        raise InputError("{path} was changed while it was read. Run the same again.", path=path.name)
    progress(0.9, text("Keeping the streets for the next time"))
    return None if keep(folder, partial(_write, read)) else read


def _key(path: Path, crs: str | None, area: shapely.Geometry | None, asked: Asked) -> str:
    # What lies beside a file can change while the file does not: a .dbf, a .prj, a .gpkg-wal.
    read = [digest(path), *(f"{other.suffix.lower()} {digest(other)}" for other in read_with(path))]
    answers = (crs or "", *(repr(value) for value in vars(asked).values()))
    outline = shapely.to_wkb(area).hex() if area is not None else ""
    # A search tree is kept as scipy lays it out, so another scipy builds its own.
    parts = [str(_VERSION), scipy.__version__, *read, *answers, outline]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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
        "read": [
            {k: text_to_json(v) if isinstance(v, Text) else v for k, v in vars(entry).items()}
            for entry in streets.read
        ],
    }
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _entry(stored: dict[str, Any]) -> InputRead:
    values: dict[str, Any] = {k: text_from_json(v) if isinstance(v, dict) else v for k, v in stored.items()}
    return InputRead(**values)


def _open(folder: Path, kind: str, name: str) -> StreetFile | None:
    """What is kept, or None where it is not there, not whole, or not what this version understands."""
    files = kept_files(folder)
    if files is None:
        return None
    about: dict[str, Any] = json.loads(files["about.json"])
    arrays: dict[str, Any] = {name: array_of(files[f"{name}.npy"]) for name in _ARRAYS}
    water, green = (_shapes(files, name) for name in _SHAPES)
    network = WalkNetwork(**arrays, crs=about["crs"])
    attach_index(network, files)
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
        read=tuple(replace(_entry(entry), file=name) for entry in about["read"]),
    )


def _save_shapes(folder: Path, name: str, shapes: Shapes) -> None:
    """One array of bytes, WKB after WKB, and where each ends."""
    wkb = [bytes(b) for b in shapely.to_wkb(shapes)]
    np.save(folder / f"{name}.npy", np.frombuffer(b"".join(wkb), np.uint8))
    np.save(folder / f"{name}_ends.npy", np.cumsum([len(b) for b in wkb], dtype=np.int64))


def _shapes(files: Mapping[str, bytes], name: str) -> Shapes:
    content = array_of(files[f"{name}.npy"]).tobytes()
    stops = array_of(files[f"{name}_ends.npy"]).tolist()
    wkb = [content[a:b] for a, b in zip([0, *stops[:-1]], stops, strict=True)] if stops else []
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)


def save_index(network: WalkNetwork, folder: Path) -> None:
    """Build everything that is costly to build and write it beside the network's own arrays."""
    arrays = {f"graph_{name}": getattr(network.graph, name) for name in _GRAPH}
    arrays |= {f"segments_{name}": getattr(network.segments, name) for name in _SEGMENTS}
    state = network.segments.tree.__getstate__()
    arrays |= {f"tree_{name}": np.asarray(state[i]) for i, name in enumerate(_TREE)}
    for name, array in (arrays | {"vertex_offset_m": network.vertex_offset_m}).items():
        np.save(folder / f"{name}.npy", array)


def attach_index(network: WalkNetwork, files: Mapping[str, bytes]) -> None:
    """Give a network made of an entry's files what `save_index` built; nothing is computed."""
    n = len(network.node_xy)
    graph = csr_array(tuple(array_of(files[f"graph_{name}.npy"]) for name in _GRAPH), shape=(n, n))
    named = {name: array_of(files[f"segments_{name}.npy"]) for name in _SEGMENTS}
    state: list[Any] = [array_of(files[f"tree_{name}.npy"]) for name in _TREE]
    for i in _SIZES:
        state[i] = int(state[i])
    tree = cKDTree.__new__(cKDTree)
    tree.__setstate__((*state, None, None))  # no box: the plane does not wrap around
    # The fields of a frozen dataclass stay as they are; these are the values its properties keep.
    vars(network).update(
        graph=graph,
        segments=Segments(**named, tree=tree),
        vertex_offset_m=array_of(files["vertex_offset_m.npy"]),
    )
