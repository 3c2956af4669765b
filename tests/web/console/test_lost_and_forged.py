"""What is sent when the line or the session breaks is done once or not at all; what is forged or replayed, never."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import update

from alertnet.flows.credentials.users import sign_out
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents, user_sessions
from tests.web.console.conftest import SitDown
from tests.web.console.desk import ORIGIN, Desk, Form, Sheet
from tests.web.console.test_board import decisions
from tests.web.console.test_raise import ARREST, previewed
from tests.web.world import NOW, PUBLIC_URL, World

SECRET = "He is in the white house by the mill"
LONG = "In the night they came, and " * 1700


def ends(world: World) -> None:
    """Every session ends by itself."""
    world.runtime.transact(lambda tx: tx.session.execute(update(user_sessions).values(ends_at=NOW)))


def comes_back(desk: Desk, door: Sheet, seconds: int = 30) -> Sheet:
    """Signs in on the page that took the form, and sees what comes then."""
    fields = door.form("Sign in").fields
    code = desk.code_after(seconds)
    answer = desk.posts(
        "/desk/sign-in", {**fields, "name": desk.name, "password": "a password for the tests", "code": code}
    )
    return Sheet(desk, "/desk/sign-in", answer.text)


@pytest.mark.parametrize("details", [SECRET, LONG])
def test_a_draft_survives_the_session_and_is_raised_once(world: World, desk: Desk, details: str) -> None:
    """Without script too: after signing in the form is there again, filled in; nothing was raised meanwhile."""
    _, form = previewed(desk, details=details)
    ends(world)

    door = Sheet(desk, "/desk/raise", form.sent().text)
    assert details not in door.html
    kept = comes_back(desk, door)
    assert details.strip() in kept.html
    assert world.rows(incidents) == []
    again = Sheet(desk, "/desk/raise", kept.presses("Look at the alarm again").text)
    raised = Form(again, "/desk/raise", {**ARREST, "details": details, **again.form("Raise the alarm").fields})
    first, second = raised.sent(), raised.sent()

    assert (first.status_code, second.status_code) == (303, 409)
    assert [row.facts["details"] for row in world.rows(incidents)] == [details.strip()]


def test_what_was_raised_before_the_session_ended_is_not_raised_again(world: World, desk: Desk) -> None:
    """The answer was lost on the line, the session ended: the same form in the next session says that it is done."""
    _, form = previewed(desk)
    form.sent()
    ends(world)

    kept = comes_back(desk, Sheet(desk, "/desk/raise", form.sent().text))
    again = Sheet(desk, "/desk/raise", kept.presses("Look at the alarm again").text)
    refused = Form(again, "/desk/raise", {**ARREST, **again.form("Raise the alarm").fields}).sent()

    assert refused.status_code == 409
    assert "was recorded before" in refused.text
    assert len(world.rows(incidents)) == 1


def test_a_decision_that_came_too_late_is_sent_after_signing_in(world: World, desk: Desk) -> None:
    world.raises(verified=False)
    form = desk.opens("/desk").form("Yes, go")
    world.runtime.transact(sign_out, "maria", "test")

    kept = comes_back(desk, Sheet(desk, "/desk", form.sent().text))
    assert decisions(world) == []

    assert kept.presses("Send it now").status_code == 303
    assert decisions(world) == [("go", "user maria")]


def test_a_failed_sign_in_keeps_what_was_to_be_sent(world: World, desk: Desk) -> None:
    _, form = previewed(desk)
    ends(world)
    door = Sheet(desk, "/desk/raise", form.sent().text)

    failed = desk.posts("/desk/sign-in", {**door.form("Sign in").fields, "name": "maria", "password": "x", "code": "1"})

    assert failed.status_code == 403
    assert ARREST["summary"] in comes_back(desk, Sheet(desk, "/desk/raise", failed.text)).html


def test_who_may_not_act_reads_nothing_of_what_was_kept(world: World, sit_down: SitDown, desk: Desk) -> None:
    _, form = previewed(desk, details=SECRET)
    ends(world)
    door = Sheet(desk, "/desk/raise", form.sent().text)
    observer = Desk.of(world, "olga", Role.OBSERVER)

    assert SECRET not in comes_back(observer, door, 0).html
    assert SECRET in comes_back(desk, door).html


def test_what_another_site_sends_is_not_kept(world: World, desk: Desk) -> None:
    """Else whoever signs in next would be shown, and might send, what others wrote."""
    _, form = previewed(desk)
    ends(world)

    refused = desk.posts("/desk/raise", form.fields, {"Origin": "https://evil.example"})

    assert refused.status_code == 403
    assert 'name="kept"' not in refused.text
    assert 'name="kept"' in form.sent().text


def test_what_was_kept_is_shown_to_the_user_of_that_session_alone(world: World, sit_down: SitDown, desk: Desk) -> None:
    """Else an administrator would be led to confirm what a coordinator has written."""
    proof = desk.opens("/desk/account").form("Sign out").fields["proof"]
    ends(world)
    wanted = {"proof": proof, "name": "maria", "role": "administrator", "step": "now", "seen": "x"}
    door = Sheet(desk, "/desk/users/role", desk.posts("/desk/users/role", wanted).text)
    chief = Desk.of(world, "ada", Role.ADMINISTRATOR)

    assert "Not sent yet" not in comes_back(chief, door, 0).text
    shown = comes_back(desk, door)
    assert "/desk/users/role name maria role administrator step now Send it now" in shown.text
    assert shown.presses("Send it now").status_code == 403


@pytest.mark.parametrize("cookie", ["", "desk=nobody", "desk=of-maria"])
def test_of_who_has_no_session_nothing_is_kept(world: World, desk: Desk, cookie: str) -> None:
    """Else anybody could leave a form for the next who signs in."""
    desk.opens("/desk")
    own = desk.opens("/desk/account").form("Sign out").fields["proof"]
    ends(world)
    known = desk.browser.cookies["desk"]
    sent = {"name": "eve", "role": "administrator", "seen": "x"}
    stranger = desk.elsewhere("198.51.100.9")
    headers = {**ORIGIN, "Cookie": cookie.replace("of-maria", known)}

    for proof in ("", "x", ".maria", f"{'0' * 32}.maria", *([] if "of-maria" in cookie else [own])):
        refused = stranger.posts("/desk/users/add", {**sent, "proof": proof}, headers)
        assert (refused.status_code, 'name="kept"' in refused.text) == (401, False)
    assert 'name="kept"' in desk.posts("/desk/users/add", {**sent, "proof": own}).text


@pytest.mark.parametrize("origin", ["http://[x", "https://[::1", "https://alert.example.org:bad", "//["])
def test_what_is_no_origin_at_all_is_refused_too(desk: Desk, origin: str) -> None:
    """Whoever has no session could make the program fail by it."""
    for path in ("/desk/sign-in", "/desk/passkeys"):
        assert desk.posts(path, {"name": "a"}, {**ORIGIN, "Origin": origin}).status_code == 403


Forgery = Callable[[random.Random, dict[str, str]], tuple[dict[str, str], dict[str, str]]]


def _of_another_origin(dice: random.Random, fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    host = PUBLIC_URL.removeprefix("https://")
    origins = [f"https://evil.example/{host}", f"https://{host}.evil.example", f"https://{host}@evil.example", "null"]
    return fields, {"Origin": dice.choice([*origins, f"https://{host}:8443", f"http://x{host}", ""])}


def _with_another_proof(dice: random.Random, fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    proof = list(fields["proof"])
    for _ in range(dice.randint(1, 8)):
        place = dice.randrange(len(proof))
        proof[place] = dice.choice([sign for sign in "ABCDEFabcdef0123456789-_" if sign != proof[place]])
    return {**fields, "proof": dice.choice(["".join(proof[: dice.randint(0, 31)]), "".join(proof)])}, {
        "Origin": PUBLIC_URL
    }


def _replayed(dice: random.Random, fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    return fields, {"Origin": PUBLIC_URL}


@pytest.mark.parametrize("seed", range(4))
def test_of_two_hundred_forged_or_replayed_forms_none_acts(world: World, sit_down: SitDown, seed: int) -> None:
    """Cross-site, with a changed proof, of another session, or sent again: fifty for each of four seeds."""
    dice = random.Random(seed)
    maria, ben = sit_down("maria"), sit_down("ben")
    world.raises(verified=False)
    form = maria.opens("/desk").form("Hold")
    assert form.sent().status_code == 303
    fresh = maria.opens("/desk").form("Yes, go")
    kinds: list[tuple[Forgery, Desk, Form]] = [
        (_of_another_origin, maria, fresh),
        (_with_another_proof, maria, fresh),
        (_replayed, ben, fresh),
        (_replayed, maria, form),
    ]

    refused = []
    for _ in range(50):
        forge, desk, taken = dice.choice(kinds)
        fields, headers = forge(dice, taken.fields)
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        refused.append(desk.posts(taken.action, fields, sent).status_code)

    assert set(refused) <= {403, 409}
    assert decisions(world) == [("hold", "user maria")]
    assert fresh.sent().status_code == 303
