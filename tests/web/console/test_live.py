"""The stream of an open page: what has changed, as soon as it is committed, and no more than that."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from alertnet.core.limits import OPEN_PAGES
from alertnet.flows.credentials.users import sign_out
from alertnet.store.records.credentials import users
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.test_api_events import follow
from tests.web.world import World


def stream(desk: Desk, path: str, until: Callable[[str], bool], then: Callable[[str], None]) -> str:
    """What that page's stream says while `then` does things."""
    app = desk.browser.app
    assert isinstance(app, FastAPI)
    headers = {"Cookie": f"desk={desk.browser.cookies['desk']}", "Host": "alert.example.org"}
    return asyncio.run(follow(app, path, headers, until, then))


def news(text: str) -> list[dict[str, str]]:
    """The regions of each event."""
    told: list[dict[str, Any]] = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return [each["regions"] for each in told if "regions" in each]


def test_what_is_committed_appears_on_the_open_page(world: World, desk: Desk) -> None:
    """An incident is raised while somebody looks on; its line comes by itself, and the list that now holds it."""
    raised = iter([1])

    def then(text: str) -> None:
        for _ in raised if news(text) else ():
            world.raises(verified=False)

    text = stream(desk, "/desk/live", lambda text: len(news(text)) > 1, then)

    first, second = news(text)[:2]
    ref = world.ref()
    assert ref not in json.dumps(first)
    assert ref in str(second[f"incident-{ref}"])
    assert "genuine" in second["matters"]
    assert second["title"] == "(1) "


def test_an_event_carries_what_changed_alone(world: World, desk: Desk) -> None:
    """Of thirty incidents one gets an answer: the page hears of that one, in less than a kilobyte."""
    for _ in range(30):
        world.raises()
    answered = iter([1])

    def then(text: str) -> None:
        for _ in answered if news(text) else ():
            world.texts("+573005550013", world.written_code("carol"))

    text = stream(desk, "/desk/live", lambda text: len(news(text)) > 1, then)

    second = news(text)[1]
    assert len(second) == 1
    assert "Amis" in next(iter(second.values()))
    assert len(json.dumps(second)) < 1024


def test_a_form_that_came_by_the_stream_acts(world: World, desk: Desk) -> None:
    """What is rendered for many carries the proof of each one's own session."""
    world.raises(verified=False)

    text = stream(desk, "/desk/live", lambda text: bool(news(text)), lambda _: None)

    proof = desk.opens("/desk").form("Yes, go").fields["proof"]
    assert proof in news(text)[0]["matters"]
    assert "__PROOF__" not in text


def test_a_stream_ends_with_its_session(world: World, sit_down: SitDown) -> None:
    maria = sit_down()
    ended = iter([1])

    def then(text: str) -> None:
        for _ in ended if news(text) else ():
            world.runtime.transact(sign_out, "maria", "test")
            world.raises()

    text = stream(maria, "/desk/live", lambda text: len(news(text)) > 3, then)

    assert 1 <= len(news(text)) <= 2
    assert maria.browser.get("/desk", follow_redirects=False).status_code == 303


def test_a_page_is_let_go_when_the_server_ends(world: World, desk: Desk) -> None:
    """Nobody who restarts it waits for pages that stay open all day."""
    app = desk.browser.app
    assert isinstance(app, FastAPI)

    text = stream(desk, "/desk/live", lambda _: False, lambda text: app.state.leaving.set() if news(text) else None)

    assert len(news(text)) == 1


def test_of_one_session_so_many_pages_are_followed_and_no_more(world: World, desk: Desk) -> None:
    """B9: else a single telephone could take all there are."""
    app = desk.browser.app
    assert isinstance(app, FastAPI)
    session = world.runtime.read(users.signed_in, desk.browser.cookies["desk"])
    assert session is not None
    app.state.watch._by_session[session.id] = OPEN_PAGES - 1
    assert news(stream(desk, "/desk/live", lambda text: bool(news(text)), lambda _: None))

    app.state.watch._by_session[session.id] = OPEN_PAGES

    assert desk.browser.get("/desk/live").status_code == 429


def test_the_page_of_an_incident_is_kept_new_too(world: World, desk: Desk) -> None:
    """What follows from an answer stands in its sentences, answers and history; what did not change is not sent."""
    world.raises()
    answered = iter([1])

    def then(text: str) -> None:
        for _ in answered if news(text) else ():
            world.texts("+573005550013", world.written_code("carol"))

    text = stream(desk, f"/desk/incidents/{world.ref()}/live", lambda text: len(news(text)) > 1, then)

    second = news(text)[1]
    assert "Who acts:</strong> Amis." in second["sentences"]
    assert "Amis" in second["answers"]
    assert "texts" in news(text)[0]
    assert "matters" not in second
