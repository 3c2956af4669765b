"""Processes die without a moment's notice; what they had promised happens all the same (A1, A5)."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import insert

from alertnet.runtime.clock import system_clock
from alertnet.sandbox import Fault
from alertnet.store.tables import workers
from tests.processes.conftest import Installs
from tests.processes.installation import COORDINATOR, WITHIN_SECONDS, eventually


@contextmanager
def silence() -> Iterator[tuple[str, socket.socket]]:
    """A provider that takes connections and requests, and never says a word: its URL, and where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WITHIN_SECONDS)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", listening


def test_what_was_accepted_goes_out_after_a_kill(installs: Installs) -> None:
    """A1: the 201 is a promise that outlives the process."""
    installation = installs()
    web = installation.serves("--no-worker")
    installation.is_up(web)
    ref = installation.raises()

    web.killed()
    installation.serves()

    eventually(lambda: installation.coordinator.inbox, "the alert goes out")
    eventually(lambda: installation.statuses(ref) == ["delivered"], "the record says so")
    assert len(installation.heard(ref)) == 1


@pytest.mark.long
def test_wherever_a_kill_strikes_the_alert_goes_out(installs: Installs) -> None:
    """A5: also between claim and send, or between send and record: once, or once more and marked."""
    installation = installs(hurried=True)
    process = installation.serves()
    installation.is_up(process, workers=1)
    ref = installation.raises()

    process.killed()
    installation.serves()

    eventually(lambda: "delivered" in installation.statuses(ref), "the alert goes out, and the record says so")
    again = installation.history(ref).count("attempt_sent_again")
    planned = [each for each in installation.notifications(ref, "sms") if each["contact"] == "coordinator"]
    assert len(installation.heard(ref)) <= len(planned) + again
    assert again <= 1


@pytest.mark.long
def test_a_night_of_kills_loses_nothing(installs: Installs) -> None:
    """Kill the process at any moment and it goes on where it was."""
    installation = installs(hurried=True)
    random = Random(4711)
    process = installation.serves()
    installation.is_up(process)
    ref = installation.raises()

    for _ in range(20):
        process.lives(random.uniform(0, 3))
        process.killed()
        process = installation.serves()
        installation.is_up(process)

    def unsettled() -> list[str]:
        statuses = [each["status"] for each in installation.notifications(ref, "sms")]
        return [status for status in statuses if status in ("queued", "sending", "unknown")]

    eventually(lambda: not unsettled(), "every text has left")
    told = ("+573005550101", "+573005550102", "+32470550101", "+573005550120", "+573005550130")
    assert [number for number in told if not installation.sandbox.handset(number).inbox] == []
    messages = installation.sandbox.network.messages.values()
    sent = [message for message in messages if message.direction != "inbound" and ref in message.body]
    extra = installation.history(ref).count("attempt_sent_again")
    assert len(sent) <= len(installation.notifications(ref, "sms")) + extra


@pytest.mark.postgres
def test_what_one_worker_had_sent_when_it_died_another_settles(installs: Installs, postgres: str) -> None:
    """Of two workers one dies before it could write down what it sent; the other goes on."""
    installation = installs(postgres)
    web, doomed, other = installation.serves("--no-worker"), installation.works(), installation.works()
    installation.is_up(web, doomed, other, workers=2)
    other.paused()
    installation.sandbox.misbehaves(Fault.DRIP, number=COORDINATOR)
    first = installation.raises()
    eventually(lambda: installation.coordinator.inbox, "the provider has the message, and is slow to say so")

    doomed.killed()
    other.resumed()
    second = installation.raises()

    eventually(lambda: installation.statuses(first) == ["delivered"], "the callback settles what was sent")
    eventually(lambda: installation.statuses(second) == ["delivered"], "the other worker goes on")
    assert (len(installation.heard(first)), len(installation.heard(second))) == (1, 1)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "hurried", [True, pytest.param(False, marks=pytest.mark.long)], ids=["hurried", "in real time"]
)
def test_what_one_worker_had_claimed_when_it_died_another_sends(
    installs: Installs, postgres: str, hurried: bool
) -> None:
    """A5: of two workers one dies between claim and send.

    It reaches only a provider that never answers, and is killed while it waits for it. The other one waits for the
    lease of 30 seconds, asks twice, a minute apart, finds nothing, and sends it.
    """
    installation = installs(postgres, hurried=hurried)
    web, other = installation.serves("--no-worker"), installation.works()
    with silence() as (url, listening):
        doomed = installation.works(ALERTNET_TWILIO_API_URL=url)
        installation.is_up(web, doomed, other, workers=2)
        other.paused()
        # Who is paused may hold a row that a report waits for, until PostgreSQL ends its transaction.
        ref = installation.raises(tries=10)
        with ExitStack() as connections:
            while True:
                connection = connections.enter_context(listening.accept()[0])
                if connection.recv(4) == b"POST":
                    break
            doomed.killed()
    other.resumed()

    eventually(lambda: installation.statuses(ref) == ["failed", "delivered"], "the other sends it")
    assert [each["error"] for each in installation.texts(ref)] == ["outcome_unknown", None]
    assert installation.history(ref).count("attempt_sent_again") == 1
    assert len(installation.heard(ref)) == 1


def test_a_silent_provider_at_the_start_keeps_nobody_from_reporting(installs: Installs) -> None:
    """A11: after a while away the web answers while the provider is still being asked what came in meanwhile."""
    installation = installs()
    long_ago = system_clock() - timedelta(hours=1)
    row = {"id": "somebody", "seen_at": long_ago, "started_at": long_ago}
    installation.runtime.transact(lambda tx: tx.session.execute(insert(workers).values(row)))
    with silence() as (url, listening):
        process = installation.starts("serve", "--port", str(installation.port), ALERTNET_TWILIO_API_URL=url)
        asking, _ = listening.accept()

        eventually(lambda: installation.asks("/healthz").status == 200, "the web answers", within_seconds=9)
        ref = installation.raises()
        asking.close()

    assert process.is_up()
    assert installation.notifications(ref, "sms") != []
