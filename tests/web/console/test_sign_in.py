"""The door of the console: who comes in, by what, for how long, and who does not."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest
from sqlalchemy import select, update

from alertnet.flows.credentials.users import end_user, renew_user, sign_out
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import user_sessions
from alertnet.store.tables import users as table
from alertnet.store.views import audit, timeline_view
from alertnet.store.views.audit import Break
from alertnet.web.console.access.proving import MOST_WAITING
from tests.web.console.conftest import SitDown
from tests.web.console.desk import HASH, PASSWORD, Desk
from tests.web.world import NOW, PUBLIC_URL, World


@pytest.fixture
def maria(world: World) -> Desk:
    """A coordinator who is not signed in yet."""
    return Desk.of(world, "maria", Role.COORDINATOR)


def is_in(desk: Desk) -> bool:
    return desk.browser.get("/desk/account", follow_redirects=False).status_code == 200


def kinds(world: World) -> list[str]:
    entries, _ = world.runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 1000))
    return [each["kind"] for each in entries if each["kind"].startswith("user_")]


def test_a_password_and_a_code_let_somebody_in(world: World, maria: Desk) -> None:
    """The session is in a cookie that no script reads, no other site sends, and that needs TLS where there is TLS."""
    answer = maria.signs_in()

    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict"))
    assert "You are signed in as coordinator" in maria.opens("/desk/account").text
    assert kinds(world) == ["user_added", "user_signed_in"]


@pytest.mark.parametrize(
    "sent",
    [
        {"Host": "127.0.0.1:8000", "Origin": PUBLIC_URL},
        {"Host": "127.0.0.1:8000", "Origin": "https://10.0.0.9:8443", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1:8000", "Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "none"},
    ],
)
def test_a_front_may_change_the_host_and_take_the_origin_away(maria: Desk, sent: dict[str, str]) -> None:
    """As nginx and Apache do unless they are told not to; with `Referrer-Policy: no-referrer` browsers send null."""
    fields = {"name": "maria", "password": PASSWORD, "code": maria.code_after(0)}

    entered = maria.posts("/desk/sign-in", fields, {"Content-Type": "application/x-www-form-urlencoded", **sent})

    assert entered.status_code == 303
    assert "Secure" in entered.headers["Set-Cookie"]
    assert is_in(maria) is True


def test_without_a_provider_there_is_no_way_to_one(maria: Desk) -> None:
    """Where the operator has set none, the door is as it was."""
    assert "openid" not in maria.opens("/desk/sign-in").html
    assert maria.browser.get("/desk/openid", follow_redirects=False).status_code == 404
    assert maria.signs_in().status_code == 303


def test_whoever_is_not_signed_in_is_sent_to_the_door_and_back(maria: Desk) -> None:
    turned_away = maria.browser.get("/desk/account", follow_redirects=False)

    assert (turned_away.status_code, turned_away.headers["Location"]) == (303, "/desk/sign-in?then=/desk/account")
    form = maria.opens(turned_away.headers["Location"]).form("Sign in")
    assert maria.signs_in(then=form.fields["then"]).headers["Location"] == "/desk/account"


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_door_leads_to_pages_of_the_console_alone(maria: Desk, then: str) -> None:
    assert maria.signs_in(then=then).headers["Location"] == "/desk"


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [("maria", "another password", None), ("maria", PASSWORD, "000000"), ("nobody", PASSWORD, None), ("maria", "", "")],
)
def test_what_was_wrong_is_not_said(maria: Desk, name: str, password: str, code: str | None) -> None:
    """Of a name that is nobody's, a wrong password and a wrong code the answer is the same."""
    maria.name, right = name, maria.code_after(0)

    refused = maria.signs_in(password=password, code=right if code is None else code or "x")

    assert refused.status_code == 403
    assert "is not right" in refused.text
    assert "Set-Cookie" not in refused.headers
    assert is_in(maria) is False


def test_a_code_is_good_once(world: World, maria: Desk) -> None:
    """Whoever looks over a shoulder has nothing of it."""
    first = maria.signs_in()
    again = maria.signs_in()

    assert (first.status_code, again.status_code) == (303, 403)
    assert maria.signs_in(code=maria.code_after(30)).status_code == 303


def test_a_recovery_code_stands_for_the_authenticator_once(maria: Desk) -> None:
    code = maria.issued.recovery_codes[0].upper()

    assert [maria.signs_in(code=code).status_code for _ in range(2)] == [303, 403]
    assert maria.signs_in(code=maria.issued.recovery_codes[1]).status_code == 303


def test_five_wrong_tries_close_the_door_for_whoever_tries_them(maria: Desk) -> None:
    """B9: then the right password counts for nothing from there; its owner, who is elsewhere, still comes in."""
    elsewhere = maria.elsewhere("198.51.100.7")
    for _ in range(5):
        maria.signs_in(password="a guess of many")

    assert maria.signs_in().status_code == 403
    assert elsewhere.signs_in().status_code == 303


def test_guesses_from_everywhere_shut_nobody_out(maria: Desk) -> None:
    """B9: who has no password uses up no try of hers, from however many addresses; a code is guessed from none."""
    everywhere = [maria.elsewhere(f"198.51.100.{host}") for host in range(53)]
    for each in everywhere[:-1]:
        each.signs_in(password="a guess of many")
    assert everywhere[-1].signs_in().status_code == 303

    for each in everywhere[:-2]:
        each.signs_in(code="000000")
    assert everywhere[-2].signs_in(code=maria.code_after(30)).status_code == 403
    assert maria.signs_in(code=maria.issued.recovery_codes[0]).status_code == 403


