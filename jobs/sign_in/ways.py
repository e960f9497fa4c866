"""How the server is told who comes through the page: SERVICE_CIRCLE_SIGN_IN.

(nothing)    alone on this computer: no sign-in, one person is everything
accounts     local accounts (`jobs.sign_in.accounts`)
proxy        a proxy that knows who they are names them in a header, SERVICE_CIRCLE_PROXY_HEADER
             (X-Remote-User), and is believed from its own addresses alone, SERVICE_CIRCLE_PROXY
             (127.0.0.1, commas between several)
oidc         an OpenID Connect provider, named in `.streamlit/secrets.toml`; people are known in the store by
             its claim SERVICE_CIRCLE_OIDC_CLAIM (sub)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from core.errors import SettingError

ALONE: Final = ""
ACCOUNTS: Final = "accounts"
PROXY: Final = "proxy"
OIDC: Final = "oidc"


@dataclass(frozen=True)
class SignIn:
    """`way` is one of the above; `proxies` are the addresses that may name a person in `header`, `claim` is
    what a provider calls a person by."""

    way: str = ALONE
    header: str = "x-remote-user"
    proxies: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    claim: str = "sub"


def sign_in_settings() -> SignIn:
    """As the environment says. SettingError for a way that there is not, and where a proxy's own address
    would not be seen: the server takes X-Forwarded-For for the address unless FORWARDED_ALLOW_IPS is empty,
    and who names itself so could not be told from the proxy."""
    way = os.environ.get("SERVICE_CIRCLE_SIGN_IN", ALONE)
    if way not in (ALONE, ACCOUNTS, PROXY, OIDC):
        raise SettingError(
            "SERVICE_CIRCLE_SIGN_IN cannot be “{way}”; it is accounts, proxy, oidc or empty.", way=way
        )
    if way == PROXY and os.environ.get("FORWARDED_ALLOW_IPS") != "":
        raise SettingError(
            "Behind a proxy that names the people, set FORWARDED_ALLOW_IPS= (to nothing): only then the "
            "server sees who really connects."
        )
    usual = SignIn(way)
    header = os.environ.get("SERVICE_CIRCLE_PROXY_HEADER", usual.header).strip().lower()
    said = os.environ.get("SERVICE_CIRCLE_PROXY", "")
    proxies = frozenset(part.strip() for part in said.split(",") if part.strip())
    claim = os.environ.get("SERVICE_CIRCLE_OIDC_CLAIM", usual.claim).strip()
    return SignIn(way, header, proxies or usual.proxies, claim or usual.claim)
