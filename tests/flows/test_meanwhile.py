"""What is said at the very moment at which a coordinator closes, merges or splits the incident counts (A12)."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread, current_thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, update

from alertnet.channels.base import Accepted, Unsure
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES_BY_NUMBER, CloseReason
from alertnet.core.notification import Kind
from alertnet.flows.credentials.pins import PinCheck, set_pins, try_pin
from alertnet.flows.credentials.users import add_user, end_user
from alertnet.flows.incidents.close_incident import close_incident, reopen_incident
from alertnet.flows.incidents.merge import merge, split
from alertnet.flows.journeys.missed import miss_check_in
from alertnet.flows.pages import contact_page
from alertnet.flows.pages.linked_page import Sent
from alertnet.flows.sending.record_outcome import SendOutcome, record
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.system.purge import PurgeDecision, begin_purge
from alertnet.flows.system.restored_backup import hold_back, tell_everybody
from alertnet.flows.unit.locked_incident import take_up
from alertnet.flows.voice.incoming_call import KeyedIn, hear_unkeyed_call, key_written_code
from alertnet.flows.voice.live_call import Keyed
from alertnet.flows.voice.outgoing_call import key_in
from alertnet.flows.voice.recording import LOST, RECORDED, keep_recording, miss_recording, note_recording
from alertnet.flows.voice.report_by_call import key_pin, key_type
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring.last_activity import MADE_KNOWN, RESTORED
from alertnet.store.records import inbound
from alertnet.store.records.credentials import api_keys, page_links, users
from alertnet.store.records.credentials.users import Role
from alertnet.store.records.inbound import InboundCall
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import acknowledgements, attempts, codes, incidents, journeys, links, notifications
from alertnet.web.app import make_app
from tests.flows.switchboard import CAST, PATIENCE, Switchboard, claims, raised, while_desk

pytestmark = pytest.mark.postgres


@pytest.fixture
def board(postgres: str) -> Iterator[Switchboard]:
    """Ana has a PIN, has raised an alarm, and the ombuds office knows of it. On SQLite one transaction is at work."""
    with raised(postgres) as board:
        board.tells(board.newest(), "ombuds")
        board.passes(minutes=11)
        yield board


def closes(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    close_incident(locked, CloseReason.RESOLVED, by="the desk")
    locked.finish()


def reopens(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    reopen_incident(locked, by="the desk")
    locked.finish()


def merges(tx: Tx, incident: str, into: str) -> None:
    merge(tx, incident, into, by="the desk").finish()


def splits(tx: Tx, whole: str, ref: str) -> None:
    split(tx, whole, [ref], by="the desk").finish()


def closes_while(board: Switchboard, somebody: Thread) -> str:
    incident = board.newest()
    while_desk(board, closes, incident, somebody=somebody)
    return incident


@pytest.mark.parametrize("words", ["they are at the door", "FALSE 47110 they make me write this"])
def test_what_the_field_writes_as_its_incident_is_closed_rings(board: Switchboard, words: str) -> None:
    closed = closes_while(board, Thread(target=board.answers_text, args=("ana", words)))

    assert board.alarms() == [("not_understood", "north")]
    assert board.newest() != closed
    assert [reply and reply.kind for reply in board.replies[-1:]] == [Kind.NOT_UNDERSTOOD]


def test_duress_that_is_told_as_the_incident_is_closed_is_heard(board: Switchboard) -> None:
    """B4: and the phone sees what it sees after the true PIN."""
    closes_while(board, Thread(target=board.answers_text, args=("ana", "FALSE 47990")))

    [hidden] = [each for each in (board.incident(row.id) for row in board.rows(incidents)) if each.facts.duress]
    assert (hidden.facts.hidden_from_phone, hidden.closed_at) == (True, None)
    assert [reply and reply.kind for reply in board.replies[-1:]] == [Kind.NOT_UNDERSTOOD]


def test_what_a_contact_writes_as_the_incident_is_closed_is_told_as_a_notice(board: Switchboard) -> None:
    """And its reply names no code, since nothing waits for one."""
    code = board.code_of("ombuds")

    closed = closes_while(board, Thread(target=board.answers_text, args=("ombuds", "they are at the door")))

    assert ("not_understood", "coordinator") in board.notices()
    assert [each["text"] for each in board.history(closed, "sms_received")] == ["they are at the door"]
    assert code not in repr(board.replies[-1])


def test_what_a_contact_writes_as_its_incident_is_purged_rings(board: Switchboard) -> None:
    """A12: its code answers nothing any more, and its words are for people."""
    incident, code = board.newest(), board.code_of("ombuds")
    board.closes(incident)
    board.runtime.transact(lambda tx: tx.session.execute(update(attempts).values(due_at=None, status="failed")))
    ombuds = Thread(target=board.answers_text, args=("ombuds", f"OK {code} they are at the door"))

    while_desk(board, lambda tx: begin_purge(tx, incident, PurgeDecision("Ines", "she asked for it")), somebody=ombuds)

    assert board.alarms() == [("not_understood", "ombuds")]


def test_what_a_contact_writes_as_its_incident_is_merged_rings(board: Switchboard) -> None:
    part, whole = board.newest(), board.opens(type="threat")
    ombuds = Thread(target=board.answers_text, args=("ombuds", "they are at the door"))

    while_desk(board, merges, part, whole, somebody=ombuds)

    assert board.alarms() == [("not_understood", "ombuds")]
    assert [each["text"] for each in board.history(whole, "sms_received")] == ["they are at the door"]


@pytest.mark.parametrize("who", ["ana", "ombuds"])
def test_a_call_that_comes_as_the_incident_is_closed_rings(board: Switchboard, who: str) -> None:
    call, edition = InboundCall("CA1", CAST[who]), board.runtime.edition

    calls = Thread(target=board.runtime.transact, args=(hear_unkeyed_call, edition, call))
    board.runtime.transact(lambda tx: inbound.receive_call(tx, call, known=True))
    closes_while(board, calls)

    assert {(row.kind, row.contact) for row in board.rows(notifications, incident_id=None)} >= {
        ("alarm", "coordinator")
    }


def test_a_call_without_keys_that_two_workers_find_is_told_once(board: Switchboard) -> None:
    """Else the coordinators hear of a second call, which nobody has made."""
    call = InboundCall("CA1", CAST["ombuds"])
    board.runtime.transact(lambda tx: inbound.receive_call(tx, call, known=True))
    board.closes(board.newest())
    hears = partial(hear_unkeyed_call, edition=board.runtime.edition, call=call)

    while_desk(board, hears, somebody=Thread(target=board.runtime.transact, args=(hears,)))

    told = board.rows(notifications, incident_id=None, contact="coordinator", method="sms")
    assert [(row.kind, row.said["subject"]) for row in told] == [("alarm", "inbound_call")]


def test_what_the_field_raises_as_it_is_missed_is_one_incident(board: Switchboard) -> None:
    """B4: else others hear of the same people twice, and whoever reads the one knows nothing of the other."""
    board.texts("ana", "DEPART 47110 L12 23:00")
    [journey] = board.rows(journeys)
    board.clock.at = journey.expected_at + board.runtime.edition.network.teams["north"].terms.incident_after
    misses = partial(miss_check_in, edition=board.runtime.edition, id=journey.id)
    ana = Thread(target=board.answers_text, args=("ana", "ALERT 47110 20"))

    while_desk(board, misses, somebody=ana)

    opened = [board.incident(row.id) for row in board.rows(incidents) if row.opened_at == board.clock.at]
    assert [(each.id, each.facts.type, each.facts.verified) for each in opened] == [
        (board.rows(journeys)[0].incident_id, "arrest", True)
    ]


def misses_for_good(board: Switchboard) -> Callable[[Tx], None]:
    board.clock.forward(hours=48)
    return lambda tx: miss_recording(tx, "RE1")


@pytest.mark.parametrize(
    ("does", "kind"),
    [(lambda _: lambda tx: keep_recording(tx, "RE1", b"sound"), RECORDED), (misses_for_good, LOST)],
    ids=["fetched", "lost"],
)
def test_a_recording_that_two_workers_fetch_is_told_of_once(
    board: Switchboard, does: Callable[[Switchboard], Callable[[Tx], None]], kind: str
) -> None:
    """All workers are woken by it at the same moment."""
    call, incident = InboundCall("CA1", CAST["ana"]), board.newest()
    ref = board.incident(incident).ref
    board.runtime.transact(lambda tx: inbound.receive_call(tx, call, known=True))
    board.runtime.transact(inbound.record_outcome, call, ref)
    board.runtime.transact(note_recording, call, "RE1", FIRST, 12)
    act = does(board)

    while_desk(board, act, somebody=Thread(target=board.runtime.transact, args=(act,)))

    assert [each["recording"] for each in board.history(incident, kind)] == ["RE1"]


@pytest.mark.parametrize("words", ["FALSE 47990", "NEWS 47990"])
def test_duress_that_is_told_as_its_report_is_split_off_is_of_that_report(board: Switchboard, words: str) -> None:
    """B4: else the phone is written to, and people are told that others are under duress."""
    part = board.newest()
    whole = board.opens(type="threat")
    board.runtime.transact(merges, part, whole)

    ana = Thread(target=board.answers_text, args=("ana", words))
    while_desk(board, splits, whole, board.incident(part).ref, somebody=ana)

    assert [board.incident(id).facts.duress for id in (part, whole)] == [True, False]


def presses(board: Switchboard, part: str) -> None:
    """The coordinator presses on the page of that report's alert."""
    [link] = {
        row.token for row in board.rows(links, incident_id=part, contact="coordinator", method="sms", alarm_id=None)
    }

    def press(tx: Tx) -> None:
        found = page_links.find(tx, link)
        assert found is not None
        contact_page.press(tx, found, Sent(answer="acknowledge"))

    board.runtime.transact(press)


