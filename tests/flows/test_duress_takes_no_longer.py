"""Whoever holds the phone may have a watch: a duress PIN is answered as soon as a true one (B4)."""

import time
from collections.abc import Callable
from statistics import median

import pytest

from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.sms.coerced_text import open_coerced
from alertnet.flows.voice.incoming_call import KeyedIn, receive_call
from alertnet.flows.voice.report_by_call import key_pin
from alertnet.store.db.vault import PIN_COST
from alertnet.store.records.inbound import InboundCall
from alertnet.store.tables import incidents
from tests.flows.switchboard import CAST, Switchboard

TRUE, DURESS = "47110", "47990"
PAIRS = 200
CLOSE_ENOUGH = 0.005
"""Seconds by which the medians may differ."""
TEXTS = (
    *("FALSE {pin}", "ALERTA {pin} 31 L12"),
    *("OK {pin}", "GO {pin} L12 18:00", "TEST {pin}", "LOW {pin}", "LANG {pin} ES", "NEWS {pin} todo bien"),
)


def difference(board: Switchboard, answers: Callable[[str], object], pairs: int = PAIRS) -> float:
    """By how many seconds of the processor the median answer to the one PIN differs from that to the other."""
    taken: dict[str, list[float]] = {TRUE: [], DURESS: []}
    replies = set()
    for place in range(2 * pairs):
        # In turn, the other one first each time, so that neither has the warmer database.
        pin = (TRUE, DURESS)[(place + place // 2) % 2]
        began = time.process_time()
        reply = answers(pin)
        taken[pin].append(time.process_time() - began)
        board.looks_after_texts()
        for opened in board.rows(incidents, status="open"):
            reply = str(reply).replace(opened.ref, "REF")
            board.closes(opened.id)
        replies.add(reply)
        board.clock.forward(hours=24)

    assert len(replies) == 1
    return abs(median(taken[TRUE]) - median(taken[DURESS]))


@pytest.fixture
def watched(board: Switchboard) -> Switchboard:
    """Somebody with a watch stands beside Ana, who has both PINs."""
    board.runtime.transact(set_pins, "north/ana", TRUE, DURESS)
    return board


@pytest.fixture
def usual(board: Switchboard) -> Switchboard:
    """The same, where to try a PIN costs what it costs in production."""
    vars(board.runtime.vault)["pin_cost"] = PIN_COST
    board.runtime.transact(set_pins, "north/ana", TRUE, DURESS)
    return board


@pytest.mark.long
@pytest.mark.parametrize("text", TEXTS)
def test_the_answer_to_a_text_takes_as_long(usual: Switchboard, text: str) -> None:
    def answers(pin: str) -> object:
        return usual.answers_text("ana", text.format(pin=pin))

    if text.startswith("FALSE"):
        raised = answers

        def answers(pin: str) -> object:
            usual.texts("ana", f"ALERTA {TRUE} 31")
            return raised(pin)

    assert difference(usual, answers) < CLOSE_ENOUGH


@pytest.mark.long
def test_the_answer_to_a_call_takes_as_long(usual: Switchboard) -> None:
    """The PIN alone raises, whichever it is."""

    def answers(pin: str) -> object:
        usual.received += 1
        call = InboundCall(f"CA{usual.received:032}", CAST["ana"])
        usual.runtime.transact(receive_call, usual.runtime.edition, call)
        return usual.runtime.transact(key_pin, usual.runtime.edition, call, KeyedIn(pin))

    assert difference(usual, answers) < CLOSE_ENOUGH


def test_what_duress_calls_for_is_done_after_the_answer_and_once(watched: Switchboard) -> None:
    """A1: it is on the record with the answer, so that none is lost where a process dies in between."""
    true, coerced = (watched.answers_text("ana", f"TEST {pin}") for pin in (TRUE, DURESS))
    assert true == coerced
    assert watched.rows(incidents) == []

    watched.looks_after_texts()
    watched.runtime.transact(open_coerced, watched.runtime.edition, f"SM{watched.received:032}")

    [opened] = watched.rows(incidents)
    assert watched.incident(opened.id).facts.duress


def test_what_duress_calls_for_wakes_the_worker(watched: Switchboard) -> None:
    """A1: its alarm waits for the answer, and for nothing besides."""
    woken: list[str] = []
    watched.runtime.on_commit.append(lambda: woken.append("woken"))

    watched.answers_text("ana", f"TEST {TRUE}")
    assert woken == []
    watched.answers_text("ana", f"TEST {DURESS}")

    assert woken == ["woken"]
