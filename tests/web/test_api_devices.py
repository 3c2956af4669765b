"""Alarms from devices (B5): raised by a key of its own, their position for coordinators alone."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.directory.contact_tree import Network
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import alarms, notifications
from tests.support.clock import Clock
from tests.web.conftest import MakeKey

ALARM = "/v1/devices/bracelet-1/alarm"
POSITION = {"position": {"latitude": 4.60971, "longitude": -74.08175, "accuracy": 20}}
WHERE = "4.60971, -74.08175 (20 m)"


@pytest.fixture
def own(key: MakeKey) -> dict[str, str]:
    """The key of Ana's bracelet, as headers."""
    return key("device:bracelet-1", team="north")


def texts(client: TestClient, ref: str, key: dict[str, str]) -> list[dict[str, Any]]:
    shown = client.get(f"/v1/incidents/{ref}", headers=key).json()
    return list(shown.get("texts", []))


def test_a_device_raises_an_alarm_that_coordinators_decide_on(
    client: TestClient, runtime: Runtime, key: MakeKey, own: dict[str, str]
) -> None:
    """B3: whoever has found a bracelet may press it; in the name of its team, critical, for coordination alone."""
    answer = client.post(ALARM, json=POSITION, headers=own)

    assert (answer.status_code, answer.json()["status"]) == (201, "open")
    shown = client.get(f"/v1/incidents/{answer.json()['ref']}", headers=key("read", team="north")).json()
    assert (shown["severity"], shown["verified"], shown["type"]) == ("critical", False, "other")
    told = runtime.read(lambda tx: tx.session.execute(notifications.select()).all())
    assert {row.kind for row in told} == {"alert", "decision"}
    assert not any("4.6" in str(row.said) for row in told)


def test_where_it_is_coordinators_alone_read(client: TestClient, key: MakeKey, own: dict[str, str]) -> None:
    """A9: a key that reads may lie where the team is."""
    ref = client.post(ALARM, json=POSITION, headers=own).json()["ref"]
    reads, coordinates = key("read"), key("read", "coordinate")

    assert [each["text"] for each in texts(client, ref, coordinates)] == [WHERE]
    assert WHERE in client.get(f"/v1/incidents/{ref}/timeline", headers=coordinates).text
    for path in (f"/v1/incidents/{ref}", f"/v1/incidents/{ref}/timeline"):
        assert ref in client.get(f"/v1/incidents/{ref}", headers=reads).text
        assert "4.60971" not in client.get(path, headers=reads).text


def test_while_it_runs_the_same_is_an_update(
    client: TestClient, key: MakeKey, own: dict[str, str], clock: Clock
) -> None:
    """B5: one incident, each position in it; closed, the next one opens another."""
    first = client.post(ALARM, json=POSITION, headers=own).json()["ref"]
    clock.forward(minutes=1)
    moved = client.post(ALARM, json={"position": {"latitude": 5, "longitude": -74}, "text": "moving"}, headers=own)

    assert (moved.status_code, moved.json()["ref"]) == (200, first)
    assert [each["text"] for each in texts(client, first, key("coordinate", "read"))] == [
        WHERE,
        "5.00000, -74.00000\nmoving",
    ]
    client.post(f"/v1/incidents/{first}/close", json={"reason": "resolved"}, headers=key("coordinate"))
    again = client.post(ALARM, json={}, headers=own)
    assert (again.status_code, again.json()["ref"] == first) == (201, False)


def rings(runtime: Runtime) -> list[str]:
    """What the coordinators were rung about, apart from the question whether it is true."""
    rows = runtime.read(lambda tx: tx.session.execute(alarms.select().order_by(alarms.c.raised_at)).all())
    return [row.subject for row in rows if row.kind == "alarm"]


def severity(client: TestClient, ref: str, key: dict[str, str]) -> str:
    return str(client.get(f"/v1/incidents/{ref}", headers=key).json()["severity"])


