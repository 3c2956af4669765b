"""What the watch on ourselves looks at, as metrics."""

from prometheus_client.core import Metric

from alertnet.core.monitoring.self_monitoring import Observed, Part, find_trouble, lateness, may_beat, missing_workers
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, row_counts
from alertnet.web.monitoring.gauge import gauge


def count_watch(tx: Tx, seen: Observed) -> list[Metric]:
    """Trouble, lateness, workers, reports and signs of life."""
    found = find_trouble(seen)
    trouble = gauge("alertnet_trouble", "1 while that part is in trouble.", "part")
    for part in Part:
        trouble.add_metric([part.value], part in found)
    heartbeat = gauge("alertnet_heartbeat_allowed", "1 while the heartbeat may be sent.")
    heartbeat.add_metric([], may_beat(seen, found))
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
