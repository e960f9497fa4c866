"""People whom an OpenID Connect provider knows.

Streamlit's own routes (those of `st.login`) speak with it and put what it said into a signed cookie, which
stays thirty days whatever the provider said. Here the cookie opens one session of the store, until the
provider's word expires.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks, get_secrets_auth_section
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from core.errors import SettingError
from core.text import listed
from data.store import Store
from jobs.sign_in.accounts import provided_session
from jobs.sign_in.ways import SignIn

_COOKIE: Final = "_streamlit_user"
_NEEDED: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
# Authlib and Streamlit warn below 14 bytes; who guesses it is whoever they like.
_LEAST_SECRET: Final = 32


def require_provider() -> None:
    """SettingError where `.streamlit/secrets.toml` does not say which provider."""
    section = get_secrets_auth_section()
    missing = [name for name in _NEEDED if not section.get(name)]
    if missing:
        raise SettingError(
            "Signing in with a provider needs [auth] in .streamlit/secrets.toml; it lacks: {names}.",
            names=listed(missing),
        )
    if len(str(section["cookie_secret"])) < _LEAST_SECRET:
        raise SettingError(
            "cookie_secret in .streamlit/secrets.toml has to be random, of {least} characters at least.",
            least=_LEAST_SECRET,
        )


def login_path() -> str:
    """Where Streamlit sends a browser to the provider."""
    return f"/auth/login?provider={encode_provider_token('default')}"


def named_by_provider(cookies: Mapping[str, str], settings: SignIn) -> tuple[str, float]:
    """Whom the provider named, by the claim that the settings say, and until when (seconds since 1970);
    ("", 0) for a cookie that this server has not signed, or that names nobody. An e-mail address counts only
    where the provider has verified it."""
    try:
        claims: Any = json.loads(provider_word(cookies))
        name, until = claims[settings.claim], float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return "", 0.0
    is_sure = settings.claim != "email" or claims.get("email_verified") is True
    return (name.strip(), until) if isinstance(name, str) and is_sure else ("", 0.0)


def provided_person(store: Store, cookies: Mapping[str, str], settings: SignIn) -> str | None:
    """Who is signed in by a provider's word; None where it is none, has expired or was ended."""
    name, until = named_by_provider(cookies, settings)
    return provided_session(store, name, provider_word(cookies), until=until) if name else None


def provider_word(cookies: Mapping[str, str]) -> str:
    """What the provider said, as this server signed it; "" for none. What else a browser sends beside it
    makes no other word of it: a session that has ended would begin again."""
    said = get_cookie_with_chunks(lambda name: _signed(cookies, name), _COOKIE)
    return (said or b"").decode("utf-8", "replace")


def _signed(cookies: Mapping[str, str], name: str) -> bytes | None:
    value = cookies.get(name)
    if value is None:
        return None
    return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1", "replace"))
