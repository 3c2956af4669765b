"""`/metrics` for Prometheus, read from the database at each request, so that all processes give the same figures.

Only what is open, due or under way is counted, so the cost does not grow with closed incidents.
"""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from alertnet import __version__
from alertnet.core.monitoring.metrics import ALL, SUM, Key, Series
from alertnet.core.monitoring.self_monitoring import (
    Files,
    Observed,
    Part,
    find_trouble,
    has_worker,
    lateness,
    may_beat,
    missing_workers,
)
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.settings.settings import Settings
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import counters, heartbeats, row_counts
from alertnet.store.monitoring.observations import observe
from alertnet.web.auth import InForce
from alertnet.web.monitoring.health import fault_of_writing

router = APIRouter()


def gauge(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    """A gauge whose value is read anew at each request."""
    return GaugeMetricFamily(name, help, labels=labels)


def as_metrics(counted: Mapping[Key, float]) -> Iterator[Metric]:
    """The counters and histograms in use, those without a count yet too. Counts of unknown series are left out."""
    for series in ALL:
        of_series = {labels: number for (name, labels), number in counted.items() if name == series.name}
        yield _histogram(series, of_series) if series.bounds else _counter(series, of_series)


def _counter(series: Series, counted: Mapping[tuple[str, ...], float]) -> Metric:
    family = CounterMetricFamily(series.name, series.help, labels=series.labels)
    for labels, number in sorted(counted.items()):
        family.add_metric(labels, number)
    return family


def _histogram(series: Series, counted: Mapping[tuple[str, ...], float]) -> Metric:
    family = HistogramMetricFamily(series.name, series.help, labels=series.labels)
    for labels in sorted({each[:-1] for each in counted}) or ([()] if not series.labels else []):
        buckets, sofar = [], 0.0
        for bound in (*map(str, series.bounds), "+Inf"):
            sofar += counted.get((*labels, bound), 0.0)
            buckets.append((bound, sofar))
        family.add_metric(labels, buckets, sum_value=counted.get((*labels, SUM), 0.0))
    return family


def count_watch(tx: Tx, seen: Observed) -> list[Metric]:
    """Metrics of the self-monitoring: trouble, lateness, workers, delivery reports and heartbeats."""
    found = find_trouble(seen)
    trouble = gauge("alertnet_trouble", "1 while that part is in trouble.", "part")
    for part in Part:
        trouble.add_metric([part.value], part in found)
    heartbeat = gauge("alertnet_heartbeat_allowed", "1 while the heartbeat may be sent, and a worker is there.")
    heartbeat.add_metric([], has_worker(seen) and may_beat(seen, found))
    late = gauge("alertnet_late_seconds", "How late the oldest row is; not what pace or provider hold back.", "queue")
    for name, span in lateness(seen).items():
        late.add_metric([name], span.total_seconds())
    return [trouble, heartbeat, late, _depth(tx), *_workers(seen), *_reports(seen), *_signs(tx)]


def _depth(tx: Tx) -> Metric:
    family = gauge("alertnet_unsent_attempts", "Attempts that wait to be sent.", "method")
    for method, count in row_counts.unsent(tx.session).items():
        family.add_metric([method.value], count)
    return family


def _workers(seen: Observed) -> list[Metric]:
    missing = gauge("alertnet_workers_missing", "Workers that vanished, and none began in their place.")
    missing.add_metric([], missing_workers(seen))
    age = gauge("alertnet_worker_age_seconds", "Since any worker showed that it is alive.")
    if seen.workers:
        newest = max(each.seen_at for each in seen.workers)
        age.add_metric([], max(0.0, (seen.now - newest).total_seconds()))
    return [missing, age]


def _reports(seen: Observed) -> list[Metric]:
    lost = gauge("alertnet_reports_lost", "Reports of delivery lost in a row, as of the last one lost.", "method")
    at = gauge("alertnet_report_timestamp_seconds", "When a report of delivery arrived last.", "method")
    for method, reports in seen.reports.items():
        is_over = reports.heard_at and reports.lost_at and reports.heard_at >= reports.lost_at
        lost.add_metric([method.value], 0 if is_over else reports.lost)
        if reports.heard_at:
            at.add_metric([method.value], reports.heard_at.timestamp())
    return [lost, at]


def _signs(tx: Tx) -> list[Metric]:
    known = heartbeats.read(tx.session)
    inbound = gauge("alertnet_inbound_test_timestamp_seconds", "When the inbound path answered its test last.")
    heartbeat = gauge("alertnet_heartbeat_timestamp_seconds", "When the heartbeat was taken last.")
    for family, name in ((inbound, heartbeats.INBOUND), (heartbeat, heartbeats.HEARTBEAT)):
        if name in known:
            family.add_metric([], known[name].at.timestamp())
    return [inbound, heartbeat]


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(runtime: InForce) -> Response:
    """All metrics. While the database is away: that fact, and the counts that this process knows."""
    families = [_build(runtime.engine.dialect.name)]
    is_there = True
    try:
        runtime.counting.share()
    except DatabaseAway:
        is_there = False
    try:
        seen, counted = runtime.read(_count, runtime.settings, runtime.trees.files)
        families += counted
        is_there = is_there and fault_of_writing(runtime, seen) is None
        runtime.counting.learn(runtime.read(lambda tx: counters.read(tx.session)))
    except DatabaseAway:
        is_there = False
    up = gauge("alertnet_database_up", "1 while the database can be read and written.")
    up.add_metric([], is_there)
    registry = CollectorRegistry()
    registry.register(_Counted([*families, up, *as_metrics(runtime.counting.totals())]))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Counted(Collector):
    """A collector for metrics that are already computed."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _count(tx: Tx, settings: Settings, files: Files) -> tuple[Observed, list[Metric]]:
    seen = observe(tx, settings.routes, is_tested=settings.takes_texts, files=files, routing=settings.routing)
    size = gauge("alertnet_database_size_bytes", "How large the database is.")
    size.add_metric([], counters.database_bytes(tx.session))
    found = [*_queues(tx), _attempts(tx), *_incidents(tx, len(seen.unheard)), _providers(seen), *count_watch(tx, seen)]
    return seen, [*found, size]


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
