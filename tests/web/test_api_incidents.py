"""Incidents over HTTP: raised, shown in exactly the shape of B5, listed, and their history."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from alertnet.core.directory.contact_tree import Network
from alertnet.messages.templates.load import Templates
from alertnet.runtime.wiring import wire
from alertnet.store.records.credentials import api_keys
from alertnet.web.app import make_app
from tests.database import migrate
from tests.support.clock import Clock
from tests.web.conftest import MakeKey, settings_for

FULL: dict[str, Any] = {
    "type": "arrest",
    "severity": "critical",
    "country": "CO",
    "occurred_at": "2026-11-24T03:00:00Z",
    "place": "L12",
    "summary": "one line for those who may read it",
    "details": "confidential narrative\nof several lines",
    "people": [{"code": "P7", "kind": "accompanier", "nationality": "ES", "name": "Someone", "contact": None}],
    "perpetrator": "army",
    "ask": "call_authority",
    "consent": "international",
    "exclude": ["ministry-defence"],
    "certainty": "observed",
    "drill": False,
}
SHAPE = {
    "": "ref status type severity consent drill verified opened_at"
    " escalations pruned notifications acknowledgements actions warnings",
    "escalations": "tree scope status level round due_at",
    "pruned": "tree level contact reason",
    "notifications": "tree level round contact method kind language trees status attempts",
    "notifications.attempts": "id status at provider_id error",
    "acknowledgements": "id tree contact kind via at revoked_at",
    "actions": "contact action at note",
}


def keys_of(answer: dict[str, Any], path: str) -> list[str]:
    """The keys of the first item found along the path."""
    item: Any = answer
    for name in filter(None, path.split(".")):
        item = item[name][0]
    return list(item)


def raised(api: TestClient, **fields: Any) -> dict[str, Any]:
    """The answer to a raised incident."""
    response = api.post("/v1/incidents", json={"type": "arrest", "country": "CO"} | fields)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize(
    "fields",
    [
        FULL,
        FULL | {"drill": True},
        {"type": "threat", "country": "CO"},
        {"type": "arrest", "country": "CO", "exclude": ["coordinator"]},
        {"type": "raid", "country": "NZ"},
    ],
    ids=["in full", "a drill", "in short", "some are spared", "nobody serves the country"],
)
def test_raising_answers_201_and_says_where_the_incident_is(api: TestClient, fields: dict[str, Any]) -> None:
    """A1: what a 201 names can be read, and says the same; to whoever coordinates also what people wrote."""
    response = api.post("/v1/incidents", json=fields)

    assert response.status_code == 201
    assert response.headers["Location"] == f"/v1/incidents/{response.json()['ref']}"
    read = api.get(response.headers["Location"]).json()
    assert read == response.json() | {name: read[name] for name in ("place", "people", "texts")}


def test_the_answer_has_the_keys_of_the_design_and_no_others(api: TestClient) -> None:
    """The shape of B5, key for key, with `warnings` beside it."""
    ref = api.post("/v1/incidents", json=FULL).json()["ref"]
    vouched = {"tree": "colombia", "contact": "coordinator", "kind": "acknowledged"}
    assert api.post(f"/v1/incidents/{ref}/acknowledgements", json=vouched).status_code == 201
    acted = {"contact": "coordinator", "action": "called_authority"}

    answer = api.post(f"/v1/incidents/{ref}/actions", json=acted).json()

    assert {path: " ".join(keys_of(answer, path)) for path in SHAPE} == SHAPE


def test_the_answer_says_what_is_known_of_the_incident(api: TestClient) -> None:
    answer = api.post("/v1/incidents", json=FULL).json()

    assert {name: answer[name] for name in ("status", "type", "severity", "consent", "drill", "verified")} == {
        "status": "open",
        "type": "arrest",
        "severity": "critical",
        "consent": "international",
        "drill": False,
        "verified": True,
    }
    assert answer["opened_at"] == "2026-11-24T03:12:00.000Z"


def test_the_first_alert_is_queued_by_the_time_of_the_answer(api: TestClient) -> None:
    """A2: nothing has to be remembered once the answer is out."""
    notification = raised(api)["notifications"][0]

    assert (notification["contact"], notification["method"], notification["kind"]) == ("coordinator", "sms", "alert")
    assert notification["trees"] == ["colombia"]
    assert notification["attempts"][0]["status"] == "queued"


def test_who_is_not_told_is_shown_with_the_reason(api: TestClient) -> None:
    """A3: what was pruned, and why, is shown."""
    pruned = {
        (each["tree"], each["contact"]): each["reason"]
        for each in api.post("/v1/incidents", json=FULL).json()["pruned"]
    }

    assert pruned["international", "embassy-de"] == "nationality"
    assert pruned["colombia", "brigade"] == "perpetrator"
    assert pruned["colombia", "ministry-defence"] == "excluded"


@pytest.mark.parametrize(
    ("type", "severity"), [("arrest", "critical"), ("threat", "moderate"), ("defamation", "watch")]
)
def test_the_severity_is_that_of_the_type_where_none_is_given(api: TestClient, type: str, severity: str) -> None:
    assert raised(api, type=type)["severity"] == severity


def test_consent_is_internal_where_none_is_given(api: TestClient, client: TestClient, key: MakeKey) -> None:
    """A3: also for a key of a team with a wider standing consent, which is for messages that carry none."""
    assert raised(api)["consent"] == "internal"
    response = client.post(
        "/v1/incidents", json={"type": "arrest", "country": "CO"}, headers=key("raise", team="north")
    )
    assert response.json()["consent"] == "internal"


def test_the_consent_that_is_shown_is_the_narrowest_of_the_incident_and_its_people(api: TestClient) -> None:
    """B1: what binds is shown, with the contacts that it leaves out, when it is raised and whenever it is read."""
    answer = raised(api, consent="international", people=[{"code": "P9"}])

    assert answer["consent"] == "national"
    assert {each["contact"]: each["reason"] for each in answer["pruned"]}["embassy-es"] == "consent"
    assert api.get(f"/v1/incidents/{answer['ref']}").json()["consent"] == "national"


def test_where_nobody_in_the_country_may_be_told_the_answer_says_so(api: TestClient) -> None:
    """A2: an incident never resolves to nobody without a word."""
    everyone = ["coordinator", "head-office"]

    answer = raised(api, country="FR", exclude=everyone)

    assert answer["warnings"]


def test_an_incident_is_found_by_its_reference_in_small_letters(api: TestClient) -> None:
    ref = raised(api)["ref"]

    assert api.get(f"/v1/incidents/{ref.lower()}").json()["ref"] == ref


def test_the_list_is_newest_first_and_goes_on_where_a_page_ended(api: TestClient, clock: Clock) -> None:
    refs = []
    for _ in range(52):
        refs.append(raised(api)["ref"])
        clock.forward(minutes=1)

    first = api.get("/v1/incidents").json()
    second = api.get("/v1/incidents", params={"cursor": first["next"]}).json()

    assert [item["ref"] for item in first["items"] + second["items"]] == refs[::-1]
    assert second["next"] is None


def test_the_list_can_be_of_open_or_of_closed_incidents(api: TestClient) -> None:
    closed, opened = raised(api)["ref"], raised(api)["ref"]
    api.post(f"/v1/incidents/{closed}/close", json={"reason": "resolved"})

    assert [item["ref"] for item in api.get("/v1/incidents?status=open").json()["items"]] == [opened]
    assert [item["ref"] for item in api.get("/v1/incidents?status=closed").json()["items"]] == [closed]


def test_the_timeline_is_the_history_in_order(api: TestClient) -> None:
    """A10: each change is on the record."""
    ref = raised(api)["ref"]
    api.post(f"/v1/incidents/{ref}/close", json={"reason": "released", "text": "free since noon"})

    items = api.get(f"/v1/incidents/{ref}/timeline").json()["items"]

    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert items[0]["kind"] == "incident_opened"
    assert next(item["payload"]["text"] for item in items if item["kind"] == "incident_closed") == "free since noon"


def test_the_timeline_goes_on_after_a_seq(api: TestClient) -> None:
    ref = raised(api)["ref"]
    whole = api.get(f"/v1/incidents/{ref}/timeline").json()["items"]

    assert api.get(f"/v1/incidents/{ref}/timeline?cursor=1").json()["items"] == whole[1:]


def test_the_trees_in_force_are_listed_with_their_versions(api: TestClient) -> None:
    answer = api.get("/v1/trees").json()

    assert [(tree["id"], tree["scope"], tree["countries"]) for tree in answer["items"]] == [
        ("colombia", "national", ["CO"]),
        ("international", "international", ["*"]),
    ]
    assert all(len(tree["version"]) == 64 for tree in answer["items"])
    assert answer["faults"] == []


@pytest.mark.postgres
def test_a_report_asks_postgresql_three_times(
    postgres: str, network: Network, templates: Templates, tmp_path: Path
) -> None:
    """Each time it waits. The key, the codes and the reference are asked for together, and the last is the commit."""
    runtime = wire(settings_for(postgres), network, templates)
    migrate(runtime.engine)
    _, key = runtime.transact(api_keys.create, None, ["raise"])
    said = tmp_path / "said"

    with TestClient(make_app(runtime), headers={"Authorization": f"Bearer {key}"}) as api, said.open("w") as file:
        raised(api)
        event.listen(runtime.engine, "checkout", lambda driver, *_: driver.pgconn.trace(file.fileno()))
        event.listen(runtime.engine, "checkin", lambda driver, *_: driver.pgconn.untrace())
        raised(api)
    runtime.close()

    until_it_commits, commit, _ = said.read_text().partition('"COMMIT"')
    assert commit
    assert until_it_commits.count("\tSync") - until_it_commits.count('"NOTIFY') == 2
