"""Whatever is sent to any field of any route or page is answered, and never by a fault of ours (A11, B5)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx2 import Response

from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents
from tests.web.console.desk import Desk
from tests.web.world import ANA, BOB, OURS, PIN, World, world_in

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "x" * 129,
    "x" * 501,
    "é" * 4001,
    "💥",
    "\u202e",
    "'\";--",
    "\r\n",
    "../..",
)
NAMES = ("bob@9999999999999999d", "bob@-1m", "@1d", "valley", "alice", "P7", "arrest", "NaN", "null", "A-7K3M")
INSTANTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2000-01-01T00:00:00Z",
    "2100-12-31T23:59:59Z",
    "2026-11-24T07:00:00+99:99",
    "2026-11-24T07:00:60Z",
    "2026-02-30T00:00:00Z",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    10**30,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    ["x"] * 101,
    [{}],
)
ODD = (*TEXTS, *NAMES, *INSTANTS, *OTHERS)
TRIES = 1
"""Values for each field with one seed: with another it is others."""

AT = "2026-11-24T07:00:00Z"
SOON = "2026-11-24T09:00:00Z"
PERSON = {"code": "P7", "kind": "other", "nationality": "ES", "name": "x", "contact": "bob"}
REPORT = {
    "type": "arrest",
    "severity": "critical",
    "country": "CO",
    "occurred_at": AT,
    "place": "L1",
    "summary": "s",
    "details": "d",
    "people": [PERSON],
    "perpetrator": "army",
    "ask": "visit",
    "consent": "international",
    "exclude": ["bob"],
    "certainty": "likely",
    "drill": False,
}
CASE = {
    "type": "arrest",
    "country": "CO",
    "severity": "critical",
    "consent": "international",
    "nationality": ["ES"],
    "perpetrator": "army",
    "exclude": ["bob"],
    "at": AT,
    "answers": ["bob@12m"],
    "no_go": False,
    "hours": 2.0,
    "messages": True,
}
PLAN = {
    "team": "north",
    "legs": [{"to": "L1", "expected_at": SOON, "timezone": "America/Bogota"}],
    "risk": "low",
    "incident_after": "90m",
    "member": "ana",
    "people": ["P7"],
    "consent": "national",
    "gaps": [{"begins_at": AT, "ends_at": SOON}],
}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/incidents": REPORT,
    "/v1/trees/{tree}/preview": CASE,
    "/v1/journeys": PLAN,
    "/v1/journeys/{id}/check-ins": {"kind": "extend", "until": SOON},
    "/v1/roll-calls": {"team": "north", "text": "w", "raise_incidents": True, "incident_after": "90m", "country": "CO"},
    "/v1/devices/{id}/alarm": {
        "type": "arrest",
        "at": AT,
        "position": {"latitude": 4.6, "longitude": -74.1, "accuracy": 20.0},
        "text": "t",
    },
    "/v1/quarantine/{id}": {"team": "north", "member": "ana"},
    "/v1/incidents/{ref}/updates": {"text": "n", "severity": "critical", "type": "arrest", "people": [PERSON]},
    "/v1/incidents/{ref}/go": {"decision": "go", "tree": "valley", "level": "Coordination"},
    "/v1/incidents/{ref}/acknowledgements": {
        "tree": "valley",
        "contact": "bob",
        "kind": "acknowledged",
        "heard_at": AT,
        "note": "n",
    },
    "/v1/incidents/{ref}/actions": {"contact": "bob", "action": "visited", "tree": "valley", "at": AT, "note": "n"},
    "/v1/incidents/{ref}/consent": {"scope": "public", "given_by": "x", "how": "y", "at": AT, "people": ["P7"]},
    "/v1/incidents/{ref}/exclude": {"contacts": ["carol"]},
    "/v1/incidents/{ref}/re-resolve": {"apply": True, "expected": "a" * 64},
    "/v1/incidents/{ref}/merge": {"into": "A-7K3M"},
    "/v1/incidents/{ref}/split": {"reports": ["A-7K3M"]},
    "/v1/incidents/{ref}/reopen": {"reason": "x", "text": "t"},
    "/v1/incidents/{ref}/close": {"reason": "resolved", "text": "t"},
}
FORMS: dict[str, dict[str, str]] = {
    "a": {"answer": "action", "action": "visited", "note": "n", "by": "b", "pin": PIN, "lang": "en"},
    "c": {"answer": "vouch", "contact": "valley/bob", "kind": "acknowledged", "note": "n", "pin": PIN, "lang": "en"},
}


def is_under_way(world: World) -> None:
    """An incident of which bob and carol are told, and an alarm to alice: bob called our number."""
    world.raises()
    world.hears("/twilio/voice", From=BOB).keys("", From=BOB)


@pytest.fixture
def world(each_database: str, tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path, ALERTNET_DATABASE_URL=each_database) as world:
        is_under_way(world)
        world.gives_pin("valley/bob")
        world.gives_pin("valley/alice")
        _, key = world.runtime.transact(api_keys.create, None, ["administer"])
        world.client.headers["Authorization"] = f"Bearer {key}"
        assert world.client.post("/v1/journeys", json=PLAN).status_code == 201
        yield world


@pytest.fixture(params=[11, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(5))])
def chance(request: pytest.FixtureRequest) -> Random:
    return Random(request.param)


def posts(world: World) -> list[str]:
    """Each path of the API that takes a body."""
    app = world.client.app
    assert isinstance(app, FastAPI)
    return [path for path, methods in app.openapi()["paths"].items() if "post" in methods]


def mutated(body: dict[str, Any], chance: Random) -> Iterator[dict[str, Any]]:
    """The body with one odd value in it, in each of its fields and in those of what they hold."""
    for name, value in body.items():
        for odd in chance.sample(ODD, TRIES):
            yield body | {name: odd}
        if isinstance(value, list):
            yield from (body | {name: [odd]} for odd in chance.sample(ODD, TRIES))
            if isinstance(value[0], dict):
                yield from (body | {name: [each]} for each in mutated(value[0], chance))


def asks(world: World, path: str, body: dict[str, Any], journey: str) -> Response:
    """The body as JSON; the time stands still, and the limit of requests in a second is put aside."""
    app = world.client.app
    assert isinstance(app, FastAPI)
    app.state.throttle._used.clear()
    path = path.format(tree="valley", ref=world.ref(), id=journey)
    return world.client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


def all_is_shown(world: World) -> None:
    """What is on the record by now is read by everybody who may."""
    app = world.client.app
    assert isinstance(app, FastAPI)
    app.state.throttle._used.clear()
    paths = ["/v1/journeys", "/v1/incidents", f"/v1/incidents/{world.ref()}", f"/v1/incidents/{world.ref()}/timeline"]
    paths += [world.link(who) for who in ("alice", "bob", "carol")]
    assert {path: world.client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
    assert world.client.post(world.link("bob"), data={"pin": PIN}).status_code in (200, 409), (
        "shown, unless bob is left out"
    )


def test_every_route_refuses_what_it_can_not_use(world: World, chance: Random) -> None:
    assert sorted(posts(world)) == sorted(BODIES)
    (journey, *_) = world.client.get("/v1/journeys").json()["items"]

    for path, body in BODIES.items():
        for odd in mutated(body, chance):
            answer = asks(world, path, odd, journey["id"])
            assert answer.status_code < 500, (path, odd, answer.text)
            if path.endswith("close") and answer.status_code == 200:
                is_under_way(world)
    all_is_shown(world)


def test_of_an_odd_id_there_is_nothing(world: World, chance: Random) -> None:
    app = world.client.app
    assert isinstance(app, FastAPI)
    paths = app.openapi()["paths"].items()
    routes = [(path, method) for path, methods in paths for method in methods if "{" in path]
    # Of an incident that there is, too.
    routes += [(path.replace("{ref}", world.ref()), method) for path, method in routes if path.count("{") > 1]
    desk = Desk.of(world, "maria", Role.COORDINATOR)
    desk.signs_in()
    form = desk.opens("/desk").form("I see to it")
    texts = [text for text in TEXTS if text not in ("", " ", "\ud800")]
    # PostgreSQL takes no NUL.
    for odd in [quote(text, safe="") for text in ("a\0b", *chance.sample(texts, 4))]:
        app.state.throttle._used.clear()
        for path, method in routes:
            answer = world.client.request(method, re.sub(r"{\w+}", odd, path), json=BODIES.get(path))
            assert answer.status_code in (401, 403, 404, 422), (path, method, odd, answer.text)
        assert desk.posts(f"/desk/matters/{odd}", form.fields).status_code == 404, odd


def test_every_page_refuses_what_it_can_not_use(world: World, chance: Random) -> None:
    for page, form in FORMS.items():
        for name in form:
            for odd in (*chance.sample([text for text in TEXTS if text != "\ud800"], 2), *chance.sample(NAMES, 1)):
                link = world.link("bob" if page == "a" else "alice", page=page)
                answer = world.client.post(link, data=form | {name: odd})
                assert answer.status_code < 500, (page, name, odd)
                assert world.client.get(link, params={"lang": odd}).status_code == 200
    assert [row.status for row in world.rows(incidents)] == ["open"]
    all_is_shown(world)


def test_every_webhook_takes_or_refuses_what_the_provider_never_sends(world: World, chance: Random) -> None:
    sms, call = world.attempt("bob", "sms"), world.attempt("bob")
    brought: dict[str, dict[str, Any]] = {
        "/twilio/sms": {"MessageSid": "SM1", "From": ANA, "To": OURS, "Body": "SOS"},
        f"/twilio/sms/status/{sms}": {"MessageSid": "SM2", "MessageStatus": "failed", "ErrorCode": "30003"},
        f"/twilio/voice/status/{call}": {"CallSid": "CA1", "CallStatus": "failed", "SipResponseCode": "486"},
        f"/twilio/voice/{call}/keypad?try=1": {"CallSid": "CA1", "Digits": "123", "FinishedOnKey": ""},
        "/twilio/voice": {"CallSid": "CA2", "From": BOB},
        "/twilio/voice?keyed=pin": {"CallSid": "CA3", "From": ANA, "Digits": PIN},
        "/twilio/voice?keyed=code": {"CallSid": "CA4", "From": BOB, "Digits": "4711"},
    }
    for url, fields in brought.items():
        for name in fields:
            for odd in chance.sample([text for text in TEXTS if text != "\ud800"], 3):
                answer = world.post(url, **fields | {name: odd})
                assert answer.status_code < 500, (url, name, odd)
    all_is_shown(world)