def test_who_comes_when_many_sign_in_is_asked_to_come_again(world: World, maria: Desk) -> None:
    """Each that waits holds a thread, which the provider's webhooks need."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold_up(_: Tx) -> None:
        is_held.set()
        is_over.wait(30)

    with world.client, ThreadPoolExecutor(41) as crowd:
        desks = [maria.elsewhere(f"198.51.100.{host}") for host in range(40)]
        crowd.submit(world.runtime.transact, hold_up)
        assert is_held.wait(30)
        asked = [crowd.submit(each.signs_in, password="a guess of many") for each in desks]
        turned_away = [each.result() for each in islice(as_completed(asked), len(desks) - MOST_WAITING)]
        is_over.set()

    assert {(each.status_code, each.headers.get("Retry-After")) for each in turned_away} == {(503, "2")}
    assert sorted(each.result().status_code for each in asked) == [403] * MOST_WAITING + [503] * len(turned_away)
    assert maria.signs_in().status_code == 303


def test_the_right_one_in_time_takes_the_count_back(maria: Desk) -> None:
    for _ in range(4):
        maria.signs_in(password="a guess of many")
    assert maria.signs_in().status_code == 303

    for _ in range(4):
        maria.signs_in(password="a guess of many")
    assert maria.signs_in(code=maria.code_after(30)).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{PUBLIC_URL}.evil.example"},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
    ],
)
def test_another_site_signs_nobody_in_or_out(maria: Desk, headers: dict[str, str]) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    fields = {"name": "maria", "password": PASSWORD, "code": maria.code_after(0)}
    refused = maria.posts("/desk/sign-in", fields, sent)
    maria.signs_in()
    kept = maria.posts("/desk/sign-out", maria.opens("/desk/account").form("Sign out").fields, sent)

    assert (refused.status_code, kept.status_code) == (403, 403)
    assert is_in(maria) is True


def test_signing_out_ends_the_session(maria: Desk) -> None:
    """Also for whoever kept a copy of the cookie."""
    maria.signs_in()
    copy = dict(maria.browser.cookies)

    left = maria.opens("/desk/account").presses("Sign out")

    assert left.headers["Location"] == "/desk/sign-in"
    maria.browser.cookies.update(copy)
    assert is_in(maria) is False


def test_signing_out_everywhere_ends_the_other_sessions_too(sit_down: SitDown, world: World) -> None:
    """A telephone was lost in the street."""
    lost = sit_down()
    found = lost.elsewhere("198.51.100.7")
    found.signs_in(code=lost.code_after(30))
    assert (is_in(lost), is_in(found)) == (True, True)

    found.opens("/desk/account").presses("Sign out everywhere")

    assert (is_in(lost), is_in(found)) == (False, False)
    assert kinds(world)[-1] == "user_signed_out"


def test_the_other_sessions_are_ended_from_one_that_goes_on(sit_down: SitDown, world: World) -> None:
    lost = sit_down()
    found = lost.elsewhere("198.51.100.7")
    found.signs_in(code=lost.code_after(30))
    assert "signed in elsewhere too, since 24 Nov 07:14 UTC" in found.opens("/desk/account").text

    found.opens("/desk/account").presses("Sign out there, not here")

    assert (is_in(lost), is_in(found)) == (False, True)
    assert "signed in elsewhere" not in found.opens("/desk/account").text
    assert kinds(world)[-1] == "user_signed_out"


def test_a_session_ends_by_itself(world: World, desk: Desk) -> None:
    assert is_in(desk) is True

    world.runtime.transact(lambda tx: tx.session.execute(update(user_sessions).values(ends_at=NOW)))

    assert is_in(desk) is False


def test_what_an_administrator_ends_or_renews_is_over_at_once(world: World, sit_down: SitDown) -> None:
    ended, renewed, out = sit_down("ana"), sit_down("ben"), sit_down("carl")
    assert all(map(is_in, (ended, renewed, out)))

    world.runtime.transact(end_user, "ana", "test")
    issued = world.runtime.transact(renew_user, "ben", HASH, "test")
    world.runtime.transact(sign_out, "carl", "test")

    assert not any(map(is_in, (ended, renewed, out)))
    codes = [ended.code_after(30), renewed.code_after(30), out.code_after(30)]
    tried = [desk.signs_in(code=code) for desk, code in zip((ended, renewed, out), codes, strict=True)]
    assert [answer.status_code for answer in tried] == [403, 403, 303]
    renewed.issued = issued
    assert renewed.signs_in().status_code == 303


def test_a_row_that_was_written_without_the_secret_lets_nobody_in(world: World, desk: Desk) -> None:
    """Whoever can write into the database alone makes no user of themselves, and no administrator."""
    assert is_in(desk) is True

    world.runtime.transact(lambda tx: tx.session.execute(update(table).values(role="administrator")))

    assert is_in(desk) is False
    found = world.runtime.read(lambda tx: list(audit.verify(tx.session)))
    assert found == [Break("users", 0, "user maria was made or changed without the secret, and can't sign in")]


def test_what_is_over_is_not_kept(world: World, desk: Desk) -> None:
    """Rows of sessions that have ended go when somebody signs in."""

    def sessions(tx: Tx) -> int:
        return len(tx.session.execute(select(user_sessions)).all())

    world.runtime.transact(lambda tx: tx.session.execute(update(user_sessions).values(ends_at=NOW)))
    assert world.runtime.read(sessions) == 1

    desk.signs_in(code=desk.code_after(30))

    assert world.runtime.read(sessions) == 1
    assert is_in(desk) is True
