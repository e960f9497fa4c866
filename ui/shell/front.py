"""The page's outermost file: Streamlit's own, with what older browsers lack, and a sentence for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, file_util

_ASSETS: Final = Path(__file__).parents[1] / "assets"
# The page and its parts: /, /check. Files and Streamlit's own addresses have dots, dashes or more parts.
# A provider's answer is for Streamlit, though it looks like a page.
_PAGE: Final = re.compile(r"/(?!oauth2callback$)([A-Za-z]\w*)?")
_LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}


# For every answer. The page may be framed by itself alone (its maps are frames), its address is told to
# nobody, and a file is what its type says.
_HEADERS: Final = (
    (b"content-security-policy", b"frame-ancestors 'self'; base-uri 'self'; object-src 'none'"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_METRICS: Final = "/_stcore/metrics"
_HERE: Final = ("127.0.0.1", "::1", "localhost", "testclient")


class Front:
    """ASGI middleware: answers requests for the page itself, lets all others through, with headers that
    protect. A name that the server does not have is refused, for plain HTTP too, and so is a look at the
    server's metrics from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        kept_safe = protected(send)
        if not _is_for_us(scope):
            await PlainTextResponse("This server has another name.", 403)(scope, receive, kept_safe)
        elif scope["path"].endswith(_METRICS) and not _is_from_here(scope):
            await PlainTextResponse("Not for others.", 403)(scope, receive, kept_safe)
        elif scope["method"] in ("GET", "HEAD") and _is_page(scope["path"]):
            answer = HTMLResponse(front_page(_language(scope)), headers={"Cache-Control": "no-cache"})
            await answer(scope, receive, kept_safe)
        else:
            await self._app(scope, receive, kept_safe)


def protected(send: Send, *, referrer: bytes = b"no-referrer") -> Send:
    """What sends an answer with the headers that protect, each once; `referrer` is to whom its address is
    told."""
    headers = [(name, referrer if name == b"referrer-policy" else value) for name, value in _HEADERS]

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in _HEADERS}
            kept = [(n, value) for n, value in message.get("headers", ()) if n.lower() not in own]
            message = {**message, "headers": [*kept, *headers]}
        await send(message)

    return with_headers


@cache
def front_page(language: str) -> str:
    """Streamlit's index.html in which `front.js` runs first and `front.html` stands in the body."""
    index = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    script = (_ASSETS / "front.js").read_text(encoding="utf-8")
    body = (_ASSETS / "front.html").read_text(encoding="utf-8")
    page = re.sub(r"<html\b[^>]*>", f'<html lang="{language}">', index, count=1)
    page = page.replace("<title>Streamlit</title>", "<title>服务圈 Service circle</title>", 1)
    # The module scripts of the head are deferred; this one is not.
    page = page.replace("<head>", f"<head><script>{script}</script>", 1)
    return re.sub(r"(<body\b[^>]*>)", lambda found: found.group(1) + body, page, count=1)


def _is_page(path: str) -> bool:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    inner = path.removeprefix(f"/{base}") if base else path
    return bool(_PAGE.fullmatch(inner or "/"))


def _is_for_us(scope: Mapping[str, Any]) -> bool:
    """Whether the name asked for is one of `server.allowedHosts`; anyone's where that names none."""
    allowed = [str(host).casefold() for host in config.get_option("server.allowedHosts") or ()]
    asked = dict(scope["headers"]).get(b"host", b"").decode("latin-1").casefold()
    name = re.sub(r":\d+$", "", asked).strip("[]")
    return not allowed or "*" in allowed or not name or name in (*allowed, *_HERE)


def _is_from_here(scope: Mapping[str, Any]) -> bool:
    """From this machine, and not through a proxy that stands on it."""
    client = scope.get("client") or ("", 0)
    return client[0] in _HERE and b"x-forwarded-for" not in dict(scope["headers"])


def _language(scope: Mapping[str, Any]) -> str:
    """The browser's first language, as far as the page speaks it; the page says it anew once it runs."""
    said = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").lower()
    return _LANGUAGES.get(said[:2], "zh-CN")
