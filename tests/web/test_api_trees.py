"""What the trees would do, asked before it happens (B5)."""

from contextlib import ExitStack

from fastapi.testclient import TestClient
from httpx2 import Response

from alertnet.core.limits import REQUESTS, TREE_CHECKS
from alertnet.web.throttle import ROOM
from tests.support.clock import Clock
from tests.web.conftest import MakeKey

ARREST = {
    "type": "arrest",
    "country": "CO",
    "consent": "international",
    "nationality": ["ES"],
    "perpetrator": "army",
    "at": "2026-11-25T03:00:00Z",
    "hours": 1.0,
}


def test_a_preview_says_who_would_hear_what_and_when(api: TestClient) -> None:
    played = api.post("/v1/trees/colombia/preview", json=ARREST).json()

    first = played["events"][0]
    assert (first["contact"], first["method"], first["offset_seconds"]) == ("coordinator", "sms", 0)
    assert first["local_time"] == "2026-11-24T22:00:00-05:00"
    assert {each["tree"] for each in played["pruned"]} == {"colombia"}
    assert ("brigade", "perpetrator") in [(each["contact"], each["reason"]) for each in played["pruned"]]


def test_a_preview_plays_with_the_answers_it_is_given(api: TestClient) -> None:
    case = {**ARREST, "answers": ["coordinator@2m", "ombuds@11m"]}

    played = api.post("/v1/trees/colombia/preview", json=case).json()

    assert max(each["offset_seconds"] for each in played["events"] if each["contact"] == "ombuds") <= 11 * 60


def test_a_preview_of_people_is_of_those_whom_the_records_know(api: TestClient) -> None:
    """A3: P9 is kept from the ministry, whatever the case says. What a preview shows is what a report would do."""
    case = {**ARREST, "nationality": [], "people": [{"code": "P9"}]}

    played = api.post("/v1/trees/colombia/preview", json=case).json()
    incident = api.post("/v1/incidents", json={"people": case["people"], **_raised(ARREST)}).json()

    shown = {(each["contact"], each["reason"]) for each in played["pruned"]}
    assert ("ministry-defence", "excluded") in shown
    assert shown == {(each["contact"], each["reason"]) for each in incident["pruned"] if each["tree"] == "colombia"}


def _raised(case: dict[str, object]) -> dict[str, object]:
    return {name: case[name] for name in ("type", "country", "consent", "perpetrator")}


def test_a_preview_opens_no_incident_and_sends_nothing(api: TestClient) -> None:
    played = api.post("/v1/trees/colombia/preview", json=ARREST).json()

    assert played["events"] != []
    assert api.get("/v1/incidents").json()["items"] == []


def test_what_can_not_be_played_is_refused_by_name(api: TestClient) -> None:
    assert api.post("/v1/trees/nowhere/preview", json=ARREST).status_code == 404
    for field, value in (("type", "riot"), ("hours", 1000.0), ("answers", ["nobody@3m"]), ("color", "red")):
        refused = api.post("/v1/trees/colombia/preview", json={**ARREST, field: value})
        assert refused.status_code == 422, refused.text
        assert field in refused.text


def test_a_preview_takes_a_key_that_may_read(client: TestClient, key: MakeKey) -> None:
    assert client.post("/v1/trees/colombia/preview", json=ARREST).status_code == 401
    refused = client.post("/v1/trees/colombia/preview", json=ARREST, headers=key("raise"))
    assert refused.status_code == 403


def test_a_key_plays_so_many_cases_and_waits_its_turn(client: TestClient, clock: Clock, key: MakeKey) -> None:
    """B9: each takes the processor for long, which a text that cries for help must not wait for."""
    bearer, other, short = key("read"), key("read"), ARREST | {"hours": 0.1}

    def plays(by: dict[str, str]) -> Response:
        return client.post("/v1/trees/colombia/preview", json=short, headers=by)

    played = [plays(bearer) for _ in range(REQUESTS.most)]
    clock.forward(seconds=1)
    played += [plays(bearer) for _ in range(TREE_CHECKS.most + 1 - REQUESTS.most)]
    assert [each.status_code for each in played] == [200] * TREE_CHECKS.most + [429]
    assert played[-1].headers["Retry-After"] == "1"

    with ExitStack() as held:
        while ROOM.acquire(blocking=False):
            held.callback(ROOM.release)
        assert (plays(other).status_code, plays(other).headers["Retry-After"]) == (503, "5")
    assert plays(other).status_code == 200
