"""API keys: who may do what, and that a revoked one opens nothing from then on."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from alertnet.store.records.credentials import api_keys
from alertnet.store.views import incident_list
from tests.web.conftest import MakeKey

REPORT = {"type": "arrest", "country": "CO"}
MAY = [
    ("raise", 201, 403, 403),
    ("read", 403, 200, 403),
    ("coordinate", 403, 403, 200),
    ("administer", 201, 200, 200),
]


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer alertnet_abcdefgh_00"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer é"},
    ],
    ids=["no key", "an invented key", "another scheme", "no ASCII"],
)
def test_without_a_key_in_force_nothing_is_done(client: TestClient, header: dict[str, str]) -> None:
    encoded = {name.encode(): value.encode() for name, value in header.items()}

    response = client.post("/v1/incidents", json=REPORT, headers=encoded)

    assert (response.status_code, response.headers["content-type"]) == (401, "application/problem+json")
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="alertnet"')


def test_a_stranger_hears_of_the_key_and_not_of_the_body(client: TestClient) -> None:
    assert client.post("/v1/incidents", json={"type": "parking"}).status_code == 401


@pytest.mark.parametrize(("scope", "raising", "reading", "coordinating"), MAY)
def test_a_key_does_what_its_scope_says_and_no_more(
    client: TestClient, key: MakeKey, scope: str, raising: int, reading: int, coordinating: int
) -> None:
    ref = client.post("/v1/incidents", json=REPORT, headers=key("raise")).json()["ref"]
    headers = key(scope)

    assert client.post("/v1/incidents", json=REPORT, headers=headers).status_code == raising
    assert client.get(f"/v1/incidents/{ref}", headers=headers).status_code == reading
    assert (
        client.post(f"/v1/incidents/{ref}/close", json={"reason": "resolved"}, headers=headers).status_code
        == coordinating
    )


def test_a_refusal_names_the_scope_that_is_lacking(client: TestClient, key: MakeKey) -> None:
    response = client.get("/v1/incidents", headers=key("raise"))

    assert response.headers["content-type"] == "application/problem+json"
    assert "'read'" in response.json()["detail"]
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_a_revoked_key_opens_nothing_at_once(client: TestClient, runtime: Runtime) -> None:
    id, text = runtime.transact(api_keys.create, None, ["read"])
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/v1/incidents", headers=headers).status_code == 200

    runtime.transact(api_keys.revoke, id)

    assert client.get("/v1/incidents", headers=headers).status_code == 401


def test_an_incident_belongs_to_the_team_of_the_key_that_raised_it(
    client: TestClient, key: MakeKey, runtime: Runtime
) -> None:
    ref = client.post("/v1/incidents", json=REPORT, headers=key("raise", team="north")).json()["ref"]

    facts = runtime.read(lambda tx: incidents.get(tx.session, incidents.id_of(tx, ref)).facts)

    assert facts.team == "north"


@pytest.mark.parametrize("header", [{}, {"Idempotency-Key": "the-same"}], ids=["each anew", "the same request"])
def test_a_revoked_key_does_nothing_any_more_though_it_was_used_a_moment_ago(
    client: TestClient, runtime: Runtime, header: dict[str, str]
) -> None:
    """A1: neither does it hear again what was answered to it."""
    id, text = runtime.transact(api_keys.create, None, ["raise"])
    headers = {"Authorization": f"Bearer {text}"} | header
    assert client.post("/v1/incidents", json=REPORT, headers=headers).status_code == 201

    runtime.transact(api_keys.revoke, id)
    answers = [client.post("/v1/incidents", json=REPORT, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.text for answer in answers}) == 1
    assert runtime.read(lambda tx: len(incident_list.page(tx.session, None, None, 10, None))) == 1


@pytest.mark.parametrize("header", [{}, {"Idempotency-Key": "another"}], ids=["each anew", "once"])
def test_a_revoked_key_hears_nothing_else_of_its_report(
    client: TestClient, runtime: Runtime, header: dict[str, str]
) -> None:
    """What the trees know, which a report that is refused tells, is no longer for whoever has the key."""
    id, text = runtime.transact(api_keys.create, None, ["raise"])
    headers = {"Authorization": f"Bearer {text}"}
    refused = REPORT | {"exclude": ["nobody-of-that-name"]}
    assert client.post("/v1/incidents", json=refused, headers=headers).status_code == 422
    assert client.post("/v1/incidents", json=REPORT, headers=headers).status_code == 201

    runtime.transact(api_keys.revoke, id)
    answer = client.post("/v1/incidents", json=refused, headers=headers | header)

    assert answer.status_code == 401
    assert "exclude" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/quarantine", None),
        ("GET", "/v1/incidents/{ref}/recordings", None),
        ("POST", "/v1/incidents/{ref}/re-resolve", {"apply": False}),
        (
            "POST",
            "/v1/journeys",
            {"team": "nobodys", "legs": [{"to": "L12", "expected_at": "2026-11-24T06:00:00Z"}]},
        ),
    ],
)
def test_a_revoked_key_reads_nothing_though_it_acted_a_moment_ago(
    client: TestClient, runtime: Runtime, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """B5: this process knows the key from its report; a coordinator's pages are for keys in force all the same."""
    id, text = runtime.transact(api_keys.create, None, ["administer"])
    headers = {"Authorization": f"Bearer {text}"}
    path = path.format(ref=client.post("/v1/incidents", json=REPORT, headers=headers).json()["ref"])
    assert client.request(method, path, json=body, headers=headers).status_code != 401

    runtime.transact(api_keys.revoke, id)

    assert client.request(method, path, json=body, headers=headers).status_code == 401


def test_a_key_that_is_known_is_not_looked_up_to_act(
    client: TestClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = runtime.transact(api_keys.create, None, ["raise"])
    headers = {"Authorization": f"Bearer {text}"}
    assert client.post("/v1/incidents", json=REPORT, headers=headers).status_code == 201
    monkeypatch.setattr(api_keys, "find", lambda *_: None)

    assert client.post("/v1/incidents", json=REPORT, headers=headers).status_code == 201
    assert client.post("/v1/incidents", json=REPORT, headers={"Authorization": f"Bearer {text}0"}).status_code == 401
