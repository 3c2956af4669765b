"""No two flows wait for one another: who waits holds nothing that the other needs (A11).

Else PostgreSQL undoes one of them after a second, during which others wait for both.
"""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread

import pytest
from sqlalchemy import bindparam, select, text, update

from alertnet.channels.base import Accepted
from alertnet.core.errors import WrongState
from alertnet.core.incident import CloseReason
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.merge import merge
from alertnet.flows.sending.record_outcome import SendOutcome, record, track_sms
from alertnet.flows.system.purge import PurgeDecision, begin_purge, erase_part
from alertnet.flows.system.subject import erase_subject, subject_of
from alertnet.flows.unit.idempotent_request import AcceptedRequest, Show, accept
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.voice.incoming_call import receive_call
from alertnet.flows.voice.live_call import Keyed
from alertnet.flows.voice.outgoing_call import key_in
from alertnet.store.db.tx import Tx
from alertnet.store.records.idempotency import ApiAnswer, Once
from alertnet.store.records.inbound import InboundCall, await_others
from alertnet.store.records.incidents import lock
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import attempts, codes, inbound, incidents, journeys, notifications
from tests.flows.switchboard import CAST, Switchboard, begin_to_wait, claims, raised, while_desk

IF_FREE = select(incidents.c.id).where(incidents.c.id == bindparam("id")).with_for_update(skip_locked=True)
CALL_IF_FREE = select(attempts.c.id).where(attempts.c.id == bindparam("id")).with_for_update(skip_locked=True)
JOURNEY_IF_FREE = select(journeys.c.id).where(journeys.c.id == bindparam("id")).with_for_update(skip_locked=True)
HISTORY_IS_FREE = text("SELECT pg_try_advisory_xact_lock(hashtext('alertnet timeline'))")
"""Whether nobody else holds the end of the system's chain."""

pytestmark = pytest.mark.postgres


@pytest.fixture
def board(postgres: str) -> Iterator[Switchboard]:
    """Ana has raised an alarm."""
    with raised(postgres) as board:
        yield board


def test_a_battery_that_runs_low_as_the_incident_is_closed_is_told_of_the_phone(board: Switchboard) -> None:
    """A11: who waits for the incident holds nothing that the close needs, or the two would wait for one another."""
    incident, ana = board.newest(), Thread(target=board.answers_text, args=("ana", "LOW 47110"))

    def close(tx: Tx) -> None:
        locked = take_up(tx, incident)
        begin_to_wait(tx, ana)
        assert tx.session.scalar(HISTORY_IS_FREE)
        close_incident(locked, CloseReason.RESOLVED, by="the desk")
        locked.finish()

    board.runtime.transact(close)
    ana.join()

    assert [each["by"] for each in board.history(SYSTEM, "low_battery_received")] == ["north/ana"]
    assert board.history(incident, "battery_low") == []
    assert ("low_battery", "coordinator") in board.notices()


def fails_to_arrive(board: Switchboard, part: str) -> Callable[[], object]:
    """The provider says so of an alert of that report, which has left."""
    sent = next(each for each in claims(board) if each.incident_id == part)
    board.runtime.transact(record, SendOutcome(sent.id, sent.lease, Accepted("SM7")))
    return partial(board.runtime.transact, track_sms, sent.id, "SM7", "undelivered", "30003")


def is_acted_on(board: Switchboard, part: str) -> Callable[[], object]:
    return partial(board.acts, part, lambda _: None)


@pytest.mark.parametrize("about", [fails_to_arrive, is_acted_on])
def test_what_waits_for_the_whole_of_a_report_does_not_hold_the_report(
    board: Switchboard, about: Callable[[Switchboard, str], Callable[[], object]]
) -> None:
    """A11: else it and a coordinator who splits it off wait for one another, until the database undoes one of them."""
    whole, part = board.newest(), board.opens(type="threat")
    somebody = Thread(target=about(board, part))
    board.runtime.transact(lambda tx: merge(tx, part, whole, by="the desk").finish())

    def hold(tx: Tx) -> None:
        take_up(tx, whole)
        begin_to_wait(tx, somebody)
        assert tx.session.scalars(IF_FREE, {"id": part}).all() == [part]

    board.runtime.transact(hold)
    somebody.join()


