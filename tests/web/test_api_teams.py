"""A key with a team opens that team's incidents alone: any other is as one that does not exist."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.inbound import InboundText
from tests.web.conftest import MakeKey

REPORT = {"type": "arrest", "country": "CO"}
ANA = "+573005550001"  # of team north, in the example trees
NOBODYS = "Z-2222"
VOUCHED = {"tree": "colombia", "contact": "coordinator", "kind": "acknowledged"}
BODIES: dict[str, dict[str, Any]] = {
    "updates": {"text": "news"},
    "go": {"decision": "go"},
    "acknowledgements": VOUCHED,
    "actions": {"contact": "coordinator", "action": "visited"},
    "consent": {"scope": "internal", "given_by": "Ana", "how": "by phone"},
    "exclude": {"contacts": ["coordinator"]},
    "re-resolve": {"apply": False},
    "merge": {"into": "A-7K3M"},
    "split": {"reports": ["A-7K3M"]},
    "close": {"reason": "resolved"},
    "reopen": {"reason": "not over"},
}
UNDERSTOOD = ["arrest", "L12", "P7", "C3"]
UNDER_AN_INCIDENT = "/v1/incidents/{ref}"


@pytest.fixture
def norths(client: TestClient, key: MakeKey) -> str:
    """The reference of an incident of team north."""
    return str(client.post("/v1/incidents", json=REPORT, headers=key("raise", team="north")).json()["ref"])


def routes(client: TestClient) -> list[tuple[str, str]]:
    """Each (method, path) of an incident that is documented."""
    app = client.app
    assert isinstance(app, FastAPI)
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        if path.startswith(UNDER_AN_INCIDENT)
        for method in methods
    ]


def ask(client: TestClient, method: str, path: str, ref: str, headers: dict[str, str], **more: str) -> Response:
    last = path.rpartition("/")[2]
    body = BODIES[last] if method == "POST" else None
    return client.request(method, path.format(ref=ref, id="0a"), json=body, headers={**headers, **more})


def test_another_teams_incident_is_as_one_that_does_not_exist(client: TestClient, key: MakeKey, norths: str) -> None:
    """B5: whatever is asked of it, and by whatever scope, the answer is that to an invented reference."""
    souths = key("administer", team="south")
    asked = routes(client)
    assert len(asked) >= len(BODIES) + 4

    for method, path in asked:
        refused = ask(client, method, path, norths, souths)
        invented = ask(client, method, path, NOBODYS, souths)

        assert refused.status_code == 404, (method, path, refused.text)
        assert refused.text == invented.text.replace(NOBODYS, norths)
        assert refused.headers == invented.headers

    shown = client.get(f"/v1/incidents/{norths}", headers=key("read"))
    assert shown.json()["status"] == "open"


def test_an_idempotency_key_gives_another_teams_incident_away_to_nobody(
    client: TestClient, key: MakeKey, norths: str
) -> None:
    once = {"Idempotency-Key": "close-1"}
    path = f"/v1/incidents/{norths}/close"
    assert client.post(path, json=BODIES["close"], headers=key("coordinate", team="north") | once).status_code == 200

    answer = client.post(path, json=BODIES["close"], headers=key("coordinate", team="south") | once)

    assert answer.status_code == 404


def test_a_team_acts_on_its_own_incident(client: TestClient, key: MakeKey, norths: str) -> None:
    own = key("read", "coordinate", team="north")

    assert client.get(f"/v1/incidents/{norths}", headers=own).json()["ref"] == norths
    assert client.get(f"/v1/incidents/{norths}/timeline", headers=own).json()["items"]
    assert client.post(f"/v1/incidents/{norths}/close", json=BODIES["close"], headers=own).status_code == 200


def test_a_team_lists_its_own_incidents(client: TestClient, key: MakeKey, norths: str) -> None:
    others = [
        client.post("/v1/incidents", json=REPORT, headers=key("raise", team=team)).json()["ref"]
        for team in ("south", None)
    ]

    def listed(team: str | None, **query: str) -> list[str]:
        answer = client.get("/v1/incidents", params=query, headers=key("read", team=team)).json()
        return sorted(item["ref"] for item in answer["items"])

    assert listed("north") == listed("north", status="open") == [norths]
    assert listed("north", status="closed") == []
    assert listed(None) == sorted([norths, *others])


def test_what_a_member_reports_by_sms_is_the_teams(client: TestClient, key: MakeKey, runtime: Runtime) -> None:
    reply = runtime.transact(receive_sms, runtime.edition, InboundText("SM1", ANA, "SOS"))
    assert reply is not None
    path = f"/v1/incidents/{reply.said.ref}"

    assert client.get(path, headers=key("read", team="north")).status_code == 200
    assert client.get(path, headers=key("read", team="south")).status_code == 404


def test_a_team_may_play_a_tree_through(client: TestClient, key: MakeKey) -> None:
    answer = client.post("/v1/trees/colombia/preview", json={"type": "arrest"}, headers=key("read", team="north"))

    assert answer.status_code == 200


def test_what_people_wrote_is_for_keys_that_coordinate(client: TestClient, key: MakeKey, runtime: Runtime) -> None:
    """A12: in full, with the number that calls back; a key that may lie where the team is shows none of it."""
    runtime.transact(receive_sms, runtime.edition, InboundText("SM1", ANA, "they took P7\nto the north"))
    listed = client.get("/v1/incidents", headers=key("read")).json()["items"]
    path = f"/v1/incidents/{listed[0]['ref']}"

    shown = {scope: client.get(path, headers=key("read", scope)).json() for scope in ("raise", "coordinate")}

    assert "texts" not in {**shown["raise"], **listed[0]}
    assert "people" not in shown["raise"]
    [text] = shown["coordinate"]["texts"]
    assert (text["sender"], text["number"], text["text"]) == ("north/ana", ANA, "they took P7\nto the north")


def test_the_history_tells_what_people_wrote_to_keys_that_coordinate_alone(
    client: TestClient, key: MakeKey, runtime: Runtime
) -> None:
    """A9, B4: a team's key, found with its phone, read every word about the incident in the history."""
    texted = InboundText("SM1", ANA, "SOS 20 L12 P7 C3 taken to the north")
    reply = runtime.transact(receive_sms, runtime.edition, texted)
    assert reply is not None
    path, acts = f"/v1/incidents/{reply.said.ref}", key("administer")
    for act, body in (
        ("updates", {"text": "seen at the north"}),
        ("consent", {"scope": "internal", "people": ["P7"], "given_by": "Ana of the north", "how": "from the north"}),
        ("acknowledgements", VOUCHED),
        ("actions", {"contact": "coordinator", "action": "visited", "note": "the north post"}),
        ("close", {"reason": "resolved", "text": "back from the north"}),
        ("reopen", {"reason": "north again"}),
    ):
        assert client.post(f"{path}/{act}", json=body, headers=acts).status_code < 300, act

    def read(*scopes: str) -> tuple[str, list[Any]]:
        keys = key("read", *scopes, team="north")
        history = client.get(f"{path}/timeline", headers=keys).json()["items"]
        shown = [client.get(each, headers=keys).json() for each in (path, "/v1/incidents")]
        return str([history, shown]), [
            each["payload"]["understood"] for each in history if each["kind"] == "report_received"
        ]

    words, understood = read("coordinate")
    assert all(each in words for each in ("taken to", "seen at", "Ana of", "from", "post", "back from", "north again"))
    assert understood == [UNDERSTOOD]
    words, understood = read()
    assert re.findall(r"the north|north again|\b(?:L12|P7)\b", words) == []
    assert understood == [["arrest"]]


def test_codes_come_with_what_they_stand_for_to_keys_that_coordinate(
    client: TestClient, key: MakeKey, runtime: Runtime
) -> None:
    """A12, A9: what a person is, and never who."""
    reply = runtime.transact(receive_sms, runtime.edition, InboundText("SM1", ANA, "SOS 20 L12 P7"))
    assert reply is not None

    shown = client.get(f"/v1/incidents/{reply.said.ref}", headers=key("read", "coordinate")).json()

    assert shown["place"] == "L12"
    assert shown["people"] == [{"code": "P7", "kind": "accompanier", "nationality": "ES", "organisation": None}]
    assert shown["texts"][0]["understood"] == ["arrest", "L12", "P7"]
    assert shown["texts"][0]["codes"] == {"L12": "place", "P7": "person"}