def keys(board: Switchboard, part: str) -> None:
    """The coordinator calls us, and keys the code of that report."""
    [code] = [row.code for row in board.rows(codes, incident_id=part, contact="coordinator", alarm_id=None)]
    call, keyed = InboundCall("CA1", CAST["coordinator"]), KeyedIn(code, try_number=1)
    board.runtime.transact(key_written_code, board.runtime.edition, call, keyed)


def keys_further(board: Switchboard, part: str) -> None:
    """The coordinator, whom we call for another report, answers for that one too."""
    [call] = board.rows(notifications, contact="coordinator", method="call", kind="alert", incident_id=board.newest())
    [code] = board.rows(codes, incident_id=part, contact="coordinator", alarm_id=None)
    [attempt] = board.rows(attempts, notification_id=call.id)
    has_let_in = update(attempts).where(attempts.c.id == attempt.id).values(status="delivered")
    board.runtime.transact(lambda tx: tx.session.execute(has_let_in))
    board.runtime.transact(key_in, attempt.id, Keyed("1", about=code.id))


def asks(board: Switchboard, part: str) -> None:
    """A program records by API what it heard from the coordinator of that report."""
    _, key = board.runtime.transact(api_keys.create, None, ["administer"])
    client = TestClient(make_app(board.runtime), headers={"Authorization": f"Bearer {key}"})
    heard = {"tree": "colombia", "contact": "coordinator", "kind": "acknowledged"}
    assert client.post(f"/v1/incidents/{board.incident(part).ref}/acknowledgements", json=heard).status_code == 201


