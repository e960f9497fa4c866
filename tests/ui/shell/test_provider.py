"""Signing in with an OpenID Connect provider: a real server of the page against a real (mock) provider."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from oidc_provider_mock import run_server_in_thread
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from data.store import Store, open_store
from data.store.check import check_store
from jobs.collect.permissions import RoleChange, change_role
from jobs.sign_in import accounts
from jobs.sign_in.accounts import end_sessions
from jobs.sign_in.ways import OIDC, SignIn
from tests.browser.app_server import free_port, provider_settings, serving
from ui.shell import provider
from ui.shell.gate import COOKIE

MEDIA = "/media/ab12.csv"
SUB = SignIn(OIDC)


@dataclass(frozen=True)
class Town:
    """A server that asks a provider, and its store: sub-1 is a planner."""

    address: str
    store: Store

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, follow_redirects=True, timeout=60)

    def sign_in(self, sub: str, path: str = "/") -> tuple[httpx.Client, httpx.Response]:
        """A new browser that has answered the provider's question who it is."""
        browser = self.browser()
        asked = browser.get(path)
        assert "sub" in asked.text, asked.text
        return browser, browser.post(str(asked.url), data={"sub": sub})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("provider")
    store = open_store(folder / "store", make=True)
    change_role(store, RoleChange("root", "admin"), by="")
    change_role(store, RoleChange("sub-1", "planner"), by="root")
    with run_server_in_thread() as provider:
        port = free_port()
        settings = {"SERVICE_CIRCLE_STORE": str(folder / "store")}
        settings |= provider_settings(folder, port=port, provider_port=provider.server_port)
        with serving(folder / "cache", port=port, **settings) as at:
            yield Town(at, store)
    store.engine.dispose()


def test_nothing_is_served_before_the_provider_has_named_somebody(town: Town) -> None:
    browser = town.browser()
    for path in (MEDIA, "/_stcore/upload_file/x/y"):
        assert browser.get(path).status_code == 403
    forged = {"_streamlit_user": "2|1:0|10:1|15:_streamlit_user|4:e30=|0000"}
    assert httpx.get(f"{town.address}{MEDIA}", cookies=forged).status_code == 403


def test_who_is_named_gets_in_until_the_session_is_ended_and_a_replayed_cookie_opens_nothing(
    town: Town,
) -> None:
    browser, page = town.sign_in("sub-1", "/?result=V000000000")
    assert page.status_code == 200 and str(page.url).endswith("/?result=V000000000")
    assert browser.get(MEDIA).status_code != 403
    kept = {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
    browser.post("/sign-out", headers={"origin": town.address})
    assert browser.get(MEDIA).status_code == 403
    # Replayed, and with a part more than the provider's word has.
    for more in ({}, {"_streamlit_user_7": "x"}, {"_streamlit_user__7": "x"}):
        assert httpx.get(f"{town.address}{MEDIA}", cookies=kept | more).status_code == 403
    again, _ = town.sign_in("sub-1")
    assert again.get(MEDIA).status_code != 403
    end_sessions(town.store, "sub-1", by="root")
    assert again.get(MEDIA).status_code == 403
    assert check_store(town.store) == ()


def test_who_is_not_known_here_is_told_so(town: Town) -> None:
    browser, page = town.sign_in("sub-2")
    assert re.search(r"sub-2.*没有角色", page.text) and browser.get(MEDIA).status_code == 403


def said(monkeypatch: pytest.MonkeyPatch, **claims: Any) -> dict[str, str]:
    """The cookies of a browser to which this server has signed a provider's word."""
    monkeypatch.setattr(provider, "get_cookie_secret", lambda: "a secret")
    found: dict[str, str] = {}

    def signed(name: str, value: str) -> bytes:
        return create_signed_value("a secret", name, value)

    def put(name: str, value: str) -> None:
        found[name] = signed(name, value).decode()

    word = {"sub": "sub-1", "exp": time.time() + 60, **claims}
    set_cookie_with_chunks(put, signed, "_streamlit_user", word, cookie_attr_size=100)
    return found


def test_a_word_opens_nothing_once_it_has_expired(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for expired in ({"exp": time.time() - 1}, {"exp": None}, {"exp": "soon"}):
        cookies = said(monkeypatch, nonce="e", **expired)
        assert provider.provided_person(town.store, cookies, SUB) is None, expired
    brief = said(monkeypatch, nonce="brief")
    assert provider.provided_person(town.store, brief, SUB) == "sub-1"
    monkeypatch.setattr(accounts, "utc_now", lambda: datetime.now(UTC).isoformat().replace("20", "29", 1))
    assert provider.provided_person(town.store, brief, SUB) is None


def test_a_long_word_comes_in_parts_and_all_of_them_are_needed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = said(monkeypatch, groups=[secrets.token_hex(12) for _ in range(600)])
    assert len(cookies) > 2
    assert provider.provided_person(town.store, cookies, SUB) == "sub-1"
    for name in cookies:
        fewer = {key: value for key, value in cookies.items() if key != name}
        assert provider.named_by_provider(fewer, SUB) == ("", 0.0)
        assert provider.named_by_provider({**cookies, name: cookies[name][:-4] + "AAAA"}, SUB)[0] == ""


@pytest.mark.parametrize(
    ("claim", "claims", "name"),
    [
        ("sub", {}, "sub-1"),
        ("preferred_username", {"preferred_username": " wang "}, "wang"),
        ("preferred_username", {}, ""),
        ("groups", {"groups": ["wang"]}, ""),
        ("email", {"email": "w@a.cn", "email_verified": True}, "w@a.cn"),
        ("email", {"email": "w@a.cn"}, ""),
        ("email", {"email": "w@a.cn", "email_verified": "true"}, ""),
    ],
)
def test_people_are_known_by_sub_or_by_another_claim(
    monkeypatch: pytest.MonkeyPatch, claim: str, claims: dict[str, Any], name: str
) -> None:
    found, _ = provider.named_by_provider(said(monkeypatch, **claims), SignIn(OIDC, claim=claim))
    assert found == name


def test_the_cookie_of_another_way_opens_nothing(town: Town) -> None:
    assert httpx.get(f"{town.address}{MEDIA}", cookies={COOKIE: "sub-1"}).status_code == 403
