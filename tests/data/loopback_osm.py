"""Overpass and Nominatim on loopback, answering from a made-up town; faults on demand.

Questions are parsed as far as OSMnx writes them: `node|way|relation` with tag conditions and one of
(poly:'…'), (around:…), (south,west,north,east). Anything else gets HTTP 400, never a made-up answer.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import shapely

Tags = dict[str, str]
SELECT = re.compile(r"(node|way|relation)((?:\[[^\]]*\])+)\(([^)]*)\)")
CONDITION = re.compile(
    r"""\[\s*(?P<q>["'])(?P<key>.*?)(?P=q)\s*(?:(?P<op>=|!=|~|!~)\s*(?P<r>["'])(?P<value>.*?)(?P=r))?\s*\]"""
)
SETTINGS = re.compile(r"^(\[out:json\]|\[timeout:\d+\]|\[maxsize:\d+\])+;")


@dataclass
class Town:
    """OpenStreetMap's three kinds of things: places of nodes, nodes of ways, members of relations."""

    nodes: dict[int, tuple[float, float, Tags]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=dict)
    places: dict[str, shapely.Geometry] = field(default_factory=dict)

    def answer(self, query: str) -> list[dict[str, object]]:
        """The elements asked for, with all they refer to, each once; ValueError for unknown words."""
        rest = SETTINGS.sub("", query)
        chosen: set[tuple[str, int]] = set()
        for kind, conditions, where in SELECT.findall(rest):
            chosen |= self._select(kind, _conditions(conditions), _area(where))
        if re.sub(r"[();]|\._|out|>", "", SELECT.sub("", rest)).strip():
            raise ValueError(f"not understood: {query[:200]}")
        if ">;" not in rest:
            raise ValueError("ways without their nodes are not needed by anyone")
        return [self._element(kind, number) for kind, number in sorted(self._down(chosen))]

    def shape(self, kind: str, number: int) -> shapely.Geometry:
        if kind == "node":
            return shapely.Point(self.nodes[number][:2])
        if kind == "way":
            refs = self.ways[number][0]
            return shapely.LineString([self.nodes[ref][:2] for ref in refs])
        members = [self.shape(member, ref) for member, ref, _ in self.relations[number][0]]
        return shapely.union_all(members)

    def _select(self, kind, conditions, area):
        table = getattr(self, f"{kind}s")
        fits = [number for number, thing in table.items() if all(holds(thing[-1]) for holds in conditions)]
        return {(kind, number) for number in fits if self.shape(kind, number).intersects(area)}

    def _down(self, chosen):
        found, queue = set(chosen), deque(chosen)
        while queue:
            kind, number = queue.popleft()
            below = [("node", ref) for ref in self.ways[number][0]] if kind == "way" else []
            below += [(k, ref) for k, ref, _ in self.relations[number][0]] if kind == "relation" else []
            queue.extend(new := [thing for thing in below if thing not in found])
            found.update(new)
        return found

    def _element(self, kind, number):
        element: dict[str, object] = {"type": kind, "id": number}
        if kind == "node":
            lon, lat, tags = self.nodes[number]
            element |= {"lon": lon, "lat": lat}
        elif kind == "way":
            refs, tags = self.ways[number]
            element["nodes"] = refs
        else:
            members, tags = self.relations[number]
            element["members"] = [{"type": k, "ref": ref, "role": role} for k, ref, role in members]
        return element | ({"tags": dict(tags)} if tags else {})


def _conditions(text):
    found = list(CONDITION.finditer(text))
    if "".join(match[0] for match in found) != text:
        raise ValueError(f"condition not understood: {text}")
    return [_holds(match["key"], match["op"], match["value"]) for match in found]


def _holds(key, op, value):
    return {
        None: lambda tags: key in tags,
        "=": lambda tags: tags.get(key) == value,
        "!=": lambda tags: tags.get(key) != value,
        "~": lambda tags: key in tags and re.search(value, tags[key]) is not None,
        "!~": lambda tags: re.search(value, tags[key]) is None if key in tags else True,
    }[op]


def _area(text):
    kind, _, rest = text.partition(":")
    if kind == "poly":
        latlon = np.array(rest.strip("'\" ").split(), float).reshape(-1, 2)
        return shapely.Polygon(latlon[:, ::-1])
    if kind == "around":
        metres, lat, lon = map(float, rest.split(","))
        return shapely.Point(lon, lat).buffer(metres / 111_000)
    south, west, north, east = map(float, text.split(","))
    return shapely.box(west, south, east, north)


@dataclass
class Loopback:
    """A running server. `faults` are used up one a question: "429", "504", "500", "cut", "slow", "truncated",
    "remark"; `asked` are the paths of all questions, faulty ones too."""

    town: Town
    address: str = ""
    faults: deque[str] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    slow_s: float = 1.0
    retry_after: str = "7"

    def wait_for(self, count: int, *, most_s: float = 60.0) -> None:
        """Come back when so many questions have arrived."""
        until = time.monotonic() + most_s
        while len(self.asked) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.asked)} questions in {most_s} s")
            time.sleep(0.02)

    def reply(self, handler: BaseHTTPRequestHandler, path: str, fields: dict[str, list[str]]) -> None:
        self.asked.append(path)
        fault = self.faults.popleft() if self.faults else ""
        if fault in ("429", "504", "500"):
            body = b'{"elements": []}' if fault == "500" else b"busy"
            _send(handler, int(fault), body, {"Retry-After": self.retry_after} if fault == "429" else {})
            return
        try:
            answer = self._search(fields) if path.endswith("/search") else self._interpret(fields, fault)
        except ValueError as problem:
            _send(handler, 400, str(problem).encode())
            return
        body = json.dumps(answer).encode()
        if fault == "slow":
            time.sleep(self.slow_s)
        _send(handler, 200, body[: len(body) // 2] if fault == "truncated" else body, cut=fault == "cut")

    def _interpret(self, fields, fault):
        elements = self.town.answer(fields["data"][0])
        if fault == "remark":
            return {"elements": elements[: len(elements) // 3], "remark": "runtime error: Query timed out"}
        return {"version": 0.6, "elements": elements}

    def _search(self, fields):
        outline = self.town.places.get(fields["q"][0])
        if outline is None:
            return []
        west, south, east, north = outline.bounds
        return [
            {
                "place_id": 1, "osm_type": "relation", "osm_id": 1, "importance": 0.5,
                "lat": str(outline.centroid.y), "lon": str(outline.centroid.x),
                "display_name": fields["q"][0], "class": "boundary", "type": "administrative",
                "boundingbox": [str(south), str(north), str(west), str(east)],
                "geojson": shapely.geometry.mapping(outline),
            }
        ]  # fmt: skip


def _send(handler, status, body, headers=None, *, cut=False):
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        handler.wfile.write(body[: len(body) // 2] if cut else body)
    except (BrokenPipeError, ConnectionResetError):
        handler.close_connection = True  # the client did not wait
    if cut:
        handler.close_connection = True


@contextmanager
def serving(town: Town) -> Iterator[Loopback]:
    loopback = Loopback(town)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            loopback.reply(self, parts.path, parse_qs(parts.query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            loopback.reply(self, urlsplit(self.path).path, parse_qs(body))

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    loopback.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()


WEST, SOUTH, STEP = 118.73, 32.03, 0.002
OFF = 0.0001234  # facilities stand beside the streets, and their coordinates are not round
SIDE = 41  # 8 km: the town lies in several tiles


def made_up_town() -> Town:
    """A town with a street every 800 m each way, two districts, and facilities of several kinds."""
    town = Town(places={"小城": shapely.box(WEST, SOUTH, WEST + 40 * STEP, SOUTH + 40 * STEP)})
    for y in range(SIDE):
        for x in range(SIDE):
            town.nodes[y * SIDE + x + 1] = (round(WEST + x * STEP, 7), round(SOUTH + y * STEP, 7), {})
    number = 100
    for at in range(0, SIDE, 4):
        row = [at * SIDE + x + 1 for x in range(SIDE)]
        column = [y * SIDE + at + 1 for y in range(SIDE)]
        for street in (row, column):
            town.ways[number] = (street, {"highway": "residential", "name": f"路{number}"})
            number += 1
    town.ways[200] = ([1, SIDE + 2], {"highway": "motorway"})
    town.ways[201] = ([1, SIDE + 2], {"highway": "cycleway"})
    town.ways[202] = ([SIDE, 2 * SIDE - 1], {"highway": "cycleway", "foot": "designated"})
    _outline(town, 300, (0, 0, 20, 40), {"admin_level": "6", "name": "西区"})
    _outline(town, 310, (20, 0, 40, 40), {"admin_level": "6", "name": "东区"})
    _outline(town, 320, (0, 0, 20, 20), {"admin_level": "8", "name": "西南街道"})
    _outline(town, 330, (40, 0, 60, 40), {"admin_level": "6", "name": "外区"})
    for number, x, y, tags in (
        (9001, 5, 5, {"amenity": "community_centre", "name": "梅园社区服务站"}),
        (9002, 30, 30, {"amenity": "townhall", "name": "东区街道便民服务中心"}),
        (9003, 12, 30, {"amenity": "library", "name": "小城图书馆"}),
        (9004, 13, 30, {"disused:amenity": "library", "name": "老图书馆"}),
        (9005, 14, 30, {"amenity": "bench"}),
        (9006, 50, 50, {"amenity": "school", "name": "城外小学"}),
    ):
        town.nodes[number] = (round(WEST + x * STEP + OFF, 7), round(SOUTH + y * STEP + OFF, 7), tags)
    corners = _nodes(town, 9100, ((6, 6), (6.5, 6), (6.5, 6.5), (6, 6.5)))
    town.ways[400] = ([*corners, corners[0]], {"amenity": "school", "building": "yes"})
    return town


def _outline(town: Town, number: int, box: tuple[int, int, int, int], tags: Tags) -> None:
    x, y, x_end, y_end = box
    ring = _nodes(town, number * 100, ((x, y), (x_end, y), (x_end, y_end), (x, y_end)))
    town.ways[number] = ([*ring[:3]], {})
    town.ways[number + 1] = ([ring[2], ring[3], ring[0]], {})
    members = [("way", number, "outer"), ("way", number + 1, "outer")]
    town.relations[number] = (members, {"type": "boundary", "boundary": "administrative", **tags})


def _nodes(town: Town, first: int, places: tuple[tuple[float, float], ...]) -> list[int]:
    for number, (x, y) in enumerate(places, start=first):
        town.nodes[number] = (round(WEST + x * STEP, 7), round(SOUTH + y * STEP, 7), {})
    return list(range(first, first + len(places)))
