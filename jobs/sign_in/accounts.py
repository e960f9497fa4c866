"""Local accounts, for offices without an identity provider.

A planner makes a link, with which its person sets a password once; whoever signs in gets a word for the
browser's cookie, of which the store keeps the hash. A session ends after twelve hours, when its person signs
out, sets another password, or when it is ended for them. Attempts are slowed down, by person and by address.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from pwdlib import PasswordHash

from core.errors import InputError, SettingError
from data.store import Store, schema
from data.store.accounts import link_of, open_sessions, password_of, session_of, set_password
from data.store.engine import ConflictError, Writing, utc_now
from data.store.records import held_roles, person_id
from jobs.collect.permissions import ADMIN, OFFICE, NotAllowedError, actor

SESSION_HOURS: Final = 12
LINK_DAYS: Final = 7
LEAST_LETTERS: Final = 10
MOST_LETTERS: Final = 200
# From the fifth failure on one waits a second, then two, four … up to a quarter of an hour.
_FREE_FAILURES: Final = 5
_LONGEST_WAIT_S: Final = 900.0
_FORGOTTEN_S: Final = 3600.0
_MOST_REMEMBERED: Final = 10_000


class Attempts:
    """Failures of this server's visitors, by what is tried and from where; kept in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: dict[str, tuple[int, float]] = {}

    def wait_s(self, keys: tuple[str, ...], *, now: float | None = None) -> float:
        """How long until the next attempt is looked at; 0 for at once."""
        at = time.monotonic() if now is None else now
        with self._lock:
            return max((self._wait(key, at) for key in keys), default=0.0)

    def failed(self, keys: tuple[str, ...], *, now: float | None = None) -> None:
        at = time.monotonic() if now is None else now
        with self._lock:
            if len(self._failed) > _MOST_REMEMBERED:
                self._failed = {
                    key: said for key, said in self._failed.items() if at - said[1] < _LONGEST_WAIT_S
                }
            for key in keys:
                count, last = self._failed.get(key, (0, at))
                self._failed[key] = ((count if at - last < _FORGOTTEN_S else 0) + 1, at)

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._failed.pop(key, None)

    def _wait(self, key: str, at: float) -> float:
        count, last = self._failed.get(key, (0, 0.0))
        if count < _FREE_FAILURES:
            return 0.0
        return max(0.0, last + min(2.0 ** min(count - _FREE_FAILURES, 20), _LONGEST_WAIT_S) - at)


ATTEMPTS: Final = Attempts()


def make_link(store: Store, person: str, *, by: str = "") -> str:
    """A word with which a person sets a password, once, within a week.

    Admins make it for anybody, planners for people who are an office and nothing else: with a link one
    becomes that person. InputError for a person that the store does not know.
    """
    who = actor(store, by)
    who.require("people.invite")
    word = secrets.token_urlsafe(32)
    with store.write(by=who.name) as writing:
        number = person_id(writing.connection, person)
        if number is None:
            raise InputError("The store knows nobody called “{name}”.", name=person)
        held = {role for role, _ in held_roles(writing.connection, person) or ()}
        if ADMIN not in who.roles and held != {OFFICE}:
            raise NotAllowedError(
                "{name} may make links only for people of offices; an admin makes those of others.",
                name=who.name,
            )
        until = _in(days=LINK_DAYS)
        writing.add(
            schema.account_link, sha256=_hash(word), person_id=number, until=until, at=writing.at,
            by=writing.by,
        )  # fmt: skip
        writing.event("account.link", person=person)
    return word


def person_of_link(store: Store, word: str) -> str:
    """Whose link this is. InputError for one that is no link, was used, or is too old."""
    with store.read() as connection:
        link = link_of(connection, _hash(word))
    if link is None or link.is_used or link.until < utc_now():
        raise InputError("This link was used already or is no longer valid; ask for another one.")
    return link.person


