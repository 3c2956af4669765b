"""The provider's codes and statuses, as a table that a person may check against its documentation."""

import pytest

from alertnet.core.delivery.provider_codes import failure_of, is_throttle, outcome_of_call, outcome_of_sms
from alertnet.core.notification import AttemptStatus, Failure

DELIVERED = (AttemptStatus.DELIVERED, None)
SENT = (AttemptStatus.SENT, None)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (21211, Failure.INVALID),
        ("21614", Failure.INVALID),
        (30006, Failure.INVALID),
        (21610, Failure.OPTED_OUT),
        (20003, Failure.OUR_ACCOUNT),
        (401, Failure.OUR_ACCOUNT),
        (21408, Failure.OUR_ACCOUNT),
        pytest.param(21612, Failure.OUR_ACCOUNT, id="our number may not text that country"),
        (572005, Failure.OUR_ACCOUNT),
        (573005, Failure.OUR_ACCOUNT),
        (30044, Failure.OUR_ACCOUNT),
        (30036, Failure.EXPIRED),
        (30007, Failure.FILTERED),
        pytest.param(30003, Failure.UNDELIVERED, id="a handset switched off is no bad number"),
        pytest.param(99999, Failure.UNDELIVERED, id="a code that came later"),
        (None, Failure.UNDELIVERED),
        ("", Failure.UNDELIVERED),
        ("²", Failure.UNDELIVERED),
        ("9" * 5000, Failure.UNDELIVERED),
    ],
)
def test_a_code_has_a_failure(code: int | str | None, failure: Failure) -> None:
    assert failure_of(code) is failure


@pytest.mark.parametrize("code", [20429, "429", 21611, 14107, 22005, 10004, 86008])
def test_a_throttled_request_was_never_processed(code: int | str) -> None:
    assert is_throttle(code)
    assert not is_throttle(21211)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("queued", None, SENT),
        ("accepted", None, SENT),
        ("sending", None, SENT),
        pytest.param("sent", None, SENT, id="sent may be final and is no proof"),
        ("delivered", None, DELIVERED),
        ("read", None, DELIVERED),
        ("undelivered", "30005", (AttemptStatus.FAILED, Failure.INVALID)),
        ("failed", "30036", (AttemptStatus.FAILED, Failure.EXPIRED)),
        ("failed", None, (AttemptStatus.FAILED, Failure.UNDELIVERED)),
        ("canceled", None, (AttemptStatus.FAILED, Failure.UNDELIVERED)),
        pytest.param("teleported", None, SENT, id="an unknown status concludes nothing"),
    ],
)
def test_a_message_status_has_an_outcome(status: str, code: str | None, outcome: object) -> None:
    assert outcome_of_sms(status, code) == outcome


@pytest.mark.parametrize(
    ("status", "sip_code", "code", "outcome"),
    [
        ("queued", None, None, SENT),
        ("ringing", None, None, SENT),
        ("in-progress", None, None, SENT),
        ("completed", "200", None, DELIVERED),
        ("busy", "486", None, (AttemptStatus.FAILED, Failure.BUSY)),
        ("no-answer", None, None, (AttemptStatus.FAILED, Failure.NO_ANSWER)),
        pytest.param("failed", "480", None, (AttemptStatus.FAILED, Failure.NO_ANSWER), id="out of reach"),
        pytest.param(
            "failed", "404", None, (AttemptStatus.FAILED, Failure.UNDELIVERED), id="404 strikes no number off"
        ),
        ("failed", None, "21217", (AttemptStatus.FAILED, Failure.INVALID)),
        ("canceled", None, None, (AttemptStatus.CANCELLED, None)),
        ("teleported", None, None, SENT),
    ],
)
def test_a_call_status_has_an_outcome(status: str, sip_code: str | None, code: str | None, outcome: object) -> None:
    assert outcome_of_call(status, sip_code, code) == outcome