@pytest.mark.parametrize("again", [{}, POSITION, {"type": "arrest"}])
def test_a_graver_press_makes_it_graver_and_rings(
    client: TestClient, runtime: Runtime, key: MakeKey, own: dict[str, str], clock: Clock, again: dict[str, Any]
) -> None:
    """A12: a cry for help is not lost in what was pressed the day before; what is less grave lowers nothing."""
    ref = client.post(ALARM, json={"type": "defamation"}, headers=own).json()["ref"]
    assert (severity(client, ref, key("read")), rings(runtime)) == ("watch", [])
    clock.forward(minutes=600)
    clock.forward(minutes=600)

    assert client.post(ALARM, json=again, headers=own).json()["ref"] == ref
    assert (severity(client, ref, key("read")), rings(runtime)) == ("critical", ["sos_again"])

    client.post(ALARM, json={"type": "defamation"}, headers=own)
    assert (severity(client, ref, key("read")), rings(runtime)) == ("critical", ["sos_again"])


def test_a_second_cry_rings_and_where_it_is_by_now_does_not(
    client: TestClient, runtime: Runtime, own: dict[str, str], clock: Clock
) -> None:
    """B9: positions of an alarm that runs are news; after a silence, or without one, somebody has pressed again."""
    client.post(ALARM, json=POSITION, headers=own)
    for _ in range(5):
        clock.forward(minutes=50)
        client.post(ALARM, json=POSITION, headers=own)
    assert rings(runtime) == []

    clock.forward(minutes=70)
    client.post(ALARM, json=POSITION, headers=own)
    assert rings(runtime) == ["sos_again"]
    client.post(ALARM, json={}, headers=own)
    assert rings(runtime) == ["sos_again"]
    runtime.transact(lambda tx: tx.session.execute(alarms.update().values(due_at=None, answer="acknowledged")).close())
    client.post(ALARM, json={}, headers=own)
    assert rings(runtime) == ["sos_again", "sos_again"]


def test_the_same_request_again_has_one_effect(client: TestClient, key: MakeKey, own: dict[str, str]) -> None:
    """A1: a device on a bad line asks until it is answered."""
    answers = [client.post(ALARM, json=POSITION, headers=own | {"Idempotency-Key": "1"}) for _ in range(3)]

    assert {(each.status_code, each.json()["ref"]) for each in answers} == {(201, answers[0].json()["ref"])}
    assert len(texts(client, answers[0].json()["ref"], key("coordinate", "read"))) == 1


def test_the_key_of_a_device_opens_nothing_else(client: TestClient, key: MakeKey, own: dict[str, str]) -> None:
    """It travels in a pocket: it raises its own device's alarm, reads nothing, and no other key raises it."""
    assert client.post(ALARM, json={}, headers=own).status_code == 201

    assert client.post("/v1/devices/bracelet-2/alarm", json={}, headers=own).status_code == 403
    assert client.get("/v1/incidents", headers=own).status_code == 403
    assert client.post("/v1/incidents", json={"type": "arrest", "country": "CO"}, headers=own).status_code == 403
    assert client.post(ALARM, json={}, headers=key("raise", team="north")).status_code == 403
    assert client.post(ALARM, json={}, headers=key("administer")).status_code == 403
    assert client.post(ALARM, json={}).status_code == 401


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"position": {"latitude": 91, "longitude": 0}}, 'position.latitude: 91\nposition: {"longitude": 0}'),
        ({"position": {"latitude": 4}}, 'position: {"latitude": 4}'),
        (POSITION | {"position": POSITION["position"] | {"accuracy": -1}}, "4.60971, -74.08175\nposition.accuracy: -1"),
        (POSITION | {"position": POSITION["position"] | {"altitude": 3}}, f"{WHERE}\nposition.altitude: 3"),
        ({"position": "up the hill"}, "position: up the hill"),
        ({"type": "panic"}, "type: panic"),
        ({"battery": 5, "text": "help"}, "help\nbattery: 5"),
        ({"text": "he\x07lp\x00\nnow"}, "help now"),
        ({"text": "x" * 501}, "text: " + "x" * 501),
        ({"text": ["help", {"é": None}]}, 'text: ["help", {"é": null}]'),
        ({"at": "1970-01-01T00:00:00Z"}, "at: 1970-01-01T00:00:00Z"),
        ({"at": "2026-11-26T22:00:00"}, "at: 2026-11-26T22:00:00"),
        ({"a\x00b": 1, "left_out": "this too"}, "this too"),
        ({"left_out": 5}, "left_out: 5"),
        (dict.fromkeys("zyxwvutsrq", 1), "\n".join(f"{name}: 1" for name in "zyxwvutsrq")),
        ({"note": "x" * 60_000}, "note: " + "x" * 3_994),
    ],
)
def test_what_can_not_be_used_is_read_as_it_came(
    client: TestClient, key: MakeKey, own: dict[str, str], body: dict[str, Any], read: str
) -> None:
    """A12: nothing that a device adds keeps its alarm from people; where it is stays with coordinators."""
    answer = client.post(ALARM, json=body, headers=own)

    assert answer.status_code == 201
    ref, reads = answer.json()["ref"], key("read")
    assert severity(client, ref, reads) == "critical"
    assert [each["text"] for each in texts(client, ref, key("coordinate", "read"))] == [read]
    assert "left_out" not in client.get(f"/v1/incidents/{ref}/timeline", headers=reads).text


