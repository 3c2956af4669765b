"""What Prometheus asks for, counted in the database at each request, so that every process of a network says the same.

Only what is open, due or under way is counted: the cost does not grow with what is closed.
"""

from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from alertnet import __version__
from alertnet.core.monitoring.self_monitoring import Files, Observed
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.settings.settings import Settings
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import counters, row_counts
from alertnet.store.monitoring.observations import observe
from alertnet.web.auth import InForce
from alertnet.web.monitoring.counted_metrics import as_metrics
from alertnet.web.monitoring.gauge import gauge
from alertnet.web.monitoring.watch_metrics import count_watch

router = APIRouter()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(runtime: InForce) -> Response:
    """Queues, attempts, open incidents, what the watch on ourselves sees, and what was counted, as Prometheus reads it.

    While the database is away: that, and what was counted as far as this process knows.
    """
    families = [_build(runtime.engine.dialect.name)]
    is_there = True
    try:
        runtime.counting.share()
    except DatabaseAway:
        is_there = False
    try:
        families += runtime.read(_count, runtime.settings, runtime.trees.files)
        runtime.counting.learn(runtime.read(lambda tx: counters.read(tx.session)))
    except DatabaseAway:
        is_there = False
    up = gauge("alertnet_database_up", "1 while the database can be read and written.")
    up.add_metric([], is_there)
    registry = CollectorRegistry()
    registry.register(_Counted([*families, up, *as_metrics(runtime.counting.totals())]))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Counted(Collector):
    """Metrics that were counted already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _count(tx: Tx, settings: Settings, files: Files) -> list[Metric]:
    seen = observe(tx, settings.routes, is_tested=settings.takes_texts, files=files, routing=settings.routing)
    size = gauge("alertnet_database_size_bytes", "How large the database is.")
    size.add_metric([], counters.database_bytes(tx.session))
    found = [*_queues(tx), _attempts(tx), *_incidents(tx, len(seen.unheard)), _providers(seen), *count_watch(tx, seen)]
    return [*found, size]


def _build(database: str) -> Metric:
    build = gauge("alertnet_build_info", "The version that answers, and its kind of database.", "version", "database")
    build.add_metric([__version__, database], 1)
    return build


def _queues(tx: Tx) -> list[Metric]:
    waiting = gauge("alertnet_queue_waiting", "Rows with a due time.", "queue")
    overdue = gauge("alertnet_queue_overdue", "Rows whose due time has passed.", "queue")
    oldest = gauge("alertnet_queue_oldest_overdue_seconds", "For how long the oldest overdue row is due.", "queue")
    for name, count in row_counts.queues(tx).items():
        waiting.add_metric([name], count.waiting)
        overdue.add_metric([name], count.overdue)
        oldest.add_metric([name], max(0.0, (tx.now - count.first_due).total_seconds()) if count.first_due else 0.0)
    return [waiting, overdue, oldest]


def _attempts(tx: Tx) -> Metric:
    family = gauge("alertnet_attempts", "Attempts to send, of open incidents.", "status", "method")
    for labels, count in row_counts.attempts_of_open_incidents(tx.session).items():
        family.add_metric(labels, count)
    return family


def _incidents(tx: Tx, unheard: int) -> list[Metric]:
    family = gauge("alertnet_open_incidents", "Open incidents.", "severity")
    for severity, count in row_counts.open_incidents(tx.session).items():
        family.add_metric([severity], count)
    unheard_of = gauge("alertnet_unheard_incidents", "Open incidents of which nobody at all may be told.")
    unheard_of.add_metric([], unheard)
    return [family, unheard_of]


def _providers(seen: Observed) -> Metric:
    away = gauge("alertnet_provider_away_seconds", "For how long a provider does not work.", "method", "provider")
    for (method, provider), since in seen.away.items():
        away.add_metric([method.value, provider], (seen.now - since).total_seconds())
    return away
