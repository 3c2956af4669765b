"""What coordinators do over HTTP: each act is done, answers how things stand, or is refused by name."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.incident import Scope
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from tests.support.clock import Clock
from tests.web.conftest import MakeKey

REPORT = {
    "type": "arrest",
    "country": "CO",
    "consent": "international",
    "people": [{"code": "P7"}],
    "perpetrator": "police",
}
VOUCHED = {"tree": "colombia", "contact": "coordinator", "kind": "acknowledged"}


@pytest.fixture
def incident(api: TestClient) -> str:
    """The place of an open incident."""
    return str(api.post("/v1/incidents", json=REPORT).headers["Location"])


def status_of(answer: dict[str, Any], tree: str) -> Any:
    return next(each["status"] for each in answer["escalations"] if each["tree"] == tree)


def kinds(api: TestClient, incident: str) -> list[str]:
    return [item["kind"] for item in api.get(f"{incident}/timeline").json()["items"]]


def test_a_vouched_answer_is_recorded_and_returned(api: TestClient, incident: str) -> None:
    """A6: a coordinator who vouches is proof."""
    response = api.post(f"{incident}/acknowledgements", json=VOUCHED | {"heard_at": "2026-11-24T03:10:00Z"})

    assert response.status_code == 201
    acknowledgement = response.json()
    assert acknowledgement | {"id": "…"} == {
        "id": "…",
        "tree": "colombia",
        "contact": "coordinator",
        "kind": "acknowledged",
        "via": "vouched",
        "at": "2026-11-24T03:10:00.000Z",
        "revoked_at": None,
    }
    assert api.get(incident).json()["acknowledgements"] == [acknowledgement]


def test_a_revoked_answer_stays_on_the_record(api: TestClient, incident: str) -> None:
    """A6: an answer can be revoked, once."""
    id = api.post(f"{incident}/acknowledgements", json=VOUCHED).json()["id"]

    answer = api.delete(f"{incident}/acknowledgements/{id}")

    assert answer.status_code == 200
    assert answer.json()["acknowledgements"][0]["revoked_at"] == "2026-11-24T03:12:00.000Z"
    assert api.delete(f"{incident}/acknowledgements/{id}").json()["current"] == "revoked"


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"tree": "peru"}, "tree", "colombia"),
        ({"contact": "nobody"}, "contact", "coordinator"),
        ({"kind": "seen"}, "kind", "relayed"),
        ({"heard_at": "2062-11-24T03:10:00Z"}, "heard_at", "a moment that has passed"),
    ],
)
def test_an_answer_of_nobody_is_refused_with_whom_there_is(
    api: TestClient, incident: str, change: dict[str, str], field: str, allowed: str
) -> None:
    response = api.post(f"{incident}/acknowledgements", json=VOUCHED | change)

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field
    assert allowed in response.json()["errors"][0]["allowed"]


@pytest.mark.parametrize("id", ["0" * 32, "no-such", "%00"])
def test_an_unknown_acknowledgement_is_not_found(api: TestClient, incident: str, id: str) -> None:
    assert api.delete(f"{incident}/acknowledgements/{id}").status_code == 404


def test_a_contact_who_is_barred_can_not_be_vouched_for(api: TestClient, incident: str) -> None:
    """A3: who belongs to the alleged perpetrator is no part of the incident."""
    response = api.post(f"{incident}/acknowledgements", json=VOUCHED | {"contact": "police"})

    assert response.status_code == 409


def test_an_action_is_recorded_of_the_only_contact_of_that_name(api: TestClient, incident: str) -> None:
    deed = {"contact": "coordinator", "action": "called_authority", "note": "spoke to the commander"}

    answer = api.post(f"{incident}/actions", json=deed).json()

    assert answer["actions"] == [
        {
            "contact": "coordinator",
            "action": "called_authority",
            "at": "2026-11-24T03:12:00.000Z",
            "note": "spoke to the commander",
        }
    ]


def test_an_action_of_a_contact_in_several_trees_asks_which(api: TestClient, incident: str) -> None:
    deed = {"contact": "head-office", "action": "visited"}

    response = api.post(f"{incident}/actions", json=deed)

    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": "tree", "value": None, "allowed": ["colombia", "international"]}]
    assert api.post(f"{incident}/actions", json=deed | {"tree": "colombia"}).status_code == 200


def test_a_go_opens_a_level(api: TestClient, incident: str) -> None:
    answer = api.post(f"{incident}/go", json={"decision": "go", "tree": "international", "level": "Embassies"}).json()

    told = {each["contact"] for each in answer["notifications"] if each["tree"] == "international"}
    assert {"embassy-es", "eu-delegation"} <= told
    assert "embassy-de" not in told


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"decision": "go", "tree": "international"}, 422, "level"),
        ({"decision": "maybe"}, 422, "go"),
        ({"decision": "go", "tree": "peru", "level": "Embassies"}, 404, "'peru' (known: colombia, international)"),
        ({"decision": "go", "tree": "international", "level": "Embasies"}, 404, "'Embasies' (known: Head office, "),
        ({"decision": "go"}, 409, "verified"),
    ],
    ids=["half a level", "no decision", "no such tree", "no such level", "verified already"],
)
def test_a_decision_on_nothing_is_refused(
    api: TestClient, incident: str, body: dict[str, str], status: int, said: str
) -> None:
    answer = api.post(f"{incident}/go", json=body)

    assert answer.status_code == status
    assert said in answer.text


def test_narrower_consent_holds_at_once(api: TestClient, incident: str) -> None:
    """A8: narrower consent applies at once on the pinned trees."""
    consent = {"scope": "national", "given_by": "P7", "how": "by telephone", "at": "2026-11-24T03:00:00Z"}

    answer = api.post(f"{incident}/consent", json=consent).json()

    assert answer["consent"] == "national"
    assert {each["contact"]: each["reason"] for each in answer["pruned"]}["embassy-es"] == "consent"


def test_wider_consent_waits_and_the_latest_word_holds(api: TestClient, incident: str) -> None:
    """A8: wider consent applies only when a coordinator has seen the difference."""
    given = {"given_by": "P7", "how": "by telephone"}
    wider = api.post(f"{incident}/consent", json={"scope": "public", **given})
    assert (wider.status_code, wider.json()["consent"]) == (200, "international")
    assert "(public) takes effect when a coordinator re-resolves" in wider.json()["warnings"][-1]

    narrower = api.post(f"{incident}/consent", json={"scope": "national", **given}).json()

    assert (narrower["consent"], narrower["warnings"]) == ("national", [])
    assert api.post(f"{incident}/re-resolve", json={"apply": False}).json()["consent"]["after"] == "national"


def test_re_resolving_is_for_those_who_coordinate(api: TestClient, incident: str, key: MakeKey) -> None:
    looking = api.post(f"{incident}/re-resolve", json={"apply": False}, headers=key("raise", "read"))

    assert looking.status_code == 403


def test_who_is_excluded_is_pruned_from_then_on(api: TestClient, incident: str) -> None:
    answer = api.post(f"{incident}/exclude", json={"contacts": ["ombuds"]}).json()

    assert "ombuds" in {each["contact"] for each in answer["pruned"] if each["reason"] == "excluded"}


def test_an_exclusion_of_nobody_is_refused(api: TestClient, incident: str) -> None:
    response = api.post(f"{incident}/exclude", json={"contacts": ["ombudsman"]})

    assert response.status_code == 422
    assert "ombuds" in response.json()["errors"][0]["allowed"]


def test_news_changes_what_is_known(api: TestClient, incident: str) -> None:
    """A3: the army is spared at once; whom the police's place in it would free, and what is less grave, is decided."""
    answer = api.post(
        f"{incident}/updates", json={"text": "not the police", "perpetrator": "army", "severity": "serious"}
    )

    assert answer.json()["severity"] == "critical"
    assert {each["contact"] for each in answer.json()["pruned"] if each["reason"] == "perpetrator"} >= {"brigade"}
    assert "updated" in kinds(api, incident)
    decided = api.post(f"{incident}/go", json={"decision": "go"}).json()
    assert decided["severity"] == "serious"
    assert {each["contact"] for each in decided["pruned"] if each["reason"] == "perpetrator"} >= {"brigade"}