def test_a_body_of_many_and_deep_fields_is_an_alarm(client: TestClient, own: dict[str, str]) -> None:
    deep = '{"a": ' + "[" * 400 + "]" * 400 + "}"
    many = json.dumps({f"field{number}": number for number in range(3_000)})
    for body in (deep, many):
        answer = client.post(ALARM, content=body, headers=own | {"Content-Type": "application/json"})
        assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'{"text": "help us, they', '{"text": "help us, they'),
        (b'{"text": "caf\xe9 at the', '{"text": "caf\ufffd at the'),
        (b'{"text": "a"}{"text": "b"}', '{"text": "a"}{"text": "b"}'),
        (b"[" * 60_000, "[" * 3_994),
        (b'{"battery": ' + b"9" * 5_000 + b"}", '{"battery": ' + "9" * 3_982),
    ],
    ids=["broken off", "in another encoding", "two in one", "too deep", "too large a number"],
)
def test_what_is_no_json_is_read_as_it_came(
    client: TestClient, key: MakeKey, own: dict[str, str], sent: bytes, read: str
) -> None:
    """A12: half of what a satellite carries is an alarm, too."""
    answer = client.post(ALARM, content=sent, headers=own | {"Content-Type": "application/json"})

    assert answer.status_code == 201
    assert [each["text"] for each in texts(client, answer.json()["ref"], key("coordinate", "read"))] == [
        f"body: {read}"
    ]


@pytest.mark.parametrize("id", ["a%0D%0Ab", "%F0%9F%92%A5", "a%22b"], ids=["line break", "no letter", "quote"])
def test_a_name_that_no_device_has_is_refused_in_words(client: TestClient, own: dict[str, str], id: str) -> None:
    answer = client.post(f"/v1/devices/{id}/alarm", json={}, headers=own)

    assert answer.status_code == 403
    assert f'scope="device:{id}"' in answer.headers["WWW-Authenticate"]


def test_of_a_team_that_nobody_knows_every_tree_is_told(client: TestClient, key: MakeKey, network: Network) -> None:
    """A12: teams.yaml was edited, and a device in a pocket has the key of before; again, it is the same incident."""
    renamed = key("device:bracelet-1", team="renamed")
    answer = client.post(ALARM, json=POSITION, headers=renamed)

    assert answer.status_code == 201
    shown = client.get(f"/v1/incidents/{answer.json()['ref']}", headers=key("read")).json()
    assert (shown["severity"], shown["consent"]) == ("critical", "internal")
    assert any("renamed" in each for each in shown["warnings"])
    assert {each["tree"] for each in shown["escalations"]} == set(network.trees)
    assert client.post(ALARM, json=POSITION, headers=renamed).json()["ref"] == answer.json()["ref"]


def test_a_scope_of_a_device_stands_alone(runtime: Runtime) -> None:
    """No key both raises a device's alarm and reads."""
    for scopes in (("device:a", "read"), ("device:A",), ("device:",), ("device:" + "a" * 33,)):
        with pytest.raises(Exception, match="scopes"):
            runtime.transact(api_keys.create, "north", scopes)
    assert runtime.transact(api_keys.create, "north", ("device:a",))


@pytest.mark.parametrize("sent", [b"", b"null", b"5", b"[]", b'"pressed"', b"lat=4.6&lon=-74", b"\xff\x00 pressed"])
def test_a_device_that_sends_nothing_that_we_know_raises_its_alarm(
    client: TestClient, own: dict[str, str], sent: bytes
) -> None:
    """A12: a button that has nothing to say but that it was pressed."""
    type = "application/json" if sent[:1] in b'n5["' else "text/plain"

    answer = client.post(ALARM, content=sent, headers=own | {"Content-Type": type})

    assert (answer.status_code, answer.json()["status"]) == (201, "open")
