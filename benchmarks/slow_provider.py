"""Measures the effect of a provider that takes 200 ms for each message on answers, and the use of its threads.

Answers are timed one at a time, by a client that has nothing else to do. Of the same program the provider answers at
once and late by turns, and the first turn of each is not counted: of few answers the slowest would be those for which a
statement was made, and two programs meet another pace of the machine. The use of the threads is measured at a hundred
reports a second, more than they can send; one at a time would be too few.
"""

import time
from itertools import chain

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.worker.routes import SENDING_POOLS, sending
from benchmarks import program
from benchmarks.burst import DELIVER_SECONDS, drive
from benchmarks.client import Client
from benchmarks.figures import Figure, percentile
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.steady import CONNECTIONS, RATE
from benchmarks.trees import trees

INCIDENTS = 1000
TURNS, ANSWERS = 6, 200
SETTLE_SECONDS = 5
"""By then a program that was just started has loaded what can wait."""
PROVIDER_SECONDS = 0.2
SENDERS = SENDING_POOLS[sending((MethodKind.SMS, FIRST))]


def measure() -> list[Figure]:
    """The wait for an answer with either provider, their ratio, and the share delivered of what the threads allow."""
    with Sink() as sink, program.alertnet(trees({"CO": 7200}), sink.url) as ours:
        time.sleep(SETTLE_SECONDS)
        turns = [[_waits(ours, sink, seconds) for seconds in (0, PROVIDER_SECONDS)] for _ in range(TURNS)]
        raised = drive(ours, INCIDENTS, CONNECTIONS, RATE)
        sink.wait_for_all(2 * TURNS * ANSWERS + INCIDENTS, DELIVER_SECONDS)
        first, *_, last = sorted(sink.arrivals[ref][0] for ref, _ in raised)
    delivered, most = INCIDENTS * 1e9 / (last - first), SENDERS / PROVIDER_SECONDS
    p99, slow_p99 = (percentile([*chain(*waits)], 99) for waits in zip(*turns[1:], strict=True))
    return [
        Figure("answer, p99, provider at once", p99, "ms"),
        Figure("answer, p99, provider that takes 200 ms", slow_p99, "ms"),
        Figure("answer, p99, ratio", slow_p99 / p99, "x", 2),
        Figure("delivered a second", delivered, "1/s"),
        Figure("delivered, of what the threads allow", delivered / most, "x", at_least=0.8),
    ]


def _waits(ours: Program, sink: Sink, provider_seconds: float) -> list[float]:
    """How long each answer took, in milliseconds; afterwards all has been sent."""
    sink.delay_seconds = provider_seconds
    with Client(ours) as client:
        raised = [client.raise_incident() for _ in range(ANSWERS)]
    for each in raised:
        sink.wait(each.ref, seconds=DELIVER_SECONDS)
    time.sleep(provider_seconds)
    return [(each.answered_at - each.sent_at) / 1e6 for each in raised]