def test_somebody_named_later_brings_the_consent_on_record(api: TestClient, incident: str) -> None:
    """A3: P9 consents to news within the country alone, whoever adds P9."""
    answer = api.post(f"{incident}/updates", json={"text": "P9 too", "people": [{"code": "P9"}]}).json()

    assert {each["contact"]: each["reason"] for each in answer["pruned"]}["embassy-es"] == "consent"


def test_news_takes_nobody_off(api: TestClient, runtime: Runtime) -> None:
    """A3, A8: a consent that narrows doesn't vanish because its person isn't named again."""
    raised = api.post("/v1/incidents", json=REPORT | {"people": [{"code": "P9"}]})
    api.post(
        f"{raised.headers['Location']}/updates", json={"text": "P7 too", "people": [{"code": "P7", "name": "Eva"}]}
    )

    facts = runtime.read(lambda tx: incidents.get(tx.session, incidents.id_of(tx, raised.json()["ref"])).facts)

    assert [(person.code, person.nationality, person.name) for person in facts.people] == [
        ("P9", "CO", None),
        ("P7", "ES", "Eva"),
    ]


def test_null_takes_back_what_was_known_of_a_person(api: TestClient, runtime: Runtime) -> None:
    """A name or an embassy given by mistake; what is left out stays."""
    person = {"code": "P55", "name": "Eva", "nationality": "ES"}
    raised = api.post("/v1/incidents", json=REPORT | {"people": [person]})
    news = {"text": "not Eva", "people": [{"code": "P55", "name": None}]}

    assert api.post(f"{raised.headers['Location']}/updates", json=news).is_success

    facts = runtime.read(lambda tx: incidents.get(tx.session, incidents.id_of(tx, raised.json()["ref"])).facts)
    assert [(person.code, person.nationality, person.name) for person in facts.people] == [("P55", "ES", None)]