@pytest.mark.parametrize("answers", [presses, keys, keys_further, asks])
def test_what_is_pressed_or_keyed_as_its_report_is_split_off_is_about_that_report(
    board: Switchboard, answers: Callable[[Switchboard, str], None]
) -> None:
    """A6: the other report is one that nobody has taken charge of."""
    part, whole = board.newest(), board.opens(type="threat")
    board.passes(minutes=11)
    board.runtime.transact(merges, part, whole)

    while_desk(board, splits, whole, board.incident(part).ref, somebody=Thread(target=answers, args=(board, part)))

    assert [row.incident_id for row in board.rows(acknowledgements)] == [part]


def test_a_type_that_is_keyed_as_its_report_is_split_off_is_of_that_report(board: Switchboard) -> None:
    """B4: else the other report tells of what has not happened there."""
    whole, call, edition = board.newest(), InboundCall("CA1", CAST["mary"]), board.runtime.edition
    board.runtime.transact(key_pin, edition, call, KeyedIn("47110"))
    part = board.newest()
    types = {id: board.incident(id).facts.type for id in (part, whole)}
    board.runtime.transact(merges, part, whole)

    mary = Thread(target=board.runtime.transact, args=(key_type, edition, call, KeyedIn("12")))
    while_desk(board, splits, whole, board.incident(part).ref, somebody=mary)

    assert types[part] == UNKNOWN_TYPE
    assert {id: board.incident(id).facts.type for id in types} == types | {part: TYPES_BY_NUMBER[12].code}


