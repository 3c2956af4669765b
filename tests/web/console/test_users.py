"""The users of the console, as an administrator sees to them: every act on the record with its person."""

import re
from dataclasses import replace

import pytest
from httpx2 import Response

from alertnet.core.limits import ACTS
from alertnet.flows.credentials.users import Issued
from alertnet.store.records import timeline
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, User
from alertnet.store.views import timeline_view
from tests.web.console.conftest import SitDown
from tests.web.console.desk import PASSWORD, Desk, Sheet, browser_at
from tests.web.world import World

ELSEWHERE = "198.51.100.7"


@pytest.fixture
def admin(sit_down: SitDown) -> Desk:
    """Ada, who administers, signed in."""
    return sit_down("ada", Role.ADMINISTRATOR)


def recorded(world: World, kind: str) -> list[dict[str, object]]:
    entries, _ = world.runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 1000))
    return [each["payload"] or {} for each in entries if each["kind"] == kind]


def user(world: World, name: str) -> User | None:
    return world.runtime.read(users.named, name)


def is_in(desk: Desk) -> bool:
    return desk.browser.get("/desk/account", follow_redirects=False).status_code == 200


def handed(html: str) -> tuple[str, Issued]:
    """The password, and the rest of what a page hands over."""
    said = [value.replace("&amp;", "&") for value in re.findall(r"<code>(.*?)</code>", html)]
    return said[0], Issued(said[1], tuple(said[2:]))


def acts(admin: Desk, button: str, **fields: str) -> Response:
    """Press it, with the password that it asks for."""
    return admin.opens("/desk/users").presses(button, password=PASSWORD, **fields)


def test_who_is_added_signs_in_with_what_the_page_hands_over(world: World, admin: Desk) -> None:
    done = acts(admin, "Add", name="Ben", role="coordinator")

    password, issued = handed(done.text)
    ben = Desk(world, "ben", issued, browser_at(world, ELSEWHERE))
    assert ben.signs_in(password=password).status_code == 303
    assert "You are signed in as coordinator" in ben.opens("/desk/account").text
    assert recorded(world, "user_added")[-1] == {"user": "ben", "role": "coordinator", "by": "user ada"}
    assert password not in admin.opens("/desk/users").html


def test_the_form_that_added_somebody_adds_once(world: World, admin: Desk) -> None:
    form = admin.opens("/desk/users").form("Add")

    first, again = (form.sent(name="ben", role="observer", password=PASSWORD) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 409)
    assert "was recorded before" in again.text
    assert len(recorded(world, "user_added")) == 2


def test_a_role_holds_from_the_next_page_on(world: World, admin: Desk, sit_down: SitDown) -> None:
    ben = sit_down("ben", Role.OBSERVER)

    acts(admin, "Give this role ben", role="coordinator")

    assert "You are signed in as coordinator" in ben.opens("/desk/account").text
    changed = {"user": "ben", "role": "coordinator", "before": "observer", "by": "user ada"}
    assert recorded(world, "user_role_changed") == [changed]


def test_sessions_are_ended_and_the_user_may_come_back(world: World, admin: Desk, sit_down: SitDown) -> None:
    ben = sit_down("ben")
    assert "sessions: 1" in admin.opens("/desk/users").text

    admin.opens("/desk/users").presses("Sign out everywhere ben")

    assert is_in(ben) is False
    assert recorded(world, "user_signed_out") == [{"user": "ben", "sessions": 1, "by": "user ada"}]
    assert ben.signs_in(code=ben.code_after(30)).status_code == 303


def test_new_recovery_codes_replace_those_before_and_nothing_else(world: World, admin: Desk, sit_down: SitDown) -> None:
    ben = sit_down("ben")

    done = acts(admin, "New recovery codes ben")

    fresh = re.findall(r"<code>(.*?)</code>", done.text)
    assert len(fresh) == 8
    assert is_in(ben) is True
    elsewhere = ben.elsewhere(ELSEWHERE)
    tried = [elsewhere.signs_in(code=code).status_code for code in (ben.issued.recovery_codes[0], fresh[0])]
    assert tried == [403, 303]
    assert recorded(world, "user_recovery_renewed") == [{"user": "ben", "by": "user ada"}]


def test_who_lost_the_telephone_gets_all_of_it_anew(world: World, admin: Desk, sit_down: SitDown) -> None:
    ben = sit_down("ben")

    password, issued = handed(acts(admin, "New password and authenticator ben").text)

    assert is_in(ben) is False
    assert ben.signs_in(code=ben.code_after(30)).status_code == 403
    assert replace(ben, issued=issued).signs_in(password=password).status_code == 303
    assert recorded(world, "user_renewed")[-1]["by"] == "user ada"


def test_who_is_removed_is_out_at_once_and_stays_named(world: World, admin: Desk, sit_down: SitDown) -> None:
    ben = sit_down("ben")

    acts(admin, "Remove ben")

    assert is_in(ben) is False
    page = admin.opens("/desk/users").text
    assert "No longer ben · coordinator · until" in page
    assert recorded(world, "user_ended") == [{"user": "ben", "by": "user ada"}]


@pytest.mark.parametrize(("act", "more"), [("role", {"role": "observer"}), ("end", {})])
def test_nobody_takes_their_own_place_away(world: World, admin: Desk, act: str, more: dict[str, str]) -> None:
    """Else a console might be left without an administrator."""
    fields = {**admin.opens("/desk/users").form("Add").fields, "name": "ada", **more}

    refused = admin.posts(f"/desk/users/{act}", fields)

    assert refused.status_code == 403
    assert "nother administrator does this" in refused.text
    assert is_in(admin) is True


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.COORDINATOR])
def test_the_users_are_for_administrators(world: World, admin: Desk, sit_down: SitDown, role: Role) -> None:
    other = sit_down("olga", role)
    assert other.browser.get("/desk/users").status_code == 403
    proof = other.opens("/desk/account").form("Sign out").fields["proof"]
    form = admin.opens("/desk/users").form("Add")

    fields = {**form.fields, "proof": proof, "name": "ben", "role": "administrator", "password": PASSWORD}
    assert other.posts(form.action, fields).status_code == 403
    assert user(world, "ben") is None
    assert form.sent(name="ben", role="observer", password=PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"name": "Ben Example", "role": "observer"}, 422, "small letters"),
        ({"name": "ben", "role": "boss"}, 422, "observer, coordinator, administrator"),
        ({"name": "ada", "role": "observer"}, 409, "a name is given once"),
    ],
)
def test_what_cannot_be_is_said(world: World, admin: Desk, fields: dict[str, str], status: int, named: str) -> None:
    refused = Sheet(admin, "", (answer := acts(admin, "Add", **fields)).text)

    assert answer.status_code == status
    assert named in refused.text
    assert user(world, "ben") is None


def test_one_session_acts_so_often_and_no_more(world: World, admin: Desk) -> None:
    """B9: a robot on a stolen session rings nobody's telephone a thousand times."""
    form = admin.opens("/desk/users").form("Sign out everywhere ada")
    tried = [form.sent(seen=str(count), name="nobody") for count in range(ACTS.most + 1)]

    assert [each.status_code for each in tried] == [404] * ACTS.most + [429]
    assert "try again" in tried[-1].text
    assert tried[-1].headers["Retry-After"] == "10"