def test_news_of_a_person_in_small_letters_is_of_the_one_on_record(api: TestClient, runtime: Runtime) -> None:
    """A3: as a second P9 it asked for a go, by which what P9 has agreed to since would have been lost."""
    raised = api.post("/v1/incidents", json=REPORT | {"people": [{"code": "P9"}]})
    incident = raised.headers["Location"]
    narrower = {"scope": "internal", "given_by": "P9", "how": "by telephone", "people": ["P9"]}
    assert api.post(f"{incident}/consent", json=narrower).is_success

    told = api.post(f"{incident}/updates", json={"text": "found", "people": [{"code": "p9", "name": "Eva"}]})

    assert told.json()["warnings"] == []
    facts = runtime.read(lambda tx: incidents.get(tx.session, incidents.id_of(tx, raised.json()["ref"])).facts)
    assert [(each.code, each.name, each.consent) for each in facts.people] == [("P9", "Eva", Scope.INTERNAL)]


def test_closing_stops_everything_and_can_be_done_once(api: TestClient, incident: str) -> None:
    """A4: stop means stop."""
    answer = api.post(f"{incident}/close", json={"reason": "released"}).json()

    assert answer["status"] == "closed"
    assert {each["status"] for each in answer["escalations"]} == {"stopped"}
    alerts = [each for each in answer["notifications"] if each["kind"] == "alert"]
    assert {each["status"] for each in alerts} == {"cancelled"}
    again = api.post(f"{incident}/close", json={"reason": "released"})
    assert (again.status_code, again.json()["current"]) == (409, "closed")


def test_reopening_goes_on_where_it_stood(api: TestClient, incident: str, clock: Clock) -> None:
    api.post(f"{incident}/close", json={"reason": "resolved"})
    clock.forward(minutes=1)

    answer = api.post(f"{incident}/reopen", json={"reason": "taken again", "text": "at the same place"}).json()

    assert answer["status"] == "open"
    assert status_of(answer, "colombia") == "running"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("updates", {"text": "news"}),
        ("go", {"decision": "go", "tree": "colombia", "level": "Coordination"}),
        ("acknowledgements", VOUCHED),
        ("consent", {"scope": "internal", "given_by": "P7", "how": "by telephone"}),
        ("exclude", {"contacts": ["ombuds"]}),
    ],
)
def test_on_a_closed_incident_an_act_is_a_conflict(
    api: TestClient, incident: str, path: str, body: dict[str, Any]
) -> None:
    api.post(f"{incident}/close", json={"reason": "resolved"})

    response = api.post(f"{incident}/{path}", json=body)

    assert (response.status_code, response.json()["current"]) == (409, "closed")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("updates", {"text": "news"}),
        ("go", {"decision": "go"}),
        ("acknowledgements", VOUCHED),
        ("actions", {"contact": "coordinator", "action": "visited"}),
        ("consent", {"scope": "internal", "given_by": "P7", "how": "by telephone"}),
        ("exclude", {"contacts": ["ombuds"]}),
        ("close", {"reason": "resolved"}),
        ("reopen", {"reason": "taken again"}),
    ],
)
def test_an_act_on_an_unknown_incident_is_not_found(api: TestClient, path: str, body: dict[str, Any]) -> None:
    assert api.post(f"/v1/incidents/A-7K3M/{path}", json=body).status_code == 404
