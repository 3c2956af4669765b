"""A night as Prometheus sees it: counted from the report to the answer, and everybody who was turned away."""

import io
import json

from tests.scenarios.world import World, code_in
from tests.support.metrics_page import metric

FORM = {"MessageSid": "SM1", "From": "+573005559999", "To": "+15005550006", "Body": "hello", "AccountSid": "AC0"}


def test_an_incident_and_its_answer_are_counted_from_report_to_acknowledgement(either_world: World) -> None:
    world = either_world
    world.raises()
    world.passes(seconds=3)
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[-1]))

    text = world.client.get("/metrics").text

    assert metric(text, 'alertnet_sends_total{method="sms",provider="1",result="accepted"}') >= 1
    assert metric(text, 'alertnet_acknowledgements_total{kind="acknowledged",via="sms"}') == 1
    assert metric(text, 'alertnet_webhooks_total{status="200",webhook="sms"}') == 1
    assert metric(text, "alertnet_report_to_first_send_seconds_count") == 1
    assert metric(text, 'alertnet_report_to_first_send_seconds_bucket{le="0.1"}') == 1
    assert metric(text, 'alertnet_due_to_sent_seconds_count{method="sms"}') >= 1
    assert metric(text, "alertnet_database_size_bytes") > 4096
    kind = world.runtime.engine.dialect.name
    assert metric(text, f'alertnet_build_info{{database="{kind}",version=') == 1


def test_a_wrong_key_and_a_forged_webhook_are_counted_and_the_latter_is_logged_with_what_was_expected(
    world: World, log: io.StringIO
) -> None:
    world.client.get("/v1/incidents", headers={"Authorization": "Bearer wrong"})
    world.client.post("/twilio/sms?x=1", data=FORM, headers={"X-Twilio-Signature": "forged"})

    text = world.client.get("/metrics").text

    assert metric(text, 'alertnet_refusals_total{door="api",status="401"}') == 1
    assert metric(text, 'alertnet_refusals_total{door="webhook",status="403"}') == 1
    (refused,) = [json.loads(each) for each in log.getvalue().splitlines() if "webhook_refused" in each]
    assert refused["path"] == "/twilio/sms"
    assert refused["expected_url"] == f"{world.runtime.settings.public_url}/twilio/sms?x=1"
    assert refused["mend"] == "TWILIO_ACCOUNT_SID, unless a stranger has asked"