def test_a_wrong_pin_that_comes_as_the_pins_are_renewed_proves_nothing(board: Switchboard) -> None:
    """B4: else whoever has the phone could end the alarm just then, as if its owner had no PIN."""
    ana = Thread(target=board.answers_text, args=("ana", "FALSE 11111"))

    while_desk(board, set_pins, "north/ana", "47111", "47991", somebody=ana)

    assert not board.incident(board.newest()).facts.withdrawn
    assert [reply and reply.said.subject for reply in board.replies[-1:]] == [Subject.NOT_WITHDRAWN]


def test_of_the_pins_that_two_renew_at_the_same_moment_the_last_prove(board: Switchboard) -> None:
    """B4: one that was replaced may be known to whoever has the phone."""
    second = Thread(target=board.runtime.transact, args=(set_pins, "north/ana", "47112", "47992"))

    while_desk(board, set_pins, "north/ana", "47111", "47991", somebody=second)

    tried = [board.runtime.transact(try_pin, "north/ana", pin).check for pin in ("47111", "47991", "47112", "47992")]
    assert tried == [PinCheck.WRONG, PinCheck.WRONG, PinCheck.TRUE, PinCheck.DURESS]


def merged_after(board: Switchboard, look: str, somebody: Thread) -> str:
    """The newest incident is merged as somebody has looked once for what they mean; the id of the whole."""
    part, whole = board.newest(), board.opens(type="threat")
    has_looked, is_merged = Event(), Event()

    def wait_after_first_look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if current_thread() is somebody and look in statement and not has_looked.is_set():
            has_looked.set()
            is_merged.wait(PATIENCE)

    event.listen(board.runtime.engine, "after_cursor_execute", wait_after_first_look)
    somebody.start()
    assert has_looked.wait(PATIENCE)
    board.runtime.transact(merges, part, whole)
    is_merged.set()
    somebody.join()
    return whole


def test_a_withdrawal_that_looks_for_its_report_as_that_is_merged_is_one(board: Switchboard) -> None:
    """B4: else the phone is written to all the same."""
    ana = Thread(target=board.answers_text, args=("ana", "FALSE 47110"))

    whole = merged_after(board, "raised_index", somebody=ana)

    assert board.incident(whole).facts.withdrawn


def test_a_code_keyed_by_a_caller_who_was_looked_up_before_its_report_was_merged_counts(board: Switchboard) -> None:
    """A6: else the caller hears that it is wrong, and has one try less."""
    caller = Thread(target=keys, args=(board, board.newest()))

    whole = merged_after(board, "code_numbers", somebody=caller)

    assert [(row.incident_id, row.contact) for row in board.rows(acknowledgements)] == [(whole, "coordinator")]


