"""The stream of an open page: what has changed, as soon as it is committed, and no more than that."""

import asyncio
import gzip
import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy import text as sql

from alertnet.core.limits import OPEN_PAGES
from alertnet.core.monitoring.self_monitoring import Part as PartOfOurs
from alertnet.flows.credentials.users import set_role, sign_out
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, SignedIn
from alertnet.web.app import make_app
from alertnet.web.console.incidents.board import BoardLook, Boards
from alertnet.web.console.incidents.incident import IncidentLook
from alertnet.web.console.live import Watch, difference
from alertnet.web.console.shown import Part
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.test_api_events import follow
from tests.web.world import NOW, World

HOST = {"Host": "alert.example.org"}


def stream(
    desk: Desk,
    path: str,
    until: Callable[[str], bool],
    then: Callable[[str], None],
    parts: list[bytes] | None = None,
) -> str:
    """What that page's stream says while `then` does things. `parts`: see `follow`."""
    app = desk.browser.app
    assert isinstance(app, FastAPI)
    headers = {"Cookie": f"desk={desk.browser.cookies['desk']}", **HOST}
    return asyncio.run(follow(app, path, headers, until, then, parts))


def session_of(desk: Desk) -> SignedIn:
    session = desk.world.runtime.read(users.signed_in, desk.browser.cookies["desk"])
    assert session is not None
    return session


def news(text: str) -> list[dict[str, str]]:
    """The regions of each event."""
    told: list[dict[str, Any]] = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return [
        {id: change[-1] if isinstance(change, list) else change for id, change in each["regions"].items()}
        for each in told
        if "regions" in each
    ]


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


@pytest.mark.parametrize("page", ["the board", "an incident"])
def test_trouble_of_ours_appears_on_the_open_page(world: World, desk: Desk, page: str) -> None:
    """A11: nobody loads the page anew to learn that nothing gets out."""
    world.raises()
    path = "/desk/live" if page == "the board" else f"/desk/incidents/{world.ref()}/live"
    begun = iter([1])

    def then(text: str) -> None:
        for _ in begun if news(text) else ():
            world.runtime.transact(troubles.begin, PartOfOurs.SMS)

    text = stream(desk, path, lambda text: len(news(text)) > 1, then)

    first, second = news(text)[:2]
    assert "get out" not in str(first["troubles"])
    assert "SMS do not get out" in str(second["troubles"])
    assert list(second) == ["troubles"]


def test_an_event_carries_what_changed_alone(world: World, desk: Desk) -> None:
    """Of thirty incidents one gets an answer: the page hears of that one, in less than a kilobyte, and of its place."""
    for _ in range(30):
        world.raises()
    answered = iter([1])

    def then(text: str) -> None:
        for _ in answered if news(text) else ():
            world.texts("+573005550013", world.written_code("carol"))

    text = stream(desk, "/desk/live", lambda text: len(news(text)) > 1, then)

    second = news(text)[1]
    assert "Amis" in json.dumps(second.pop("index"))
    assert len(second) == 1
    assert "Amis" in next(iter(second.values()))
    assert len(json.dumps(second)) < 1024


def test_what_many_pages_are_told_is_made_once_and_each_puts_in_what_is_its_own(
    world: World, sit_down: SitDown
) -> None:
    """One event for two users who look on while an incident comes; the proof of each stands in the page alone."""
    maria, ben = sit_down("maria"), sit_down("ben")
    boards, watch = Boards(world.runtime), Watch(world.runtime, threading.Event())
    look = BoardLook(boards, False, "", "", "en", True)

    async def both() -> tuple[Part, Part]:
        one, other = (watch.changes(look, session_of(each), "", lambda: True) for each in (maria, ben))
        await asyncio.gather(anext(one), anext(other))
        news = asyncio.gather(anext(one), anext(other))
        await asyncio.to_thread(world.raises, verified=False)
        hers, his = await news
        await asyncio.gather(one.aclose(), other.aclose())  # type: ignore[attr-defined]
        return hers, his

    hers, his = asyncio.run(both())

    assert hers is his
    page = maria.opens("/desk")
    proof = page.form("Yes, go").fields["proof"]
    assert f'data-proof="{proof}"' in page.html
    assert ("__PROOF__" in hers.text, proof in hers.text) == (True, False)