def test_who_keys_a_further_answer_holds_no_call_while_waiting_for_what_it_is_about(
    board: Switchboard,
) -> None:
    """A11: the end of that call may be reported at the same moment, and holds what the answer is about."""
    about, other = board.newest(), board.opens(type="threat")
    board.passes(minutes=11)
    [call] = board.rows(notifications, contact="coordinator", method="call", kind="alert", incident_id=other)
    [attempt] = board.rows(attempts, notification_id=call.id)
    [code] = board.rows(codes, incident_id=about, contact="coordinator", alarm_id=None)
    has_let_in = update(attempts).where(attempts.c.id == attempt.id).values(status="delivered")
    board.runtime.transact(lambda tx: tx.session.execute(has_let_in))
    coordinator = Thread(target=board.runtime.transact, args=(key_in, attempt.id, Keyed("1", about=code.id)))

    def hold(tx: Tx) -> None:
        take_up(tx, about)
        begin_to_wait(tx, coordinator)
        assert tx.session.scalars(CALL_IF_FREE, {"id": attempt.id}).all() == [attempt.id]

    board.runtime.transact(hold)
    coordinator.join()

    assert ("coordinator", "acknowledged") in board.answers()


def test_who_calls_as_their_text_is_heard_holds_no_journey_while_waiting(board: Switchboard) -> None:
    """A11: a check-in by text, and who finds that one is missed, wait for the phone, then hold the journey."""
    board.texts("ana", "DEPART 47110 L12 23:00")
    [journey] = [row.id for row in board.rows(journeys)]
    call, edition = InboundCall("CA1", CAST["ana"]), board.runtime.edition
    ana = Thread(target=board.runtime.transact, args=(receive_call, edition, call))

    def hold(tx: Tx) -> None:
        await_others(tx, CAST["ana"])
        begin_to_wait(tx, ana)
        assert tx.session.scalars(JOURNEY_IF_FREE, {"id": journey}).all() == [journey]

    board.runtime.transact(hold)
    ana.join()

    assert [row.provider_id for row in board.rows(inbound, kind="call")] == ["CA1"]


def test_a_purge_that_waits_for_a_part_does_not_hold_the_whole(board: Switchboard) -> None:
    """A11: whoever comes with what was given for the part holds that first, and waits for the whole."""
    part, whole = sorted([board.newest(), board.opens(type="threat")])
    board.runtime.transact(lambda tx: merge(tx, part, whole, by="the desk").finish())
    board.closes(whole)
    settled = update(attempts).values(due_at=None, status="failed")
    board.runtime.transact(lambda tx: tx.session.execute(settled))
    asked_for = PurgeDecision("Ines", "she asked for it")
    purge = Thread(target=board.runtime.transact, args=(begin_purge, whole, asked_for))

    def hold(tx: Tx) -> None:
        lock(tx.session, [part])
        begin_to_wait(tx, purge)
        assert tx.session.scalars(IF_FREE, {"id": whole}).all() == [whole]

    board.runtime.transact(hold)
    purge.join()

    assert None not in [row.purged_at for row in board.rows(incidents)]


def test_who_erases_a_person_holds_nothing_while_an_incident_is_erased(board: Switchboard) -> None:
    """A11: else each of the two may come to hold what the other is about to erase."""
    other, purged = board.newest(), board.opens(type="threat")
    network, asked_for = board.runtime.edition.network, PurgeDecision("Ines", "she asked for it")
    for each in (other, purged):
        board.closes(each)
    settled = update(attempts).values(due_at=None, status="failed")
    board.runtime.transact(lambda tx: tx.session.execute(settled))
    board.runtime.transact(begin_purge, purged, asked_for)
    whose = subject_of(network, "colombia/coordinator")
    person = Thread(target=board.runtime.transact, args=(erase_subject, network, whose, asked_for))
    of_other = {row.id for row in board.rows(attempts, incident_id=other)}

    def hold(tx: Tx) -> None:
        erase_part(tx, purged)
        begin_to_wait(tx, person)
        assert {id for each in of_other for id in tx.session.scalars(CALL_IF_FREE, {"id": each})} == of_other

    board.runtime.transact(hold)
    person.join()

    assert board.history(SYSTEM, "subject_erased")


def test_the_same_request_that_waits_for_the_first_hears_that_it_is_in_flight(board: Switchboard) -> None:
    """A1: whoever asks again then has the answer to the first; that it is closed already would say it had failed."""
    incident, once, heard = board.newest(), Once(b"the key", b"the body"), list[WrongState]()

    def asks(tx: Tx) -> AcceptedRequest:
        def act(tx: Tx) -> tuple[LockedIncident, Show]:
            locked = take_up(tx, incident)
            close_incident(locked, CloseReason.RESOLVED, by="a key")
            return locked, lambda _: ApiAnswer(200, "closed")

        return accept(tx, act, once)

    def asks_again() -> None:
        try:
            board.runtime.transact(asks)
        except WrongState as refused:
            heard.append(refused)

    while_desk(board, asks, somebody=Thread(target=asks_again))
    answered = board.runtime.transact(asks)

    assert [each.current for each in heard] == ["in flight"]
    assert (answered.answer, answered.is_again) == (ApiAnswer(200, "closed"), True)
