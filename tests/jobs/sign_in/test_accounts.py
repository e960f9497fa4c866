"""Local accounts: a link is used once, a session ends, attempts are slowed down."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from core.errors import InputError, SettingError
from data.store import Store, schema
from data.store.check import check_store
from jobs.collect.permissions import NotAllowedError, RoleChange, change_role
from jobs.sign_in import accounts
from jobs.sign_in.accounts import (
    Attempts,
    end_sessions,
    make_link,
    sign_in,
    sign_out,
    signed_in,
    use_link,
)
from jobs.sign_in.ways import sign_in_settings

SECRET = "a long enough word"  # noqa: S105


@pytest.fixture
def people(store: Store) -> Store:
    """root is admin, wang a planner, xi the office 西苑社区."""
    change_role(store, RoleChange("root", "admin"), by="")
    change_role(store, RoleChange("wang", "planner"), by="root")
    change_role(store, RoleChange("xi", "office", "小城", "西苑社区"), by="root")
    return store


def enter(store: Store, person: str, password: str = SECRET) -> str:
    return sign_in(store, person, password, address="10.0.0.1", attempts=Attempts())


def test_a_link_sets_a_password_once_and_signing_in_works_until_signing_out(people: Store) -> None:
    link = make_link(people, "xi", by="wang")
    assert use_link(people, link, SECRET) == "xi"
    with pytest.raises(InputError, match="used already"):
        use_link(people, link, "another long word")
    word = enter(people, "xi")
    assert signed_in(people, word) == "xi"
    sign_out(people, word)
    assert signed_in(people, word) is None  # the cookie replayed
    assert check_store(people) == ()
    # Neither link, word nor password stands anywhere in the store.
    with people.read() as connection:
        written = "".join(row.detail for row in connection.execute(sa.select(schema.event)))
    assert not any(secret in written for secret in (link, word, SECRET, "argon2"))


def test_a_new_password_and_an_admin_end_all_sessions(people: Store) -> None:
    use_link(people, make_link(people, "xi"), SECRET)
    first, second = enter(people, "xi"), enter(people, "xi")
    use_link(people, make_link(people, "xi"), "quite another word")
    assert signed_in(people, first) is None and signed_in(people, second) is None
    third = enter(people, "xi", "quite another word")
    with pytest.raises(SettingError):
        enter(people, "xi")
    with pytest.raises(NotAllowedError):
        end_sessions(people, "xi", by="wang")
    assert end_sessions(people, "xi", by="root") == 1 and signed_in(people, third) is None


def test_who_may_make_whose_link(people: Store) -> None:
    for person, by in (("root", "wang"), ("wang", "wang"), ("xi", "xi"), ("wang", "xi")):
        with pytest.raises(NotAllowedError):
            make_link(people, person, by=by)
    with pytest.raises(InputError):
        make_link(people, "nobody", by="root")
    change_role(people, RoleChange("xi", "admin"), by="root")
    with pytest.raises(NotAllowedError):  # an office that is an admin too is an admin
        make_link(people, "xi", by="wang")


def test_links_and_sessions_end_by_themselves(people: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_link(people, "xi")
    monkeypatch.setattr(accounts, "utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    with pytest.raises(InputError):
        use_link(people, link, SECRET)
    monkeypatch.undo()
    use_link(people, link, SECRET)
    word = enter(people, "xi")
    monkeypatch.setattr(accounts, "utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    assert signed_in(people, word) is None


def test_wrong_words_say_the_same_whoever_is_meant(people: Store) -> None:
    use_link(people, make_link(people, "xi"), SECRET)
    said = set()
    for person, password in (("xi", "wrong"), ("nobody", SECRET), ("wang", ""), ("xi", "x" * 10_000)):
        with pytest.raises(SettingError) as refused:
            enter(people, person, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert signed_in(people, "") is None and signed_in(people, "guessed") is None


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_has_its_length(people: Store, password: str) -> None:
    link = make_link(people, "xi")
    with pytest.raises(SettingError, match="10"):
        use_link(people, link, password)
    assert use_link(people, link, SECRET) == "xi"  # the link is not used up by that


def test_attempts_are_slowed_down_by_person_and_by_address() -> None:
    attempts, keys = Attempts(), ("person xi", "address 10.0.0.1")
    for _ in range(5):
        assert attempts.wait_s(keys, now=0.0) == 0
        attempts.failed(keys, now=0.0)
    assert attempts.wait_s(keys, now=0.0) == 1
    assert (
        attempts.wait_s(("person xi",), now=0.0) == 1
        and attempts.wait_s(("address 10.0.0.1",), now=0.5) == 0.5
    )
    assert attempts.wait_s(("person wang", "address 10.0.0.2"), now=0.0) == 0
    for _ in range(30):
        attempts.failed(keys, now=1.0)
    assert attempts.wait_s(keys, now=1.0) == 900
    attempts.succeeded(keys[0])
    assert attempts.wait_s(keys[:1], now=1.0) == 0


def test_who_has_to_wait_is_not_let_in_by_the_right_word(people: Store) -> None:
    use_link(people, make_link(people, "xi"), SECRET)
    attempts = Attempts()
    for _ in range(9):
        attempts.failed(("person xi", "address 10.0.0.1"))
    with pytest.raises(SettingError, match="wait"):
        sign_in(people, "xi", SECRET, address="10.0.0.9", attempts=attempts)


def test_of_two_who_use_a_link_at_once_one_does(people: Store) -> None:
    link, done = make_link(people, "xi"), []

    def use(password: str) -> None:
        try:
            done.append(use_link(people, link, password))
        except InputError:
            done.append("refused")

    both = [threading.Thread(target=use, args=(f"a long word {k}",)) for k in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(done) == ["refused", "xi"]


def test_a_proxy_is_believed_only_where_its_address_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_CIRCLE_SIGN_IN", "proxy")
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    with pytest.raises(SettingError, match="FORWARDED_ALLOW_IPS"):
        sign_in_settings()
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    monkeypatch.setenv("SERVICE_CIRCLE_PROXY", "10.0.0.5, 10.0.0.6")
    assert sign_in_settings().proxies == {"10.0.0.5", "10.0.0.6"}
    monkeypatch.setenv("SERVICE_CIRCLE_SIGN_IN", "yes")
    with pytest.raises(SettingError):
        sign_in_settings()
