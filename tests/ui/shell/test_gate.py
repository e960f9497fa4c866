"""The gate before the page: without a session, or from elsewhere than the proxy, nothing is served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from data.store import Store, open_store
from jobs.collect.permissions import RoleChange, change_role
from jobs.sign_in import accounts
from jobs.sign_in.accounts import Attempts, end_sessions, make_link
from jobs.sign_in.ways import SignIn
from ui.shell.gate import COOKIE, Gate

SECRET = "a long enough word"  # noqa: S105
Headers = Sequence[tuple[str, str]]
BEHIND = ("/media/ab12.csv", "/_stcore/upload_file/x/y", "/_stcore/stream", "/component/x/index.html")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("SERVICE_CIRCLE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(accounts, "ATTEMPTS", Attempts())
    made = open_store(tmp_path / "store", make=True)
    change_role(made, RoleChange("root", "admin"), by="")
    change_role(made, RoleChange("wang", "planner"), by="root")
    yield made
    made.engine.dispose()


@dataclass
class Answer:
    """What one request was answered with."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Browser:
    """Asks a gate, behind which everything is answered with “inside”, from an address; keeps cookies."""

    settings: SignIn
    peer: str = "10.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *, headers: Headers = ()) -> Answer:
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, *, origin: str = "http://here", more: Headers = (), **fields: str) -> Answer:
        headers = [*more, *([("origin", origin)] if origin else [])]
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def opens_stream(self, headers: Headers = ()) -> bool:
        """Whether the page's own connection is let through."""
        sent = self._run({"type": "websocket", "path": "/_stcore/stream", "query_string": b""}, headers)
        return sent[0]["type"] == "websocket.accept"

    def _ask(self, method: str, path: str, body: bytes, headers: Headers) -> Answer:
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
        sent = self._run(scope, headers, body)
        said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        for name, morsel in SimpleCookie(said.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Answer(sent[0]["status"], said, text)

    def _run(self, scope: dict[str, Any], headers: Headers, body: bytes = b"") -> list[Message]:
        sent: list[Message] = []
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = [("host", "here"), *([("cookie", kept)] if kept else []), *headers]
        whole = {
            **scope, "client": (self.peer, 1), "headers": [(k.encode(), v.encode()) for k, v in given],
        }  # fmt: skip

        async def receive() -> Message:
            if scope["type"] == "websocket":
                return {"type": "websocket.connect"}
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        # In a thread of its own: the browser tests leave a loop running in theirs.
        with ThreadPoolExecutor(1) as own:
            own.submit(asyncio.run, Gate(inside, self.settings)(whole, receive, send)).result()
        return sent


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("inside")(scope, receive, send)


def test_without_a_session_nothing_but_the_sign_in_is_served(kept: Store) -> None:
    browser = Browser(SignIn("accounts"))
    for path in BEHIND:
        assert browser.get(path).status == 403, path
        assert browser.get(path, headers=[("cookie", f"{COOKIE}=guessed")]).status == 403
    assert browser.post("/").status == 403
    assert not browser.opens_stream()
    assert browser.get("/collect").headers["location"] == "/sign-in?next=/collect"
    assert browser.get("/_stcore/health").text == "inside"
    page = browser.get("/sign-in")
    assert page.status == 200 and "x-frame-options" in page.headers
    # Under “no-referrer” a browser does not say where its form comes from.
    assert page.headers["referrer-policy"] == "same-origin"


def test_a_link_a_password_and_a_cookie_open_the_page_until_the_session_is_ended(kept: Store) -> None:
    browser = Browser(SignIn("accounts"))
    link = f"/password?link={make_link(kept, 'wang', by='root')}"
    assert "wang" in browser.get(link).text
    assert browser.post(link, new=SECRET, again="something else").status == 200
    assert browser.post(link, new=SECRET, again=SECRET).headers["location"] == "/sign-in"
    assert browser.get(link).status == 400  # the old link
    assert "set-cookie" not in browser.post("/sign-in", name="wang", password="guess").headers  # noqa: S106
    done = browser.post("/sign-in?next=/collect", name="wang", password=SECRET)
    assert done.headers["location"] == "/collect"
    cookie = done.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/")) and "secure" not in cookie
    assert browser.get("/media/ab12.csv").text == "inside" and browser.opens_stream()
    word = browser.cookies[COOKIE]
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    browser.cookies[COOKIE] = word  # replayed
    assert browser.get("/media/ab12.csv").status == 403
    browser.post("/sign-in", name="wang", password=SECRET)
    assert browser.opens_stream()
    end_sessions(kept, "wang", by="root")
    assert browser.get("/media/ab12.csv").status == 403 and not browser.opens_stream()


def test_another_site_can_neither_sign_anybody_in_nor_lead_them_away(kept: Store) -> None:
    browser = Browser(SignIn("accounts"))
    accounts.use_link(kept, make_link(kept, "wang"), SECRET)
    for origin in ("", "http://evil.example", "null"):
        done = browser.post("/sign-in", origin=origin, name="wang", password=SECRET)
        assert "set-cookie" not in done.headers
    for target in ("//evil.example", "https://evil.example", "/a/../b", "%5Cevil", "/%0d%0aSet-Cookie:x"):
        done = browser.post(f"/sign-in?next={target}", name="wang", password=SECRET)
        assert done.headers["location"] == "/"


def test_what_is_typed_is_never_markup(kept: Store) -> None:
    shown = Browser(SignIn("accounts")).get('/password?link="><script>alert(1)</script>').text
    assert "<script" not in shown


def test_a_cookie_over_tls_is_for_tls_alone(kept: Store) -> None:
    browser = Browser(SignIn("accounts"))
    accounts.use_link(kept, make_link(kept, "wang"), SECRET)
    tls = [("x-forwarded-proto", "https")]
    done = browser.post("/sign-in", origin="https://here", more=tls, name="wang", password=SECRET)
    assert "secure" in done.headers["set-cookie"].lower()


NAMED = ("x-remote-user", "wang")


@pytest.mark.parametrize(
    ("peer", "headers", "served"),
    [
        ("127.0.0.1", [NAMED], True),
        ("127.0.0.1", [], False),
        ("127.0.0.1", [("x-remote-user", " ")], False),
        ("127.0.0.1", [NAMED, ("x-remote-user", "root")], False),  # two names are no name
        ("10.0.0.1", [NAMED], False),
        ("10.0.0.1", [NAMED, ("x-forwarded-for", "127.0.0.1")], False),
    ],
)
def test_a_proxy_is_believed_from_its_own_address_alone(
    kept: Store, peer: str, headers: Headers, served: bool
) -> None:
    browser = Browser(SignIn("proxy"), peer)
    assert (browser.get("/media/ab12.csv", headers=headers).text == "inside") == served
    assert browser.opens_stream(headers) == served


@pytest.mark.parametrize("way", ["accounts", "proxy"])
def test_an_old_link_to_a_file_opens_nothing_for_somebody_whose_roles_were_taken_away(
    kept: Store, way: str
) -> None:
    browser = Browser(SignIn(way), "127.0.0.1")
    headers = [NAMED] if way == "proxy" else []
    if way == "accounts":
        accounts.use_link(kept, make_link(kept, "wang"), SECRET)
        browser.post("/sign-in", name="wang", password=SECRET)
    assert browser.get("/media/ab12.csv", headers=headers).text == "inside"
    change_role(kept, RoleChange("wang", "planner", granted=False), by="root")
    for address in ("/media/ab12.csv", "/_stcore/upload_file/x/y"):
        assert browser.get(address, headers=headers).status == 403
    assert browser.get("/collect", headers=headers).text == "inside"  # the page says that there is no role


def test_alone_everything_is_let_through() -> None:
    assert Browser(SignIn()).get("/media/ab12.csv").text == "inside"