def test_a_stream_ends_with_its_session(world: World, sit_down: SitDown) -> None:
    """What came is compressed, and whole to its end."""
    maria, parts = sit_down(), list[bytes]()
    ended = iter([1])

    def then(text: str) -> None:
        for _ in ended if news(text) else ():
            world.runtime.transact(sign_out, "maria", "test")
            world.raises()

    text = stream(maria, "/desk/live", lambda text: len(news(text)) > 3, then, parts)

    assert gzip.decompress(b"".join(parts)).decode() == text
    assert 1 <= len(news(text)) <= 2
    assert text.endswith("event: over\ndata: {}\n\n")
    assert maria.browser.get("/desk", follow_redirects=False).status_code == 303


def test_whoever_may_coordinate_no_longer_reads_nothing_more_on_a_page_that_is_open(
    world: World, sit_down: SitDown
) -> None:
    """The page was opened by one who may read what people write; what they write afterwards is not sent there."""
    world.raises()
    world.texts("+573005550012", "two men at the bridge")
    maria, changed = sit_down("maria"), iter([1])

    def then(text: str) -> None:
        for _ in changed if news(text) else ():
            world.runtime.transact(set_role, "maria", Role.OBSERVER, "test")
            world.texts("+573005550012", "they went to the mill", sid="SM2")

    text = stream(maria, f"/desk/incidents/{world.ref()}/live", lambda text: "mill" in text, then)

    assert "two men at the bridge" in text
    assert "the mill" not in text
    assert text.endswith("event: over\ndata: {}\n\n")


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
    session = session_of(desk)
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
    assert "<div>Amis.</div>" in second["sentences"]
    assert "Amis" in second["answers"]
    assert "texts" in news(text)[0]
    assert "matters" not in second


def test_a_look_at_pages_without_news_asks_as_much_for_five_incidents_as_for_one(world: World) -> None:
    """It follows each commit: with 200 pages open a question for each of them takes longer than the alarm."""
    looks = [IncidentLook(world.raises(), world.ref(), "en", acts=True) for _ in range(5)]
    watch = Watch(world.runtime, threading.Event())
    shown, _ = watch._read(dict.fromkeys(looks), ())

    def asked(count: int) -> int:
        asked: list[str] = []
        note = partial(_note, asked)
        event.listen(world.runtime.engine, "before_cursor_execute", note)
        again, _ = watch._read({look: shown[look] for look in looks[:count]}, ())
        event.remove(world.runtime.engine, "before_cursor_execute", note)
        assert all(again[look] is shown[look] for look in again)
        return len(asked)

    assert asked(5) == asked(1) > 0


def _note(asked: list[str], _connection: object, _cursor: object, statement: str, *_: object) -> None:
    asked.append(statement)


def test_an_event_of_an_open_incident_is_small_and_its_picture_is_fetched(world: World, desk: Desk) -> None:
    """A text that answers changes seven regions of 30 kB: of lists what differs is told, of the picture that."""
    world.raises()
    path, answered = f"/desk/incidents/{world.ref()}", iter([1])
    [seen] = re.findall(r'data-seen="(\w+)"', desk.opens(path).html)
    parts: list[bytes] = []

    def then(text: str) -> None:
        for _ in answered if "event: still" in text or "event: here" in text else ():
            world.texts("+573005550013", world.written_code("carol"))

    text = stream(desk, f"{path}/live?seen={seen}", lambda text: bool(news(text)), then, parts)

    event = next(each for each in text.split("\n\n") if '"picture"' in each and '"all": false' in each)
    assert '"picture": true' in event
    assert "Amis" in event
    assert max(map(len, parts)) < 1000 < len(event)
    assert "<title>02:14 Amis: " in desk.browser.get(f"{path}/regions/picture").text


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("<li>b</li>\n", "<li>a</li>\n<li>b</li>\n", [0, 1, 1, "<li>a</li>\n"]),
        ("<li>a</li><li>b</li>", "<li>a</li>", [1, 0, 2, ""]),
        ("<li>a</li><li>b</li><li>c</li>", "<li>a</li><li>x</li><li>c</li>", [1, 1, 3, "<li>x</li>"]),
        ("<li>a</li><li>a</li>", "<li>a</li>", [1, 0, 2, ""]),
        ("<p>a</p>\n", "<p>a</p>\n<blockquote>b</blockquote>", [1, 0, 1, "<blockquote>b</blockquote>"]),
        ("<div>a</div>", "<div>b</div>", "<div>b</div>"),
        ("", "<li>a</li>", "<li>a</li>"),
        (None, "<li>a</li>", "<li>a</li>"),
    ],
)
def test_of_a_list_the_items_are_told_that_differ(before: str | None, now: str, told: object) -> None:
    assert difference(before, now) == told