def claimed_while_desk(board: Switchboard, does: Callable[..., None], *args: str) -> list[Claimed]:
    """What a worker claims as a coordinator's act has read what waits, right before it changes that."""
    claimed: list[Claimed] = []
    desk = current_thread()

    def claim_first(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if current_thread() is desk and statement.startswith("UPDATE attempts") and not claimed:
            worker = Thread(target=lambda: claimed.extend(claims(board)))
            worker.start()
            worker.join()

    event.listen(board.runtime.engine, "before_cursor_execute", claim_first)
    board.runtime.transact(does, *args)
    event.remove(board.runtime.engine, "before_cursor_execute", claim_first)
    return claimed


def told(board: Switchboard, incident: str, kind: Kind) -> set[str]:
    return {row.contact for row in board.rows(notifications, incident_id=incident, kind=kind.value)}


def test_what_is_claimed_as_the_incident_is_closed_is_found_out(board: Switchboard) -> None:
    """A5, A12: where nobody knows whether the alert left, its contact is told that it is over."""
    incident = board.opens(type="threat")

    claimed = [each for each in claimed_while_desk(board, closes, incident) if each.incident_id == incident]
    for each in claimed:
        board.runtime.transact(record, SendOutcome(each.id, each.lease, Unsure("TimeoutError")))

    assert [each.kind for each in claimed] == [Kind.ALERT]
    assert told(board, incident, Kind.STAND_DOWN) == {each.contact for each in claimed}


def test_an_all_clear_that_leaves_as_the_incident_is_reopened_is_put_right(board: Switchboard) -> None:
    """B3: whoever reads that it is over reads as well that it is not."""
    incident = board.newest()
    alerts = claims(board)
    board.runtime.transact(closes, incident)
    for each in alerts:
        board.runtime.transact(record, SendOutcome(each.id, each.lease, Accepted("SM7")))
    waited = told(board, incident, Kind.STAND_DOWN)

    left = [each.contact for each in claimed_while_desk(board, reopens, incident) if each.kind is Kind.STAND_DOWN]

    assert waited
    assert told(board, incident, Kind.CORRECTION) == set(left)


@pytest.mark.parametrize("does", ["merges", "splits"])
def test_a_code_that_comes_as_its_report_is_merged_or_split_off_counts(board: Switchboard, does: str) -> None:
    """A6: who has sent the code it was given has taken charge."""
    part, code = board.newest(), board.code_of("ombuds")
    whole = board.opens(type="threat")
    ombuds = Thread(target=board.answers_text, args=("ombuds", f"OK {code}"))

    if does == "merges":
        while_desk(board, merges, part, whole, somebody=ombuds)
    else:
        board.runtime.transact(merges, part, whole)
        while_desk(board, splits, whole, board.incident(part).ref, somebody=ombuds)

    assert board.answers() == [("ombuds", "acknowledged")]


def test_a_backup_that_two_workers_find_as_they_begin_is_made_known_once(board: Switchboard) -> None:
    """Else every coordinator is called twice, in the hour in which least is known."""
    taken_at, edition = board.clock.at, board.runtime.edition
    board.passes(minutes=5)
    declares = partial(hold_back, taken_at=taken_at, by="a worker", inbound_routes=[])
    tells = partial(tell_everybody, edition=edition, taken_at=taken_at, told={})

    for act in (declares, tells):
        while_desk(board, act, somebody=Thread(target=board.runtime.transact, args=(act,)))

    assert [len(board.history(SYSTEM, kind)) for kind in (RESTORED, MADE_KNOWN)] == [1, 1]
    rung = [row.address for row in board.rows(notifications, incident_id=None, kind="alarm", method="call")]
    assert CAST["coordinator"] in rung
    assert len(rung) == len(set(rung))


def test_of_two_administrators_who_end_each_other_at_the_same_moment_one_stays(board: Switchboard) -> None:
    for name in ("maria", "nuria"):
        board.runtime.transact(add_user, name, Role.ADMINISTRATOR, "no password", "somebody")

    def end_maria() -> None:
        with pytest.raises(WrongState, match="maria is the only administrator"):
            board.runtime.transact(end_user, "maria", "nuria")

    while_desk(board, end_user, "nuria", "maria", somebody=Thread(target=end_maria))

    standing = [each.name for each in board.runtime.read(users.list_all) if each.ended_at is None]
    assert standing == ["maria"]
