"""Journeys over HTTP: announced, heard of, listed and called off; a key of a team opens its team's alone."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.monitoring.self_monitoring import Part
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import troubles
from tests.support.clock import Clock
from tests.web.conftest import MakeKey

AT = "2026-11-24T06:00:00Z"
NOW = "2026-11-24T03:12:00Z"
LATER = "2026-11-24T09:00:00Z"
LEG = {"to": "L12", "expected_at": AT}
PLAN: dict[str, Any] = {"team": "north", "legs": [LEG, {"to": "L14", "expected_at": LATER}], "risk": "low"}


@pytest.fixture
def norths(client: TestClient, key: MakeKey) -> str:
    """The place of a journey of team north."""
    return str(client.post("/v1/journeys", json=PLAN, headers=key("raise", team="north")).headers["Location"])


def test_a_journey_that_is_announced_is_shown_as_it_stands(api: TestClient, clock: Clock) -> None:
    answer = api.post("/v1/journeys", json=PLAN | {"incident_after": "45m", "member": "ana", "people": ["P7"]})
    journey = answer.json()

    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/journeys/{journey['id']}")
    assert journey | {"id": "…"} == {
        "id": "…",
        "kind": "journey",
        "team": "north",
        "member": "ana",
        "status": "under_way",
        "risk": "low",
        "incident_after": "45m",
        "legs": [
            {"to": "L12", "expected_at": "2026-11-24T06:00:00.000Z", "timezone": "America/Bogota"},
            {"to": "L14", "expected_at": "2026-11-24T09:00:00.000Z", "timezone": "America/Bogota"},
        ],
        "gaps": [],
        "people": ["P7"],
        "began_at": "2026-11-24T03:12:00.000Z",
        "heard_at": None,
        "due_at": "2026-11-24T06:07:30.000Z",
        "incident": None,
    }
    assert api.get(answer.headers["Location"]).json() == journey
    assert api.get("/v1/journeys").json() == {"items": [journey], "next": None, "unheard_since": None}


def test_the_risk_says_when_an_incident_opens_unless_it_is_given(api: TestClient) -> None:
    found = [api.post("/v1/journeys", json=PLAN | {"risk": risk}).json()["incident_after"] for risk in ("low", "high")]

    assert found == ["90m", "1h"]


def test_each_check_in_moves_what_is_awaited(api: TestClient, norths: str, clock: Clock) -> None:
    """B5: ok, arrived, extend."""

    def says(**said: str) -> Any:
        return api.post(f"{norths}/check-ins", json=said).json()

    early = says(kind="ok")
    later = says(kind="extend", until="2026-11-24T07:30:00Z")
    there = says(kind="arrived")
    over = says(kind="arrived")

    assert (early["heard_at"], len(early["legs"])) == ("2026-11-24T03:12:00.000Z", 2)
    assert [leg["expected_at"][11:16] for leg in later["legs"]] == ["07:30", "10:30"]
    assert [leg["to"] for leg in there["legs"]] == ["L14"]
    assert (over["status"], over["due_at"]) == ("over", None)
    refused = api.post(f"{norths}/check-ins", json={"kind": "ok"})
    assert (refused.status_code, refused.json()["current"]) == (409, "over")
    assert api.delete(norths).status_code == 409
    assert api.get("/v1/journeys").json()["items"] == []
    assert [each["status"] for each in api.get("/v1/journeys?status=over").json()["items"]] == ["over"]


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("no team", {"team": "west"}, "team", "north"),
    ("no member", {"member": "zoe"}, "member", "ana"),
    ("no leg", {"legs": []}, "legs", "at least 1 of them"),
    ("a leg that is gone", {"legs": [LEG | {"expected_at": NOW}]}, "legs.0.expected_at", NOW[:-1]),
    ("legs the wrong way round", {"legs": [LEG | {"expected_at": LATER}, LEG]}, "legs.1.expected_at", LATER[:-1]),
    ("no zone of ours", {"legs": [LEG | {"timezone": "Bogota"}]}, "legs.0.timezone", "America/Bogota"),
    ("a risk that is none", {"risk": "some"}, "risk", "high"),
    ("no length of time", {"incident_after": "soon"}, "incident_after", "90s, 10m"),
    ("no time at all", {"incident_after": "0m"}, "incident_after", "90s, 10m"),
    ("a gap without end", {"gaps": [{"begins_at": LATER, "ends_at": AT}]}, "gaps.0.ends_at", "24h"),
    ("a field that is none", {"vehicle": "red"}, "vehicle", "team"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "field", "allowed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_plan_that_can_not_be_is_refused_by_name(
    api: TestClient, fields: dict[str, Any], field: str, allowed: str
) -> None:
    answer = api.post("/v1/journeys", json=PLAN | fields)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert allowed in " ".join(error["allowed"])


@pytest.mark.parametrize(
    ("kind", "until"), [("extend", None), ("ok", LATER), ("extend", NOW), ("extend", "2026-11-25T06:00:01Z")]
)
def test_a_moment_until_which_nothing_can_be_put_off_is_refused(
    api: TestClient, norths: str, kind: str, until: str | None
) -> None:
    before = api.get(norths).json()

    answer = api.post(f"{norths}/check-ins", json={"kind": kind, "until": until})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "until")
    assert api.get(norths).json() == before


def test_in_high_risk_a_key_alone_proves_nothing(client: TestClient, key: MakeKey) -> None:
    """A phone that was taken may hold the key: a coordinator has heard the voice."""
    place = client.post("/v1/journeys", json=PLAN | {"risk": "high"}, headers=key("raise")).headers["Location"]

    refused = client.post(f"{place}/check-ins", json={"kind": "arrived"}, headers=key("raise", team="north"))
    heard = client.post(f"{place}/check-ins", json={"kind": "arrived"}, headers=key("raise", "coordinate"))

    assert (refused.status_code, heard.status_code) == (403, 200)
    assert [leg["to"] for leg in heard.json()["legs"]] == ["L14"]


def test_another_teams_journey_is_as_one_that_does_not_exist(client: TestClient, key: MakeKey, norths: str) -> None:
    souths = key("administer", team="south")

    def asked(place: str) -> list[tuple[int, str]]:
        answers = (
            client.get(place, headers=souths),
            client.post(f"{place}/check-ins", json={"kind": "ok"}, headers=souths),
            client.delete(place, headers=souths),
        )
        return [(each.status_code, each.json()["title"]) for each in answers]

    assert asked(norths) == asked("/v1/journeys/0a") == [(404, "Not Found")] * 3
    assert client.get("/v1/journeys", headers=souths).json()["items"] == []
    assert client.post("/v1/journeys", json=PLAN, headers=souths).status_code == 403
    assert len(client.get("/v1/journeys", headers=key("read", team="north")).json()["items"]) == 1


def test_the_same_request_twice_is_one_journey(api: TestClient) -> None:
    """A1."""
    once = {"Idempotency-Key": "to-L12"}
    answers = [api.post("/v1/journeys", json=PLAN, headers=once) for _ in range(2)]
    other = api.post("/v1/journeys", json=PLAN | {"risk": "high"}, headers=once)

    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert other.status_code == 422
    assert len(api.get("/v1/journeys").json()["items"]) == 1


def test_a_long_list_comes_in_pages_soonest_first(api: TestClient) -> None:
    app: Any = api.app
    for minute in range(59, -1, -1):
        app.state.throttle._used.clear()
        leg = {"to": "L12", "expected_at": f"2026-11-24T06:{minute:02}:00Z"}
        assert api.post("/v1/journeys", json=PLAN | {"legs": [leg]}).status_code == 201
    app.state.throttle._used.clear()

    first = api.get("/v1/journeys").json()
    second = api.get("/v1/journeys", params={"cursor": first["next"]}).json()

    minutes = [int(each["legs"][0]["expected_at"][14:16]) for each in first["items"] + second["items"]]
    assert (minutes, second["next"]) == (list(range(60)), None)


def test_the_list_says_since_when_nothing_can_be_heard(api: TestClient, runtime: Runtime) -> None:
    runtime.transact(troubles.begin, Part.INBOUND)

    assert api.get("/v1/journeys").json()["unheard_since"] == "2026-11-24T03:12:00.000Z"