def test_coordinators_at_one_incident_see_each_other_whichever_process_serves_them(
    world: World, sit_down: SitDown
) -> None:
    """Whoever opens its page is named on the others' at once, and on one that needs no script; no more after."""
    world.raises()
    maria, ben = sit_down("maria"), sit_down("ben")
    path = f"/desk/incidents/{world.ref()}"
    here, there = maria.browser.app, make_app(world.runtime)
    assert isinstance(here, FastAPI)
    pages = {each.name: {"Cookie": f"desk={each.browser.cookies['desk']}", **HOST} for each in (maria, ben)}
    read: list[str] = []

    def then(text: str) -> None:
        # The first event comes before this process has noted who looks on here.
        if '["ben"]' in text and not read:
            read.append(ben.opens(path).text)

    async def both() -> str:
        bens = asyncio.create_task(follow(there, f"{path}/live", pages["ben"], lambda _: False, lambda _: None))
        seen = await follow(here, f"{path}/live", pages["maria"], lambda _: bool(read), then)
        bens.cancel()
        await asyncio.gather(bens, return_exceptions=True)
        return seen

    text = asyncio.run(both())

    assert 'event: here\ndata: ["ben"]' in text
    assert "Looking at it too: maria" in read[0]
    world.runtime.transact(users.look_away, [("ben", world.ref())])
    assert "Looking at it too" not in maria.opens(path).text


def test_who_is_not_heard_of_any_more_is_not_named(world: World, desk: Desk) -> None:
    """A process that was killed takes nobody's name back: after a while it counts for nothing."""
    world.raises()
    for name, seconds in (("ana", 1), ("olga", 0)):
        until = NOW + timedelta(seconds=seconds)
        world.runtime.transact(users.look_at, [(name, world.ref())], until)

    page = desk.opens(f"/desk/incidents/{world.ref()}").text

    assert "Looking at it too: ana" in page
    assert "olga" not in page


def test_who_looks_on_is_shown_what_happens_though_that_cannot_be_noted(world: World, desk: Desk) -> None:
    """A11: beside the names of whoever looks at the same, everything stays as it was."""
    world.raises()
    world.runtime.transact(lambda tx: tx.session.execute(sql("ALTER TABLE looking RENAME TO elsewhere")))
    answered = iter([1])

    def then(text: str) -> None:
        for _ in answered if news(text) else ():
            world.texts("+573005550013", world.written_code("carol"))

    path = f"/desk/incidents/{world.ref()}/live"
    text = stream(desk, path, lambda text: len(news(text)) > 1 or "event: away" in text, then)

    assert "event: away" not in text
    assert "Amis" in news(text)[1]["answers"]


def test_a_page_says_that_the_database_is_away_and_goes_on_when_it_is_back(world: World, desk: Desk) -> None:
    """What stands there grows old, and the page says so; once there is an answer it is as true as before."""
    world.raises()
    steps = iter(["ALTER TABLE timeline RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO timeline"])

    def moves(tx: Tx) -> None:
        tx.session.execute(sql(next(steps)))

    def then(text: str) -> None:
        if news(text) and "event: away" not in text and not gone:
            gone.append(True)
            world.runtime.transact(moves)
        elif "event: away" in text and len(gone) == 1:
            gone.append(True)
            world.runtime.transact(moves)
            world.raises()

    gone: list[bool] = []
    text = stream(desk, "/desk/live", lambda text: len(news(text)) > 1, then)

    before, after = text.split("event: away", 1)
    assert len(news(before)) == 1
    assert world.ref() in json.dumps(news(after))


def test_an_open_page_of_a_report_that_was_merged_leads_to_where_it_goes_on(world: World, desk: Desk) -> None:
    """Who has it open at that moment must not read that it is over."""
    refs = []
    for _ in range(2):
        world.raises()
        refs.append(world.ref())
    first, second = refs
    merges = iter([desk.opens(f"/desk/incidents/{second}/merge?into={first}")])

    def then(text: str) -> None:
        for page in merges if news(text) else ():
            page.presses("Merge the two")

    text = stream(desk, f"/desk/incidents/{second}/live", lambda text: len(news(text)) > 1, then)

    sentences = news(text)[1]["sentences"]
    assert f'it goes on as part of <a href="/desk/incidents/{first}">{first}</a>.' in sentences
    assert "it is closed" not in sentences
