"""What a provider that takes 200 ms for each message does to whoever reports, and what is made of its threads."""

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.worker.provider_health import SENDING, sending
from benchmarks import program
from benchmarks.burst import DELIVER_SECONDS
from benchmarks.client import Client
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink
from benchmarks.trees import trees

INCIDENTS = 1000
PROVIDER_SECONDS = 0.2
SENDERS = SENDING[sending((MethodKind.SMS, FIRST))]


def measure() -> list[Figure]:
    """The wait for an answer with either provider, their ratio, and what is delivered of what the threads allow."""
    (at_once, _), (slow, delivered) = _run(0), _run(PROVIDER_SECONDS)
    most = SENDERS / PROVIDER_SECONDS
    return [
        Figure("answer, p99, provider at once", percentile(at_once, 99), "ms"),
        Figure("answer, p99, provider that takes 200 ms", percentile(slow, 99), "ms"),
        Figure("answer, p99, ratio", percentile(slow, 99) / percentile(at_once, 99), "x", 2),
        Figure("delivered, of what the threads allow", delivered / most, "x", at_least=0.8),
    ]


def _run(provider_seconds: float) -> tuple[list[float], float]:
    """How long each answer took, in milliseconds, and what reached the provider in a second."""
    with (
        Sink(provider_seconds) as sink,
        program.alertnet(trees({"CO": 7200}), sink.url) as ours,
        Client(ours) as client,
    ):
        raised = [client.raise_incident() for _ in range(INCIDENTS)]
        sink.wait_for_all(INCIDENTS, DELIVER_SECONDS)
        first, *_, last = sorted(sink.arrivals[each.ref][0] for each in raised)
    return [(each.answered_at - each.sent_at) / 1e6 for each in raised], INCIDENTS * 1e9 / (last - first)
