"""Written codes: a number holds each of them once, whoever draws, and however many are open there (A6, B4)."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from alertnet.core.directory.contact_tree import Level
from alertnet.core.inbound.code_formats import WRITTEN_CODE_LENGTH, is_written_code
from alertnet.core.incident import CloseReason
from alertnet.flows.escalation.escalate import escalate_due
from alertnet.flows.incidents.close_incident import close_incident, reopen_incident
from alertnet.runtime.clock import system_clock
from alertnet.runtime.entropy import SystemEntropy
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.codes import find_sent, open_codes
from alertnet.store.tables import code_numbers, codes
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, MINUTE, Stage, network, opening

WAIT = 30 * MINUTE
PATIENCE = 20.0  # seconds until a test gives up waiting
SOMEBODY_WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)
EVERY_CODE = [code for code in (f"{number:04}" for number in range(10_000)) if is_written_code(code)]


class Rigged(SystemEntropy):
    """Chance that draws these written codes first."""

    def __init__(self, *codes: str) -> None:
        self._codes = list(codes)

    def digits(self, count: int) -> str:
        return self._codes.pop(0) if count == WRITTEN_CODE_LENGTH and self._codes else super().digits(count)


def of_carla(stage: Stage) -> dict[str, str]:
    """Her open codes: the text, by incident."""
    return {code.incident: code.text for code in stage.runtime.read(open_codes, CARLA)}


def holds_all(stage: Stage, incident: str, but: str = "none") -> None:
    """Carla's number has every code of that incident, but those that begin so."""
    known = of_carla(stage).values()
    held = [code for code in EVERY_CODE if not code.startswith(but) and code not in known]

    def hold(tx: Tx) -> None:
        rows = [
            {"id": tx.entropy.id(), "incident_id": incident, "code": code, "code_hash": tx.vault.code_hash(code)}
            | {"wrong_tries": 0, "created_at": tx.now}
            for code in held
        ]
        number = {"number_index": tx.vault.index(CARLA), "tree": "colombia", "contact": "carla"}
        tx.session.execute(insert(codes), rows)
        of_number = [
            number | {"code_id": row["id"], "code_hash": row["code_hash"], "relays": False, "open": True}
            for row in rows
        ]
        tx.session.execute(insert(code_numbers), of_number)

    stage.runtime.transact(hold)


def test_codes_that_are_made_together_differ_and_say_that_there_are_others(stages: Stages) -> None:
    """A code is unique among all codes of its numbers, also among those that one transaction makes."""
    stage = stages(known=network(Level("Coordination", ("carla",), wait=WAIT), Level("Network", ("diego",), wait=WAIT)))
    for _ in range(40):
        stage.opens()
    stage.clock.at += WAIT

    stage.runtime.transact(escalate_due, 40)

    query = select(codes.c.code).where(codes.c.contact == "diego")
    made = list(stage.runtime.read(lambda tx: tx.session.scalars(query).all()))
    assert len(made) == len(set(made)) == 40


@pytest.mark.postgres
def test_two_that_draw_the_same_code_for_a_number_at_the_same_moment_give_it_once(
    stages: Stages, postgres: str
) -> None:
    """With one code for two incidents, an answer to the one would stop the alarm of the other."""
    stage = stages(postgres, clock=system_clock)
    one, two = (stage.connect(entropy=Rigged("4711", "4712")) for _ in range(2))
    at_the_same_moment = threading.Thread(target=two.transact, args=(opening, two.edition))

    def open_while_the_other_does(tx: Tx) -> None:
        opening(tx, one.edition)
        at_the_same_moment.start()
        deadline = time.monotonic() + PATIENCE
        while at_the_same_moment.is_alive() and not tx.session.scalar(SOMEBODY_WAITS):
            assert time.monotonic() < deadline

    one.transact(open_while_the_other_does)
    at_the_same_moment.join(PATIENCE)
    one.close()
    two.close()

    given = sorted(of_carla(stage).values())
    assert len(given) == len(set(given)) == 2
    assert "4711" in given


def test_a_code_that_was_given_anew_is_void_where_its_incident_is_reopened(stages: Stages) -> None:
    """Seven days after the end it may go to another incident: from then on it is that one's."""
    stage = stages()
    rigged = stage.connect(entropy=Rigged("4711", "4711"))
    first = rigged.transact(opening, rigged.edition)
    stage.acts(first, close_incident, CloseReason.RESOLVED, by="test")
    stage.clock.at += timedelta(days=8)
    second = rigged.transact(opening, rigged.edition)
    rigged.close()

    stage.acts(first, reopen_incident, by="test")
    stage.passes(minutes=1)

    held = stage.runtime.read(find_sent, CARLA, ["4711"]).get("4711")
    assert held is not None
    assert held.incident == second
    assert of_carla(stage)[second] == "4711"


def test_where_nearly_every_code_is_open_one_of_the_others_is_found(stages: Stages) -> None:
    stage = stages()
    holds_all(stage, stage.opens(), but="7")

    another = stage.opens()

    assert of_carla(stage)[another].startswith("7")


def test_where_every_code_is_open_a_contact_is_told_nonetheless(stages: Stages) -> None:
    """It answers by link or call: an alarm without a code is better than none."""
    stage = stages()
    holds_all(stage, stage.opens())

    another = stage.opens()
    stage.settles()

    assert another not in of_carla(stage)
    assert len(stage.sandbox.handset(CARLA).inbox) == 2
