"""Users and their sessions on both databases, and the look at what is open that the board makes."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from alertnet.core.incident import Facts, Incident, IncidentStatus, Severity
from alertnet.store.db.tx import Tx
from alertnet.store.records import documents, escalations, incidents, timeline
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import SESSION_LASTS, Role, User
from alertnet.store.tables import user_sessions
from alertnet.store.views import timeline_view
from tests.store.conftest import NOW

MARIA = User("1" * 32, "maria", Role.COORDINATOR, "a hash", b"key", 7, (b"one", b"two"), NOW)


def test_a_user_is_read_as_it_was_written(tx: Tx) -> None:
    users.add(tx, MARIA)
    renewed = replace(MARIA, totp_step=8, recovery=(b"two",))

    users.save(tx, renewed)

    assert users.hold(tx, "maria") == renewed
    assert users.list_all(tx) == [renewed]
    assert users.named(tx, "ben") is None


def test_a_session_is_in_force_until_it_ends(tx: Tx) -> None:
    users.add(tx, MARIA)
    first, second = users.begin_session(tx, MARIA), users.begin_session(tx, MARIA)
    found = users.signed_in(tx, first)
    assert found is not None
    assert (found.user, found.role, found.ends_at) == ("maria", Role.COORDINATOR, NOW + SESSION_LASTS)
    assert users.is_still_signed_in(tx, found)

    assert users.end_sessions_of(tx, "maria", besides=found.id) == 1

    assert users.signed_in(tx, second) is None
    assert users.signed_in(tx, first) == found
    assert users.signed_in(replace(tx, now=NOW + SESSION_LASTS), first) is None
    assert not users.is_still_signed_in(tx, replace(found, role=Role.ADMINISTRATOR))


@pytest.mark.parametrize(
    "written", [{"user_id": "2" * 32}, {"ends_at": NOW + 2 * SESSION_LASTS}], ids=["to another user", "prolonged"]
)
def test_a_session_that_was_changed_without_the_secret_lets_nobody_in(tx: Tx, written: dict[str, Any]) -> None:
    """An observer who can also write to the database makes no administrator of their own session."""
    users.add(tx, MARIA)
    users.add(tx, replace(MARIA, id="2" * 32, name="ada", role=Role.ADMINISTRATOR))
    token, other = users.begin_session(tx, MARIA), users.begin_session(tx, MARIA)
    its_row = user_sessions.c.token_hash == bytes.fromhex(users.session_of(tx.vault, token))

    tx.session.execute(update(user_sessions).where(its_row).values(written))

    assert users.signed_in(tx, token) is None
    assert users.signed_in(tx, other) is not None


def test_what_is_open_is_found_with_how_far_it_has_come(tx: Tx) -> None:
    """And only that: a closed incident is not on the board."""
    templates = documents.keep(tx, "templates", "none")
    for id, ref, status in (("a" * 32, "A-2222", IncidentStatus.OPEN), ("b" * 32, "B-2222", IncidentStatus.CLOSED)):
        facts = Facts("arrest", Severity.CRITICAL, "CO")
        incidents.add(tx, Incident(id, ref, status, facts, {}, templates, NOW), [])
        timeline.append(tx, id, ("incident_opened", {}), ("sms_received", {}))

    assert timeline_view.heads_of_open(tx.session) == {"a" * 32: 2}
    assert [each.ref for each in incidents.get_each(tx.session, ["a" * 32])] == ["A-2222"]
    assert escalations.look_at_each(tx.session, ["a" * 32])["a" * 32].sound == []
