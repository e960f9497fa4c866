"""Geocoding against a server on loopback that answers, fails, stalls and talks nonsense."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import SettingError
from data.geocode import Asker, open_service, propose

KNOWN = {"中山路1号": (118.7834, 32.0421), "北京东路": (118.79, 32.05)}


class Server(ThreadingHTTPServer):
    """`faults` are taken one a question: a status, "cut" or "nonsense"; then it answers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults, self.asked = [], []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(asked)
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "cut":
            self.connection.close()
        elif fault == "nonsense":
            self.reply(200, b"<html>busy</html>")
        elif fault:
            self.reply(fault, b"{}", {"Retry-After": "7"} if fault == 429 else {})
        elif "ds" in asked:
            self.reply(200, self.tianditu(json.loads(asked["ds"][0])["keyWord"], asked["tk"][0]))
        else:
            self.reply(200, self.nominatim(asked["q"][0]))

    def tianditu(self, word, key):
        if key != "secret":
            return {"msg": "非法Key", "status": "1"}
        if word not in KNOWN:
            return {"msg": "无结果", "status": "101"}
        lon, lat = KNOWN[word]
        level = "门址" if word.endswith("号") else "道路"
        place = {"score": 95, "level": level, "lon": str(lon), "lat": str(lat), "keyWord": word}
        return {"msg": "ok", "location": place, "status": "0"}

    def nominatim(self, word):
        if word not in KNOWN:
            return []
        (lon, lat), wide = KNOWN[word], 0.001 if word.endswith("号") else 0.05
        box = [str(v) for v in (lat - wide, lat + wide, lon - wide, lon + wide)]
        return [{"lon": str(lon), "lat": str(lat), "display_name": f"{word}, 南京市", "boundingbox": box}]

    def reply(self, status, content, headers=()):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture(params=["tianditu", "nominatim"])
def asker(request, server, tmp_path):
    return ask_of(request.param, server, tmp_path)


def ask_of(name, server, cache, key="secret"):
    variables = {"TIANDITU_KEY": key, "TIANDITU_URL": server.address, "NOMINATIM_URL": server.address}
    waits = []
    asker = Asker(open_service(name, variables), cache, waits.append)
    asker.waits = waits
    return asker


def test_an_address_becomes_a_proposal_with_the_text_that_was_found(asker):
    found = propose([("f1", "中山路1号")], asker)
    place = found.places["f1"]
    assert (place.lon, place.lat, place.by, place.address) == (118.7834, 32.0421, "address", "中山路1号")
    assert "中山路1号" in place.found and found.problem is None


def test_a_whole_street_is_not_a_place(asker):
    found = propose([("f1", "北京东路"), ("f2", "没有的路9号")], asker)
    assert not found.places and "北京东路" in found.rough["f1"] and found.unknown == ("f2",)


def test_an_address_is_asked_once_and_then_remembered(asker, server):
    twice = [("f1", "中山路1号"), ("f2", "中山路1号"), ("f3", "没有的路9号")]
    first = propose(twice, asker)
    assert asker.sent == 2 and set(first.places) == {"f1", "f2"}
    assert propose(twice, asker) == first and len(server.asked) == 2


def test_between_questions_it_waits(asker):
    propose([("f1", "中山路1号"), ("f2", "北京东路")], asker)
    assert asker.waits == [asker.service.pause_s]


@pytest.mark.parametrize("fault", [500, 503, 429, "cut", "nonsense"])
def test_a_passing_fault_is_asked_over(asker, server, fault):
    server.faults = [fault]
    assert set(propose([("f1", "中山路1号")], asker).places) == {"f1"}
    assert asker.waits[0] == (7.0 if fault == 429 else 2.0)


def test_a_lasting_fault_ends_the_asking_and_keeps_what_was_found(asker, server):
    propose([("f1", "中山路1号")], asker)
    server.faults = [503] * 9
    found = propose([("f1", "中山路1号"), ("f2", "北京东路"), ("f3", "没有的路9号")], asker)
    assert set(found.places) == {"f1"} and "does not answer" in str(found.problem)
    assert asker.sent == 4
    server.faults = []
    assert propose([("f2", "北京东路")], asker).rough


def test_a_wrong_key_is_told_and_not_asked_over(server, tmp_path):
    asker = ask_of("tianditu", server, tmp_path, key="wrong")
    found = propose([("f1", "中山路1号")], asker)
    assert "非法Key" in str(found.problem) and asker.sent == 1


def test_without_a_network_it_says_so(tmp_path):
    with serving() as gone:
        asker = ask_of("nominatim", gone, tmp_path)
    assert "connection to the internet" in str(propose([("f1", "中山路1号")], asker).problem)


@pytest.mark.parametrize("fault", ["gone", 403, "cut"])
def test_no_message_repeats_the_key(fault, server, tmp_path):
    asker = ask_of("tianditu", server, tmp_path, key="secret")
    if fault == "gone":
        with serving() as gone:
            asker = ask_of("tianditu", gone, tmp_path, key="secret")
    server.faults = [fault] * 9
    found = propose([("f1", "中山路1号")], asker)
    assert "secret" not in str(found.problem) and "does not answer" in str(found.problem)
    assert "secret" not in repr(asker.service)


def test_a_service_that_refuses_is_not_asked_over(asker, server):
    server.faults = [403]
    assert "403" in str(propose([("f1", "中山路1号")], asker).problem) and asker.sent == 1


def test_a_damaged_cache_is_asked_anew(asker, tmp_path):
    propose([("f1", "中山路1号")], asker)
    for path in tmp_path.glob("*.json"):
        path.write_text("{", encoding="utf-8")
    assert set(propose([("f1", "中山路1号")], asker).places) == {"f1"} and asker.sent == 2


def test_without_a_key_or_with_another_name_nothing_is_opened():
    with pytest.raises(SettingError, match="TIANDITU_KEY"):
        open_service("tianditu", {})
    with pytest.raises(SettingError, match="osmand"):
        open_service("osmand", {})