def use_link(store: Store, word: str, password: str) -> str:
    """Set the password of the link's person, which ends all their sessions; returns who it is.

    InputError for a link that was used or is too old; SettingError for a password that is too short or long.
    """
    person = person_of_link(store, word)
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        raise SettingError(
            "A password has {least} to {most} characters.", least=LEAST_LETTERS, most=MOST_LETTERS
        )
    hashed = _hasher().hash(password)
    try:
        with store.write(by=person) as writing:
            link = link_of(writing.connection, _hash(word))
            if link is None or link.is_used:
                raise InputError("This link was used already or is no longer valid; ask for another one.")
            writing.add(schema.account_link_use, sha256=_hash(word), at=writing.at)
            set_password(writing, link.person_id, hashed)
            _end(writing, open_sessions(writing.connection, link.person_id))
            writing.event("account.password", person=person)
    except ConflictError as used:
        raise InputError("This link was used already or is no longer valid; ask for another one.") from used
    return person


def sign_in(store: Store, person: str, password: str, *, address: str, attempts: Attempts = ATTEMPTS) -> str:
    """The word for the browser's cookie. SettingError, the same for an unknown person and a wrong password,
    and for who has to wait."""
    keys = (f"person {person}", f"address {address}")
    wait_s = attempts.wait_s(keys)
    if wait_s > 0:
        raise SettingError(
            "Too many attempts. Please wait {seconds:.0f} seconds and try again.", seconds=wait_s + 0.5
        )
    with store.read() as connection:
        kept = password_of(connection, person)
    # As long for a person that there is not.
    good = len(password) <= MOST_LETTERS and _hasher().verify(password, kept or _nobody())
    if not (good and kept):
        attempts.failed(keys)
        raise SettingError("Name or password is wrong.")
    attempts.succeeded(keys[0])
    word = secrets.token_urlsafe(32)
    with store.write(by=person) as writing:
        number = person_id(writing.connection, person)
        until = _in(hours=SESSION_HOURS)
        writing.add(schema.sign_in, sha256=_hash(word), person_id=number, until=until, at=writing.at)
        writing.event("account.sign_in", person=person)
    return word


def provided_session(store: Store, person: str, word: str, *, until: float) -> str | None:
    """Who is signed in by the word of a provider, which is good until a moment (seconds since 1970). A word
    begins one session, at first sight; None once that has ended, and for a person that the store does not
    know."""
    with store.read() as connection:
        is_new = session_of(connection, _hash(word)) is None
        number = person_id(connection, person)
    ends = datetime.fromtimestamp(until, UTC).isoformat(timespec="microseconds")
    last = min(_in(hours=SESSION_HOURS), ends)
    if is_new and number is not None and last > utc_now():
        with suppress(ConflictError), store.write(by=person) as writing:  # another request was first
            writing.add(schema.sign_in, sha256=_hash(word), person_id=number, until=last, at=writing.at)
            writing.event("account.sign_in", person=person)
    found = signed_in(store, word)
    return found if found == person else None


def signed_in(store: Store, word: str) -> str | None:
    """Who a cookie's word stands for; None for one that is not known, has ended or was ended."""
    if not word:
        return None
    with store.read() as connection:
        session = session_of(connection, _hash(word))
    is_open = session is not None and not session.is_ended and session.until > utc_now()
    return session.person if session is not None and is_open else None


def sign_out(store: Store, word: str) -> None:
    """End a session; nothing where there is none."""
    person = signed_in(store, word)
    if person is not None:
        with store.write(by=person) as writing:
            _end(writing, (_hash(word),))
            writing.event("account.sign_out", person=person)


def end_sessions(store: Store, person: str, *, by: str = "") -> int:
    """End all sessions of a person; returns how many there were. InputError for one who is not known."""
    who = actor(store, by)
    who.require("people.change")
    with store.write(by=who.name) as writing:
        number = person_id(writing.connection, person)
        if number is None:
            raise InputError("The store knows nobody called “{name}”.", name=person)
        ended = open_sessions(writing.connection, number)
        _end(writing, ended)
        writing.event("account.end", person=person)
    return len(ended)


def _end(writing: Writing, sessions: tuple[str, ...]) -> None:
    for sha256 in sessions:
        writing.add(schema.sign_out, sha256=sha256, at=writing.at, by=writing.by)


def _in(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat(timespec="microseconds")


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash that no password has, to be verified against where there is none."""
    return _hasher().hash(secrets.token_urlsafe(32))
