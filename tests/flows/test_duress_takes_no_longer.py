"""Whoever holds the phone may have a watch: a duress PIN is answered as soon as a true one (B4)."""

import time
from statistics import median

import pytest

from alertnet.flows.credentials.pins import set_pins
from alertnet.store.tables import incidents
from tests.flows.switchboard import Switchboard

TRUE, DURESS = "47110", "47990"
PAIRS = 200
CLOSE_ENOUGH = 0.005
"""Seconds by which the medians may differ."""


@pytest.mark.long
@pytest.mark.parametrize("text", ["FALSE {pin}", "ALERTA {pin} 31 L12"])
def test_the_answer_takes_as_long(board: Switchboard, text: str) -> None:
    board.runtime.transact(set_pins, "north/ana", TRUE, DURESS)
    taken: dict[str, list[float]] = {TRUE: [], DURESS: []}
    replies = set()
    for place in range(2 * PAIRS):
        # In turn, the other one first each time, so that neither has the warmer database.
        pin = (TRUE, DURESS)[(place + place // 2) % 2]
        if text.startswith("FALSE"):
            board.texts("ana", f"ALERTA {TRUE} 31")
        began = time.process_time()
        reply = board.texts("ana", text.format(pin=pin))
        taken[pin].append(time.process_time() - began)
        opened = board.rows(incidents)
        last = max(opened, key=lambda row: row.opened_at).id if opened else None
        ref = board.incident(last).ref if last else "-"
        replies.add(str(reply).replace(ref, "REF"))
        if last and board.incident(last).status == "open":
            board.closes(last)
        board.clock.forward(hours=24)

    assert len(replies) == 1
    assert abs(median(taken[TRUE]) - median(taken[DURESS])) < CLOSE_ENOUGH
