"""Before anything of the page is served: who comes? Sign-in, sign-out and setting a password are pages of
their own, without a script."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from core.errors import UserError
from core.text import Text, text
from data.store import Store, is_there, open_store, store_place
from data.store.records import person_id
from jobs.collect.permissions import actor
from jobs.sign_in.accounts import (
    SESSION_HOURS,
    person_of_link,
    sign_in,
    sign_out,
    signed_in,
    use_link,
)
from jobs.sign_in.ways import ACCOUNTS, ALONE, OIDC, PROXY, SignIn, sign_in_settings
from locales import Translator, translator
from ui.shell.front import protected
from ui.shell.provider import login_path, named_by_provider, provided_person, provider_word
from ui.shell.safe import in_html

COOKIE: Final = "service_circle"
# What a browser needs before anybody is known: whether the server is up, the program's own files.
_FREE: Final = r"/(_stcore/health|static/.*|favicon\.\w+)"
_PAGE: Final = re.compile(r"/([A-Za-z]\w*)?")
# A page, or the address of something that was shared.
_TARGET: Final = re.compile(r"/([A-Za-z]\w*)?(\?result=[0-9A-Z]{10})?")
_NEXT: Final = "service_circle_next"
_FILES: Final = ("/media/", "/_stcore/upload_file/")
_MOST_BYTES: Final = 4_096
_LOOK: Final = (
    "body{font-family:sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;color:#22303a}"
    "label{display:block;margin-top:1rem}input{width:100%;padding:.5rem;box-sizing:border-box}"
    "button{margin-top:1.2rem;padding:.6rem 1.4rem;background:#1f6f8b;color:#fff;border:0}"
    ".wrong{background:#fdecea;padding:.6rem}"
)
_FIELDS: Final = {
    "name": (text("Name"), "text", "username"),
    "password": (text("Password"), "password", "current-password"),
    "new": (text("New password (at least 10 characters)"), "password", "new-password"),
    "again": (text("The same once more"), "password", "new-password"),
}


class Gate:
    """ASGI middleware. Alone, it lets everything through. With local accounts or a provider, nothing but the
    sign-in is served to who has no session, the page's own connection included. Behind a proxy, only what the
    proxy sends with a person's name is served."""

    def __init__(self, app: ASGIApp, settings: SignIn) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._settings.way == ALONE:
            await self._app(scope, receive, send)
        elif self._settings.way == PROXY:
            named = proxied_person(scope, self._settings)
            if named and (not _is_file(scope) or await run_in_threadpool(is_somebody, named)):
                await self._app(scope, receive, send)
            else:
                await _refuse(scope, receive, send)
        else:
            await self._with_sessions(scope, receive, send)

    async def _with_sessions(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _inner(scope["path"])
        is_page = scope["type"] == "http" and scope["method"] == "GET" and bool(_PAGE.fullmatch(path))
        pages, free = _WAYS[self._settings.way]
        answer = pages.get(path) if scope["type"] == "http" else None
        if answer is not None:
            form = await _form(scope, receive)
            # Else the browser would not say from which page the form is sent.
            send = protected(send, referrer=b"same-origin")
            await (await run_in_threadpool(answer, scope, form))(scope, receive, send)
        elif bool(free.fullmatch(path)):
            await self._app(scope, receive, send)
        elif await run_in_threadpool(_may, scope, self._settings):
            target = cookies_of(scope).get(_NEXT, "").strip('"')
            if is_page and _TARGET.fullmatch(target):
                away = RedirectResponse(f"{base()}{target}", 303)
                away.delete_cookie(_NEXT, path=f"{base()}/", httponly=True, samesite="lax")
                await away(scope, receive, protected(send))
            else:
                await self._app(scope, receive, send)
        elif is_page:
            asked = f"{path}?{scope['query_string'].decode('latin-1')}"
            target = asked if _TARGET.fullmatch(asked) else path
            await RedirectResponse(f"{base()}/sign-in?next={quote(target)}", 303)(
                scope, receive, protected(send)
            )
        else:
            await _refuse(scope, receive, send)


def proxied_person(scope: Scope, settings: SignIn) -> str:
    """Whom the proxy names; "" where the request is not from the proxy, or names nobody or several."""
    client = scope.get("client") or ("", 0)
    named = [value for name, value in scope["headers"] if name.lower() == settings.header.encode()]
    if client[0] not in settings.proxies or len(named) != 1:
        return ""
    return str(named[0].decode("utf-8", "replace")).strip()


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies of a request."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name.lower() == b"cookie":
            with suppress(CookieError):
                found |= {key: part.value for key, part in SimpleCookie(value.decode("latin-1")).items()}
    return found


def person_of(cookies: Mapping[str, str], settings: SignIn) -> str | None:
    """Who has signed in with these cookies; None for nobody."""
    if settings.way == OIDC:
        return provided_person(the_store(), cookies, settings)
    return signed_in(the_store(), cookies.get(COOKIE, ""))


def the_store() -> Store:
    """The store, made where there is none. InputError where it cannot be used."""
    place = store_place()
    if not is_there(place):
        return open_store(place, make=True)
    return _opened(place)


@cache
def _opened(place: str) -> Store:
    return open_store(place)


def is_somebody(name: str) -> bool:
    """Whether a person has a role. A store that knows no people knows nobody here: on the command line its
    one user names the first (`store person NAME --role admin`)."""
    try:
        who = actor(the_store(), name)
    except UserError:
        return False
    return bool(who.roles) and not who.is_unnamed


def _may(scope: Scope, settings: SignIn) -> bool:
    """Whether who has signed in may have this. Pages say themselves that somebody's roles were taken away; a
    file is given to nobody without one, be its address as old as it may."""
    try:
        person = person_of(cookies_of(scope), settings)
    except UserError:
        return False
    return person is not None and (not _is_file(scope) or is_somebody(person))


def _is_file(scope: Scope) -> bool:
    """Whether it is a file that a page hands out, or takes in."""
    return scope["type"] == "http" and _inner(scope["path"]).startswith(_FILES)


def _sign_in_page(scope: Scope, form: dict[str, str] | None) -> Response:
    tr = _words(scope)
    target = _target(scope)
    if form is None:
        return _page(tr, text("Sign in"), ("name", "password"), f"sign-in?next={quote(target)}")
    client = scope.get("client") or ("", 0)
    try:
        word = sign_in(the_store(), form.get("name", "").strip(), form.get("password", ""), address=client[0])
    except UserError as wrong:
        again = f"sign-in?next={quote(target)}"
        return _page(tr, text("Sign in"), ("name", "password"), again, wrong=tr(wrong.message))
    done = RedirectResponse(f"{base()}{target}", 303)
    done.set_cookie(
        COOKIE, word, max_age=SESSION_HOURS * 3600, path=f"{base()}/", httponly=True, samesite="lax",
        secure=_is_secure(scope),
    )  # fmt: skip
    return done


def _sign_out_page(scope: Scope, form: dict[str, str] | None) -> Response:
    tr = _words(scope)
    if form is None:
        return _page(tr, text("Sign out"), (), "sign-out")
    sign_out(the_store(), cookies_of(scope).get(COOKIE, ""))
    done = RedirectResponse(f"{base()}/sign-in", 303)
    done.delete_cookie(COOKIE, path=f"{base()}/", httponly=True, samesite="lax")
    return done


def _password_page(scope: Scope, form: dict[str, str] | None) -> Response:
    tr = _words(scope)
    word = parse_qs(scope["query_string"].decode("latin-1")).get("link", [""])[0]
    again, title = f"password?link={quote(word)}", text("Set your password")
    try:
        person = person_of_link(the_store(), word)
        if form is None:
            return _page(tr, title, ("new", "again"), again, said=text("For {name}.", name=person))
        if form.get("new", "") != form.get("again", ""):
            return _page(tr, title, ("new", "again"), again, wrong=tr(text("The two are not the same.")))
        use_link(the_store(), word, form.get("new", ""))
    except UserError as wrong:
        return _page(tr, title, ("new", "again") if form else (), again, wrong=tr(wrong.message))
    return RedirectResponse(f"{base()}/sign-in", 303)


def _to_provider(scope: Scope, form: dict[str, str] | None) -> Response:
    """On to the provider; who comes back and is not known here is told so, not sent in a circle."""
    tr = _words(scope)
    name, until = named_by_provider(cookies_of(scope), sign_in_settings())
    if form is None and name and until > time.time() and not _is_there(name):
        said = text("{name} has no role here. Ask an administrator.", name=name)
        return _page(tr, text("Sign in as somebody else"), (), "sign-in", said=said)
    away = RedirectResponse(f"{base()}{login_path()}", 303)
    away.set_cookie(
        _NEXT, _target(scope), max_age=600, path=f"{base()}/", httponly=True, samesite="lax",
        secure=_is_secure(scope),
    )  # fmt: skip
    return away


def _out_of_provider(scope: Scope, form: dict[str, str] | None) -> Response:
    if form is None:
        return _page(_words(scope), text("Sign out"), (), "sign-out")
    sign_out(the_store(), provider_word(cookies_of(scope)))
    return RedirectResponse(f"{base()}/auth/logout", 303)


def _is_there(name: str) -> bool:
    with the_store().read() as connection:
        return person_id(connection, name) is not None


def _target(scope: Scope) -> str:
    """Where somebody wanted to go before signing in."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("next", ["/"])[0]
    return asked if _TARGET.fullmatch(asked) else "/"


_Answer = Callable[[Scope, dict[str, str] | None], Response]
# What each way answers itself, and what it lets through to anybody.
_WAYS: Final[dict[str, tuple[dict[str, _Answer], re.Pattern[str]]]] = {
    ACCOUNTS: (
        {"/sign-in": _sign_in_page, "/sign-out": _sign_out_page, "/password": _password_page},
        re.compile(_FREE),
    ),
    OIDC: (
        {"/sign-in": _to_provider, "/sign-out": _out_of_provider},
        re.compile(rf"{_FREE}|/auth/(login|logout)|/oauth2callback"),
    ),
}


def _page(
    tr: Translator,
    title: Text,
    fields: tuple[str, ...],
    action: str,
    *,
    wrong: str = "",
    said: Text | None = None,
) -> Response:
    """A page with a form of `fields`; without any and with something `wrong` there is nothing to be done."""
    inputs = "".join(
        f"<label>{in_html(tr(label))}"
        f'<input name="{name}" type="{kind}" autocomplete="{fill}" required></label>'
        for name, (label, kind, fill) in ((name, _FIELDS[name]) for name in fields)
    )
    told = f'<p class="wrong" role="alert">{in_html(wrong)}</p>' if wrong else ""
    told += f"<p>{in_html(tr(said))}</p>" if said is not None else ""
    button = f"<button>{in_html(tr(title))}</button>" if fields or not wrong else ""
    language = "zh-CN" if tr.language == "zh" else "en"
    content = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{in_html(tr(title))}</title>'
        f"<style>{_LOOK}</style></head><body><main><p>服务圈 Service circle</p><h1>{in_html(tr(title))}</h1>"
        f'{told}<form method="post" action="{in_html(f"{base()}/{action}")}">{inputs}{button}</form>'
        "</main></body></html>"
    )
    status = 400 if wrong and not fields else 200
    return HTMLResponse(content, status, {"Cache-Control": "no-store"})


async def _form(scope: Scope, receive: Receive) -> dict[str, str] | None:
    """What was filled in; None for a look at the page. A form that another site sends counts as none."""
    if scope["method"] != "POST" or not _is_from_own_page(scope):
        return None
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MOST_BYTES or not message.get("more_body"):
            break
    if len(body) > _MOST_BYTES:
        return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _is_from_own_page(scope: Scope) -> bool:
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return bool(urlsplit(headers.get(b"origin", "")).netloc == headers.get(b"host", "-"))


def _is_secure(scope: Scope) -> bool:
    said = dict(scope["headers"]).get(b"x-forwarded-proto", b"").decode("latin-1")
    return bool(scope.get("scheme") == "https" or said.split(",")[0].strip() == "https")


def _words(scope: Scope) -> Translator:
    said = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").lower()
    return translator("en" if said.startswith("en") else "zh")


def base() -> str:
    """What stands before every path of the server; "" as a rule."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def _inner(path: str) -> str:
    return path.removeprefix(base()) or "/"


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()  # what opens it
        await send({"type": "websocket.close", "code": 1008})
        return
    refused: Callable[[Scope, Receive, Send], Awaitable[None]] = PlainTextResponse("Not for others.", 403)
    await refused(scope, receive, protected(send))
