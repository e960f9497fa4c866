"""Signing in with an OpenID Connect provider: a real server of the page against a real (mock) provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from oidc_provider_mock import run_server_in_thread

from data.store import Store, open_store
from data.store.check import check_store
from jobs.collect.permissions import RoleChange, change_role
from jobs.sign_in.accounts import end_sessions
from tests.browser.app_server import free_port, serving

MEDIA = "/media/ab12.csv"


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
        secrets = folder / "secrets.toml"
        settings = {
            "SERVICE_CIRCLE_STORE": str(folder / "store"),
            "SERVICE_CIRCLE_SIGN_IN": "oidc",
            "STREAMLIT_SECRETS_FILES": str(secrets),
        }
        port = free_port()
        secrets.write_text(
            f"""[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "{"random " * 8}"
client_id = "circle"
client_secret = "{"x" * 20}"
server_metadata_url = "http://localhost:{provider.server_port}/.well-known/openid-configuration"
""",
            "utf-8",
        )
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
    assert httpx.get(f"{town.address}{MEDIA}", cookies=kept).status_code == 403
    again, _ = town.sign_in("sub-1")
    assert again.get(MEDIA).status_code != 403
    end_sessions(town.store, "sub-1", by="root")
    assert again.get(MEDIA).status_code == 403
    assert check_store(town.store) == ()


def test_who_is_not_known_here_is_told_so(town: Town) -> None:
    browser, page = town.sign_in("sub-2")
    assert re.search(r"sub-2.*没有角色", page.text) and browser.get(MEDIA).status_code == 403
