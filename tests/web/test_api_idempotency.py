"""A1 over HTTP: the same request twice has one effect and the same answer, and an answer leaves after its commit."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.directory.contact_tree import Network
from alertnet.messages.templates.load import Templates
from alertnet.runtime.wiring import Runtime, wire
from alertnet.store.records.credentials import api_keys
from alertnet.web.app import make_app
from tests.database import migrate
from tests.web.conftest import MakeKey, settings_for

REPORT = {"type": "arrest", "country": "CO"}


@pytest.fixture
def transactions_on() -> None:
    """What is asked at once shares a commit, as in earnest."""


@pytest.fixture
def client(client: TestClient) -> Iterator[TestClient]:
    """What is asked at once runs on one event loop, as in earnest."""
    with client:
        yield client


def post(api: TestClient, name: str, body: dict[str, Any] | None = None, path: str = "/v1/incidents") -> Any:
    return api.post(path, json=body or REPORT, headers={"Idempotency-Key": name})


def refs(api: TestClient) -> list[str]:
    """The references of all incidents there are."""
    page = api.get("/v1/incidents").json()
    found = page["items"]
    while page["next"]:
        page = api.get("/v1/incidents", params={"cursor": page["next"]}).json()
        found += page["items"]
    return [item["ref"] for item in found]


def test_the_same_key_and_body_give_the_same_answer_and_one_incident(api: TestClient) -> None:
    first, second = post(api, "once"), post(api, "once")

    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Location"] == first.headers["Location"]
    assert refs(api) == [first.json()["ref"]]


def test_the_answer_stays_the_same_when_the_incident_has_gone_on(api: TestClient) -> None:
    first = post(api, "once")
    api.post(f"{first.headers['Location']}/close", json={"reason": "resolved"})

    assert post(api, "once").json() == first.json()


def test_the_same_key_with_another_body_is_refused(api: TestClient) -> None:
    first = post(api, "once")

    second = post(api, "once", REPORT | {"drill": True})

    assert second.status_code == 422
    assert second.json()["errors"][0]["field"] == "Idempotency-Key"
    assert refs(api) == [first.json()["ref"]]


def test_what_was_refused_may_be_mended_under_the_same_key(api: TestClient) -> None:
    """Nothing was accepted, so there is no answer to keep."""
    assert post(api, "once", REPORT | {"exclude": ["nobody"]}).status_code == 422

    assert post(api, "once").status_code == 201


def test_keys_of_two_callers_have_nothing_to_do_with_each_other(api: TestClient, key: MakeKey) -> None:
    first = post(api, "once")
    api.headers.update(key("administer"))

    assert post(api, "once").json()["ref"] != first.json()["ref"]


def test_an_act_is_done_once_too(api: TestClient) -> None:
    """Closing twice is a conflict; the same closing sent twice is one."""
    path = f"{post(api, 'raise').headers['Location']}/close"

    answers = [post(api, "close", {"reason": "resolved"}, path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert post(api, "another", {"reason": "resolved"}, path).status_code == 409


def test_an_act_is_done_once_however_its_incident_is_typed(api: TestClient) -> None:
    """A1: whoever tries again by hand, with A 7K3M for A-7K3M, means the same incident."""
    ref = post(api, "opening").json()["ref"]
    typed = (ref, ref.lower(), ref.replace("-", " "), ref.replace("-", ""))

    answers = {post(api, "news", {"text": "seen"}, f"/v1/incidents/{each}/updates").content for each in typed}

    assert len(answers) == 1
    history = api.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert [entry["kind"] for entry in history].count("updated") == 1


def test_the_same_request_in_flight_is_a_conflict(api: TestClient, runtime: Runtime) -> None:
    release = threading.Event()
    runtime.edition  # noqa: B018 - published before the writer is held up
    with ThreadPoolExecutor(3) as pool:
        pool.submit(runtime.transact, lambda tx: release.wait())
        asked = [pool.submit(post, api, "once") for _ in range(2)]
        done, waiting = wait(asked, return_when=FIRST_COMPLETED)
        release.set()

    [early], [late] = done, waiting
    assert (early.result().status_code, early.result().json()["current"]) == (409, "in flight")
    assert late.result().status_code == 201


@pytest.mark.postgres
def test_the_same_request_to_two_processes_has_one_effect(
    postgres: str, network: Network, templates: Templates
) -> None:
    """Two processes know nothing of each other's requests: the database's primary key decides between them."""
    url = postgres
    first = wire(settings_for(url), network, templates)
    migrate(first.engine)
    runtimes = [first, wire(settings_for(url), network, templates)]
    _, key = runtimes[0].transact(api_keys.create, None, ["administer"])
    clients = [TestClient(make_app(each), headers={"Authorization": f"Bearer {key}"}) for each in runtimes]

    with clients[0], clients[1], ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(clients[number % 2], "once"), range(8)))
        known = refs(clients[0])
    for runtime in runtimes:
        runtime.close()

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["ref"] for answer in answers if answer.status_code == 201} == set(known)
    assert len(known) == 1


@pytest.mark.parametrize(
    ("once", "count"), [("Jos\xe9, 12:00", 1), ("x" * 256, 1), ("", 3)], ids=["words", "long", "nothing"]
)
def test_a_key_is_whatever_a_form_makes_of_its_fields(api: TestClient, once: str, count: int) -> None:
    """A2: n8n sends an empty one where the field is empty that should name the report, and the alarm was refused."""
    named = {b"Idempotency-Key": once.encode("latin-1")}

    answers = [api.post("/v1/incidents", json=REPORT, headers=named) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len(refs(api)) == count


def test_of_two_hundred_at_once_one_fails_and_the_others_are_answered_after_their_commit(
    api: TestClient, runtime: Runtime
) -> None:
    """A1, A11: one bad request spoils nothing for those that share its commit."""
    runtime.edition  # noqa: B018 - a commit of its own
    before = runtime.transactions.commits
    bodies = [REPORT | ({"exclude": ["nobody"]} if number == 100 else {}) for number in range(200)]

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda body: api.post("/v1/incidents", json=body), bodies))

    assert [answer.status_code for answer in answers].count(201) == 199
    assert answers[100].status_code == 422
    accepted = [answer.json()["ref"] for answer in answers if answer.status_code == 201]
    assert len(set(accepted)) == 199
    assert sorted(accepted) == sorted(refs(api))
    assert runtime.transactions.commits - before < 100


def test_while_the_database_is_away_nothing_is_done_and_afterwards_all_goes_on(
    api: TestClient, runtime: Runtime, tmp_path: Path
) -> None:
    """503 with Retry-After, nothing half done, recovery without restart."""
    file, aside = tmp_path / "test.db", tmp_path / "aside.db"
    ref = post(api, "before").json()["ref"]
    runtime.engine.dispose()
    file.rename(aside)
    file.mkdir()

    away = [post(api, "during"), api.get(f"/v1/incidents/{ref}")]
    metrics = api.get("/metrics")
    file.rmdir()
    aside.rename(file)

    assert {(answer.status_code, answer.headers["content-type"]) for answer in away} == {
        (503, "application/problem+json")
    }
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in away)
    assert metrics.status_code == 200, "what is counted here needs no database"
    assert post(api, "during").status_code == 201
    assert len(refs(api)) == 2
