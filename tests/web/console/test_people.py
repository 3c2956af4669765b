"""People and numbers at the console: who is there now, what is amiss, which number works; and a test of them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import attempts, notifications, number_tests
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import BOB, NOW, TREE, World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The valley, whose program can send mail too."""
    with world_in(tmp_path, ALERTNET_SMTP_URL="smtp://127.0.0.1:2525?from=alert@valley.example") as world:
        yield world


def end(world: World, contact: str, **values: object) -> None:
    """What was queued for a contact has come to that end."""
    ids = [world.attempt(contact, method) for method in ("sms", "call")]

    def write(tx: Tx) -> None:
        tx.session.execute(update(attempts).where(attempts.c.id.in_(ids)).values(due_at=None, **values))

    world.runtime.transact(write)


def _two_days_pass(tx: Tx) -> None:
    tx.session.execute(update(number_tests).values(asked_at=NOW - timedelta(days=2)))


def test_everybody_stands_with_whether_they_are_there_and_what_was_never_tried(desk: Desk) -> None:
    text = desk.opens("/desk/people").text

    assert "To see to Valley valley/alice has no PIN, and so can read nothing never shown to work" in text
    assert "Friends bob · ngo · English there now 02:14 on their clocks · told by SMS, call, mail" in text


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("opted_out", "can&#39;t be reached by any number refuses our messages"),
        ("invalid", "can&#39;t be reached by any number a wrong number"),
        ("undelivered", "can&#39;t be reached by any number the last message did not arrive"),
    ],
)
def test_who_can_not_be_reached_stands_first(world: World, desk: Desk, failure: str, words: str) -> None:
    """Carol has one telephone, and the last message to it came back."""
    world.raises()
    end(world, "carol", status="failed", failure=failure)

    page = desk.opens("/desk/people")

    assert f"Amis valley/carol {words}".replace("&#39;", "'") in page.text
    assert page.text.index("Amis valley/carol") < page.text.index("Valley valley/alice")
    assert '<a class="small" href="/desk/trees/valley#contact-carol">valley/carol</a>' in page.html


def test_somebody_who_did_not_pick_up_has_the_right_number(world: World, desk: Desk) -> None:
    world.raises()
    end(world, "carol", status="failed", failure="no_answer")

    text = desk.opens("/desk/people").text

    assert "last message 24 Nov 02:14: no answer" in text
    assert "Amis valley/carol can't be reached" not in text


def test_a_test_is_sent_by_a_person_once_and_its_answer_is_seen(world: World, desk: Desk) -> None:
    """B7: no outsider is sent one unasked."""
    page = desk.opens("/desk/people")
    form = page.form("Send a test valley/alice")
    done, again = form.sent(), form.sent()

    assert (done.headers["Location"], again.status_code) == ("/desk/people?done=1", 409)
    [test] = world.rows(number_tests)
    assert (test.contact, [row.kind for row in world.rows(notifications)]) == ("alice", ["test"])
    assert "Send a test valley/bob" not in page.text
    assert "last test 24 Nov 02:14" in desk.opens("/desk/people").text


def test_a_test_can_be_sent_to_whoever_lacks_nothing(tmp_path: Path) -> None:
    """A number that worked last month may have changed since."""
    tried = TREE.replace("  desk: {", "  desk: {drills: true, verified: 2026-11-20, ")
    with world_in(tmp_path, tree=tried, ALERTNET_SMTP_URL="smtp://127.0.0.1:2525?from=alert@valley.example") as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()
        page = desk.opens("/desk/people")

        to_see_to, _, everybody = page.text.partition("Valley network")
        assert ("valley/desk" in to_see_to, "Send a test valley/desk" in everybody) == (False, True)
        assert page.presses("Send a test valley/desk").headers["Location"] == "/desk/people?done=1"


def test_a_test_that_nobody_answered_is_said(world: World, desk: Desk) -> None:
    desk.opens("/desk/people").presses("Send a test valley/alice")
    world.runtime.transact(_two_days_pass)

    assert "did not answer the test" in desk.opens("/desk/people").text


def test_all_who_are_due_are_named_before_they_are_sent_a_test(world: World, desk: Desk) -> None:
    page = desk.opens("/desk/people")
    assert "asks for its answer: Valley, Desk ." in page.text

    page.presses("Send them now")

    assert {row.contact for row in world.rows(number_tests)} == {"alice", "desk"}


def test_no_number_stands_on_the_page_and_an_observer_sends_nothing(
    world: World, desk: Desk, sit_down: SitDown
) -> None:
    """A9."""
    observer = sit_down("olga", Role.OBSERVER)
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]

    page = observer.opens("/desk/people")
    refused = observer.posts("/desk/people/tests", {"proof": proof, "seen": "1"})

    assert BOB not in page.html + desk.opens("/desk/people").html
    assert "Friends" in page.text
    assert refused.status_code == 403
    assert world.rows(number_tests) == []


@pytest.mark.parametrize("who", ["valley/bob", "valley/nobody", "nowhere/alice"])
def test_who_may_be_sent_no_test_is_refused_by_name(world: World, desk: Desk, who: str) -> None:
    form = desk.opens("/desk/people").form("Send them now")

    refused = desk.posts(f"/desk/people/tests/{who}", form.fields)

    assert (refused.status_code, "CONTACT" in refused.text) == (422, True)
    assert world.rows(number_tests) == []
