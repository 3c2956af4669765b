"""What lets a user in is changed by who knows their password: a console that was left open gives nothing away."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from markupsafe import escape
from sqlalchemy import update

from alertnet.flows.credentials.qr_code import in_svg
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, User
from alertnet.store.tables import user_sessions
from tests.web.console.conftest import SitDown
from tests.web.console.desk import PASSWORD, Desk, Form, Sheet
from tests.web.console.device import Device
from tests.web.console.test_sign_in import is_in, kinds
from tests.web.console.test_users import handed
from tests.web.world import NOW, PUBLIC_URL, World

ACCOUNT, USERS = "/desk/account", "/desk/users"


def everybody(world: World) -> list[User]:
    return world.runtime.read(users.list_all)


def passkey(desk: Desk) -> dict[str, str]:
    return {"name": "planted", "passkey": Device(PUBLIC_URL).makes(desk.browser.get("/desk/challenge").text)}


@pytest.mark.parametrize(
    ("page", "button", "fields"),
    [
        (ACCOUNT, "Add a passkey", None),
        (ACCOUNT, "New password", {}),
        (ACCOUNT, "New authenticator and recovery codes", {}),
        (USERS, "Add", {"name": "eve", "role": "administrator"}),
        (USERS, "New password and authenticator ada", {}),
        (USERS, "New recovery codes ada", {}),
        (USERS, "Give this role ben", {"role": "administrator"}),
        (USERS, "Remove ben", {}),
    ],
)
def test_a_session_alone_changes_nothing_that_lets_people_in(
    world: World, sit_down: SitDown, page: str, button: str, fields: Mapping[str, str] | None
) -> None:
    """Somebody sits down at a console that stands open; without the password, or with a guess, it asks for it."""
    ada = sit_down("ada", Role.ADMINISTRATOR)
    sit_down("ben", Role.OBSERVER)
    before = everybody(world)
    sent = ada.opens(page).form(button)
    sent = Form(sent.sheet, sent.action, {**sent.fields, **(passkey(ada) if fields is None else fields)})

    asked = sent.sent()
    guessed = Sheet(ada, sent.action, asked.text).presses("It is me, go on", password="a guess of many")

    assert (asked.status_code, guessed.status_code) == (403, 403)
    assert "Is it you?" in asked.text
    assert "That is not your password" in guessed.text
    assert everybody(world) == before
    done = Sheet(ada, sent.action, guessed.text).presses("It is me, go on", password=PASSWORD)
    assert done.status_code in (200, 303)
    assert everybody(world) != before


def test_the_password_is_guessed_no_oftener_there_than_at_the_door(desk: Desk) -> None:
    """B9: five wrong ones, then the right one counts for nothing either for a while."""
    form = desk.opens(ACCOUNT).form("New password")
    asked = [form.sent(password=guess).status_code for guess in [*["a guess of many"] * 5, PASSWORD]]

    assert asked == [403] * 6
    assert is_in(desk) is True


def test_a_new_password_is_good_and_ends_what_was_begun_with_the_old_one(world: World, sit_down: SitDown) -> None:
    """Whoever suspects that somebody knows it does so on the telephone that they hold, and stays signed in there."""
    thief = sit_down()
    maria = thief.elsewhere("198.51.100.7")
    maria.signs_in(code=maria.code_after(30))

    page = maria.opens(ACCOUNT).presses("New password", password=PASSWORD)

    assert (is_in(thief), is_in(maria)) == (False, True)
    [password] = [line.partition("</code>")[0] for line in page.text.split("<code>")[1:]]
    later = replace(maria.elsewhere("198.51.100.8"))
    assert later.signs_in(code=maria.issued.recovery_codes[0]).status_code == 403
    assert later.signs_in(password=password, code=maria.issued.recovery_codes[0]).status_code == 303
    assert "user_password_changed" in kinds(world)


def test_a_new_authenticator_takes_the_place_of_the_one_before(world: World, desk: Desk) -> None:
    page = desk.opens(ACCOUNT).presses("New authenticator and recovery codes", password=PASSWORD)

    fresh = handed(f"<code></code>{page.text}")[1]
    assert f'<a href="{escape(fresh.authenticator)}">' in page.text, "tapped on the telephone itself"
    assert in_svg(fresh.authenticator) in page.text, "for the camera of another"
    later = desk.elsewhere("198.51.100.7")
    tried = [later.signs_in(code=code).status_code for code in (desk.code_after(30), desk.issued.recovery_codes[0])]
    assert tried == [403, 403]
    assert replace(later, issued=fresh).signs_in().status_code == 303
    assert "user_authenticator_changed" in kinds(world)


@pytest.mark.parametrize(
    ("answered", "page"), [("account/password", ACCOUNT), ("passkeys", ACCOUNT), ("users/add", USERS)]
)
def test_an_answer_is_left_for_another_language_by_its_page(
    world: World, sit_down: SitDown, answered: str, page: str
) -> None:
    """The links at the foot of an answer to a form ask for its path, where nothing else is."""
    ada = sit_down("ada", Role.ADMINISTRATOR)

    led = ada.browser.get(f"/desk/{answered}?lang=de", follow_redirects=False)

    assert led.headers["Location"] == f"{page}?lang=de"
    assert 'lang="de"' in ada.opens(led.headers["Location"]).html


def test_a_password_is_in_nothing_that_is_kept_through_the_door(world: World, desk: Desk) -> None:
    """The session ends while it is typed: what comes back is the act, which asks for it anew."""
    form = desk.opens(ACCOUNT).form("New password")
    world.runtime.transact(lambda tx: tx.session.execute(update(user_sessions).values(ends_at=NOW)))
    door = Sheet(desk, form.action, form.sent(password=PASSWORD).text)

    fields = {**door.form("Sign in").fields, "name": "maria", "password": PASSWORD, "code": desk.code_after(30)}
    kept = Sheet(desk, form.action, desk.posts("/desk/sign-in", fields).text)

    assert PASSWORD not in kept.html
    assert "Is it you?" in kept.presses("Send it now").text
