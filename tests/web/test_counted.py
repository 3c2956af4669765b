"""What Prometheus is told besides the queues: counters and histograms of all processes, with few labels."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alertnet.core.monitoring.metrics import ALL, DUE_TO_SENT, SENDS, once, took
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import counters
from tests.support.metrics_page import metric


def test_what_was_counted_outlives_its_process_and_is_told_by_every_other(client: TestClient, runtime: Runtime) -> None:
    """A worker has no page of its own: any web tells what all of them have counted."""
    runtime.transact(lambda tx: counters.add(tx, once(SENDS, "call", "1", "accepted")))
    runtime.counting.add(once(SENDS, "call", "1", "accepted"))

    first, again = client.get("/metrics").text, client.get("/metrics").text

    for text in (first, again):
        assert metric(text, 'alertnet_sends_total{method="call",provider="1",result="accepted"}') == 2


def test_the_metrics_answer_with_what_they_know_while_the_database_is_away(
    client: TestClient, runtime: Runtime, tmp_path: Path
) -> None:
    runtime.counting.add(once(SENDS, "sms", "1", "accepted"))
    assert metric(client.get("/metrics").text, "alertnet_database_up") == 1
    runtime.counting.add(once(SENDS, "sms", "1", "accepted"))
    runtime.engine.dispose()
    (tmp_path / "test.db").unlink()
    (tmp_path / "test.db").mkdir()

    response = client.get("/metrics")

    assert response.status_code == 200
    assert metric(response.text, "alertnet_database_up") == 0
    assert metric(response.text, 'alertnet_sends_total{method="sms",provider="1",result="accepted"}') == 2
    assert metric(response.text, "alertnet_build_info") == 1


def test_labels_are_bounded_whatever_is_asked_for(client: TestClient) -> None:
    for path in ("/nowhere/at/all", "/v1/incidents/X-1234", "/v1/incidents/Y-1234", "/twilio/voice/one", "/twilio/two"):
        client.post(path)

    text = client.get("/metrics").text

    counted = [each for each in text.splitlines() if each.startswith(("alertnet_refusals_t", "alertnet_webhooks_t"))]
    assert counted
    assert all("1234" not in each and "nowhere" not in each and "two" not in each for each in counted)
    assert [each for each in counted if 'webhook="voice/{attempt}"' in each]


def test_each_fault_of_ours_is_a_line_in_the_log(
    api: TestClient, runtime: Runtime, tmp_path: Path, log: io.StringIO
) -> None:
    """By its route: what was asked for may be a link's token.

    And once a minute: a stranger who floods the sign-in would leave nothing else in a log of limited length.
    """
    assert api.get("/v1/incidents").status_code == 200
    runtime.engine.dispose()
    (tmp_path / "test.db").unlink()
    (tmp_path / "test.db").mkdir()

    for path in ("/v1/incidents/A-7K3M", "/v1/incidents/A-7K3M", "/readyz"):
        assert api.get(path).status_code == 503

    (failed,) = [json.loads(each) for each in log.getvalue().splitlines() if "request_failed" in each]
    assert (failed["route"], failed["status"], failed["method"]) == ("/v1/incidents/{ref}", 503, "GET")


@pytest.mark.parametrize("series", ALL, ids=lambda series: series.name)
def test_every_series_is_on_the_page_and_documented(series: object, client: TestClient) -> None:
    name = str(getattr(series, "name", ""))
    assert f"# TYPE {name}" in client.get("/metrics").text
    assert name in (Path(__file__).parents[2] / "docs/watch.md").read_text()


def test_a_histogram_is_cumulative_and_has_its_sum(client: TestClient, runtime: Runtime) -> None:
    for seconds in (0.05, 7.0, 7.0, 5000.0):
        runtime.counting.add(took(DUE_TO_SENT, timedelta(seconds=seconds).total_seconds(), "sms"))

    text = client.get("/metrics").text

    for bound, number in (("0.1", 1), ("5", 1), ("10", 3), ("900", 3), ("+Inf", 4)):
        assert metric(text, f'alertnet_due_to_sent_seconds_bucket{{le="{bound}",method="sms"}}') == number
    assert metric(text, 'alertnet_due_to_sent_seconds_sum{method="sms"}') == pytest.approx(5014.05)
