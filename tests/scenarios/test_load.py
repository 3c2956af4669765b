"""How much the coordinators' telephones get, and that all of it arrives: what is open shares calls and SMS (B9)."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from alertnet.cli.admin.actions import set_pins
from alertnet.cli.demo.client import Api
from alertnet.cli.demo.clock import ClockSpeed, DemoClock
from alertnet.cli.demo.page_content.names import DURESS_PIN, PIN
from alertnet.cli.demo.scenes import PLOTS, Act, Plot
from alertnet.cli.demo.stage import LOOPBACK, Stage, set_everybodys_pins
from alertnet.cli.demo.subtitles import Subtitles
from alertnet.cli.server.web_server import listen, web
from alertnet.core.limits import COORDINATOR_TEXTS
from alertnet.sandbox import Call
from alertnet.sandbox.page import Scene
from alertnet.store.db.tx import Tx
from alertnet.store.records import limits
from alertnet.store.tables import attempts, incidents, notifications
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import CAST, DURESS, TRUE, World, code_in, decision_code_in, spoken_code_in
from tests.support.clock import Clock

LOAD = ("alert", "reminder", "decision", "alarm", "task", "notice")
"""What comes unasked, beside confirmations of one's own acts and the all-clear."""
LUIS, MARY, THIRD = "+573005550002", "+573005550003", "+573005550103"


class MovedClock(DemoClock):
    """The clock of the demo, which a test moves."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self) -> datetime:
        return self._clock()

    def skip_to(self, at: datetime) -> None:
        self._clock.at = max(at, self._clock.at)


class MovedTime(ClockSpeed):
    """Time that goes only as the test lets it."""

    def __init__(self) -> None:
        self.speed = 1

    def run(self, speed: int) -> None:
        self.speed = speed


@contextmanager
def on_stage(world_on: Worlds, folder: Path) -> Iterator[tuple[World, Stage]]:
    """The demo's stage on the clock of a world; its links and its API are answered there."""
    listening = listen(LOOPBACK, 0)
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    world = world_on(f"sqlite:///{folder / 'alertnet.db'}", ALERTNET_PUBLIC_URL=url)
    set_everybodys_pins(world.runtime)
    api = Api(url, world.headers["Authorization"].removeprefix("Bearer "))
    with listening, web(world.runtime, listening, threading.Event()):
        yield world, Stage(world.runtime, world.sandbox, MovedClock(world.clock), MovedTime(), api, Subtitles())


def sends(who: str, text: str) -> Act:
    return lambda stage: stage.sandbox.handset(CAST.get(who, who)).sends(text, to=stage.sandbox.number)


def at(minutes: float, act: Act) -> tuple[timedelta, Act]:
    return timedelta(minutes=minutes), act


WRITTEN = (
    (0, "ana", "SOS"),
    (2, "ana", "estamos en el puente, no se que hacer"),
    (6, LUIS, "SOS"),
    (7, LUIS, "se llevaron a dos"),
    (11, MARY, "SOS"),
    (12, MARY, "we hide in the church"),
    (15, "ana", "siguen aqui"),
    (17, "ombuds", "quien es?"),
    (21, "defenders", "llamen por favor"),
    (26, LUIS, "ya no los vemos"),
    (40, "ombuds", "no entiendo el mensaje"),
)
FREE_TEXTS = [text for _, _, text in WRITTEN if text != "SOS"]
THREE_REPORTS = Plot(
    Scene("three", "Three reports and free texts", "Three of a team call for help, and go on writing."),
    tuple(at(minutes, sends(who, text)) for minutes, who, text in WRITTEN),
)
STORIES = {plot.scene.key: plot for plot in (*PLOTS, THREE_REPORTS)}


@dataclass(frozen=True)
class Left:
    """A message that left for a phone; of a call with its second dial, the first."""

    at: datetime
    method: str
    kind: str
    incident: str | None


def left_for(world: World, number: str) -> list[Left]:
    """What came unasked to that phone, oldest first."""
    query = (
        select(notifications, attempts.c.started_at)
        .join(attempts, attempts.c.notification_id == notifications.c.id)
        .where(attempts.c.provider_id.is_not(None), notifications.c.kind.in_(LOAD))
        .order_by(attempts.c.started_at.desc())
    )
    rows = world.runtime.read(lambda tx: tx.session.execute(query).all())
    first = {
        row.id: Left(row.started_at, row.method, row.kind, row.incident_id) for row in rows if row.address == number
    }
    return sorted(first.values(), key=lambda each: each.at)


def openings(world: World) -> dict[str, datetime]:
    """When each incident was opened."""
    rows = world.runtime.read(lambda tx: tx.session.execute(select(incidents.c.id, incidents.c.opened_at)).all())
    return {row.id: row.opened_at for row in rows}


def most_within(moments: list[datetime], span: timedelta) -> int:
    """How many lie in any stretch of time so long."""
    return max((sum(begin <= each < begin + span for each in moments) for begin in moments), default=0)


def coordinators(world: World) -> list[str]:
    """The numbers of all coordinators."""
    trees = world.runtime.network.trees.values()
    return sorted({number for tree in trees for each in tree.coordinators for number in each.numbers})


@pytest.mark.parametrize(
    ("story", "by_itself", "minutes", "most_calls", "most_texts"),
    [
        pytest.param("checkpoint", True, 60, 2, 6, id="everybody-behaves"),
        pytest.param("nobody", False, 180, 14, 16, id="nobody-picks-up", marks=pytest.mark.long),
        pytest.param("three", True, 60, 7, 14, id="three-reports-answered", marks=pytest.mark.long),
        pytest.param("three", False, 180, 20, 37, id="three-reports-long-unanswered", marks=pytest.mark.long),
    ],
)
def test_no_coordinator_gets_more_than_a_call_in_ten_minutes_and_twelve_sms_in_an_hour(
    world_on: Worlds, tmp_path: Path, story: str, by_itself: bool, minutes: int, most_calls: int, most_texts: int
) -> None:
    """B9, by the demo's own stories: only the first call about a critical incident comes sooner."""
    with on_stage(world_on, tmp_path) as (world, stage):
        STORIES[story].begin(stage, by_itself=by_itself)
        world.passes(minutes=minutes)

    assert any(each.method == "call" for left in load(world).values() for each in left)
    assert too_much(world, most_calls, most_texts) == []


def load(world: World) -> dict[str, list[Left]]:
    """What has left for each number of a coordinator."""
    return {number: left_for(world, number) for number in coordinators(world)}


def too_much(world: World, most_calls: int, most_texts: int) -> list[str]:
    """What a coordinator got beyond the limits of B9, or beyond so many calls and texts."""
    found = []
    for number, left in load(world).items():
        calls = [each.at for each in left if each.method == "call"]
        texts = [each.at for each in left if each.method == "sms"]
        for before, after in pairwise(calls):
            is_first = any(before < opened <= after for opened in openings(world).values())
            if not is_first and after - before < timedelta(minutes=10):
                found.append(f"{number} is called at {before} and {after}")
        if most_within(texts, timedelta(hours=1)) > 12:
            found.append(f"{number} gets more than 12 texts in an hour")
        if len(calls) > most_calls or len(texts) > most_texts:
            found.append(f"{number} gets {len(calls)} calls and {len(texts)} texts")
    return found


def test_every_free_text_is_read_within_two_presses_and_nobody_gets_more(world_on: Worlds, tmp_path: Path) -> None:
    """A12, B9: the page that an SMS leads to, perhaps a matter on its list, then the PIN, whatever else is open.

    Three have reported, and nobody answers.
    """
    with on_stage(world_on, tmp_path) as (world, stage):
        STORIES["three"].begin(stage, by_itself=False)
        world.passes(minutes=40)
    assert any(each.method == "call" for left in load(world).values() for each in left)
    assert too_much(world, 9, 19) == []
    inbox = "\n".join(world.phone("coordinator").inbox)
    sent = set(re.findall(r"/c/\w+", inbox))

    opened = "\n".join(world.client.get(link).text for link in sent)
    listed = set(re.findall(r"/c/\w+", opened))
    read = "\n".join(world.client.post(link, data={"pin": PIN}).text for link in sent | listed)

    assert len(FREE_TEXTS) == 8
    assert [text for text in FREE_TEXTS if text in inbox + opened] == []
    assert [text for text in FREE_TEXTS if text not in read] == []


TWO = """
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 3m}]
    deputy: second
  second:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550102"}, {call: "+573005550102", after: 3m}]
  third: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550103"}, {call: "+573005550103"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""


@pytest.fixture
def valley(world_of: Callable[..., World]) -> World:
    """A coordinator with a telephone and its deputy, then an ombudsman."""
    return world_of(a_tree(COORDINATION + "  - {name: Friends, notify: [ombuds], wait: 30m}\n", TWO))


RUNG = """
  third: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550103"}, {call: "+573005550103"}]}
"""
DESK = '  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}\n'


@pytest.fixture
def alone(world_of: Worlds) -> World:
    """A coordinator alone, with a telephone."""
    return world_of(a_tree("  - {name: Coordination, notify: [third], wait: 10m}\n", RUNG + DESK))


def rings(world: World, who: str = "coordinator") -> int:
    """How often that phone has rung, second dials among it."""
    return len(world.phone(who).calls)


def listens(world: World, who: str = "coordinator") -> Call:
    """Pick up there, and key the code."""
    call = world.phone(who).answers()
    return call.press(spoken_code_in(call.words))


def uses_up(tx: Tx, number: str, times: int = COORDINATOR_TEXTS.most) -> None:
    """That phone has had twelve SMS just now, or so many."""
    used = limits.hold(tx, COORDINATOR_TEXTS, number)
    for _ in range(times):
        used = COORDINATOR_TEXTS.force(used, tx.now)
    limits.keep(tx, COORDINATOR_TEXTS, number, used)


def test_what_is_open_shares_one_sms_that_names_each_code(valley: World) -> None:
    """B9: the alert, and the question whether it is true; each code does what it says."""
    valley.texts("ana", "SOS")
    incident = valley.newest()

    (text,) = valley.phone("coordinator").inbox
    valley.texts("coordinator", f"GO {decision_code_in(text)}")
    valley.texts("coordinator", code_in(text))

    assert f"alert {incident.ref}" in text
    assert len(text) <= 160
    assert incident["verified"] is True
    assert incident.answers() == [("coordinator", "acknowledged", "sms")]


def test_a_call_offers_all_that_is_open_in_turn_over_all_incidents(valley: World) -> None:
    """B9: its code proves that somebody listens; then each matter has its own answer."""
    valley.phone("coordinator").behaves("switched_off")
    refs = []
    for number in (CAST["ana"], LUIS):
        valley.texts(number, "SOS")
        refs.append(valley.newest())
    valley.phone("coordinator").behaves("manual")
    valley.passes(minutes=10)

    call = listens(valley)
    for _ in range(4):
        call.press("1")
        if call.waits_for_keys and "press 1" not in call.heard[-1].text:
            call.stays_silent()
    valley.settles()

    assert not call.waits_for_keys
    assert [(each["verified"], each.answers()) for each in refs] == [
        (True, [("coordinator", "acknowledged", "call")])
    ] * 2
    assert call.words.count("There is one more matter") == 3


def test_a_call_offers_the_gravest_first(valley: World) -> None:
    """Whoever hangs up after the second matter of a bad night must have heard of the killing."""
    for type in ("arrest", "surveillance", "raid", "killing"):
        valley.raises(type=type, perpetrator="none")

    valley.waits_for_ringing("coordinator", minutes=4)
    call = listens(valley)
    for _ in range(3):
        call.press("1").stays_silent()

    told = re.findall("alert: ([a-z]+)", call.words)
    assert told == ["arrest", "killing", "raid", "surveillance"]


@pytest.mark.parametrize("severity", ["critical", "serious", "moderate"])
def test_an_alert_that_is_news_to_its_phone_leaves_also_as_the_thirteenth_sms(valley: World, severity: str) -> None:
    """B9, A1: however much a coordinator's phone has had, what happened just now reaches it."""
    valley.runtime.transact(uses_up, CAST["coordinator"])

    incident = valley.raises(severity=severity)

    (text,) = valley.phone("coordinator").inbox
    assert incident.ref in text


def test_an_alert_about_what_its_phone_was_called_for_waits_as_the_thirteenth_sms(alone: World) -> None:
    """B9: the text was rung about three times before it became an incident, which is serious; it leaves later."""
    coordinator = alone.phone(THIRD)
    alone.texts("ana", "they are coming")
    alone.passes(minutes=25)
    assert coordinator.calls
    alone.runtime.transact(uses_up, THIRD)
    before = len(coordinator.inbox)

    alone.passes(minutes=15)

    assert alone.newest()["status"] == "open"
    assert coordinator.inbox[before:] == []
    alone.passes(minutes=60)
    assert any("alert" in text or "URGENT" in text for text in coordinator.inbox[before:])


def test_that_an_office_takes_charge_is_read_at_once_in_a_busy_hour_too(valley: World) -> None:
    """B9: what the phone had before were nine SMS, the alert among them."""
    incident = valley.raises()
    valley.passes(minutes=11)
    valley.runtime.transact(uses_up, CAST["coordinator"], 8)

    valley.texts("ombuds", f"OK {code_in(valley.phone('ombuds').inbox[0])}")

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]
    assert "ombuds takes charge" in valley.phone("coordinator").inbox[-1]


def test_what_is_said_again_leaves_room_for_what_is_news(valley: World) -> None:
    """B9: the question that was asked before waits as the tenth SMS of an hour, while its call goes on."""
    valley.texts("ana", "SOS")
    valley.passes(minutes=1)
    for who in ("coordinator", "second coordinator"):
        valley.runtime.transact(uses_up, CAST[who], 9 if who == "coordinator" else 2)
    before = {who: len(valley.phone(who).inbox) for who in ("coordinator", "second coordinator")}

    valley.passes(minutes=25)

    said_again = {
        who: [text for text in valley.phone(who).inbox[count:] if "GO " in text] for who, count in before.items()
    }
    assert said_again["coordinator"] == []
    assert said_again["second coordinator"] != []


def test_a_call_offers_only_what_is_unanswered(valley: World) -> None:
    valley.texts("ana", "SOS")
    valley.texts("coordinator", f"GO {decision_code_in(valley.phone('coordinator').inbox[0])}")

    call = listens(valley).press("1").stays_silent()

    assert not call.waits_for_keys
    assert valley.newest().answers() == [("coordinator", "acknowledged", "call")]


def test_a_new_critical_incident_rings_at_once_and_what_is_less_grave_waits_for_its_turn(valley: World) -> None:
    """B9: also where the phone has rung two minutes ago."""
    valley.texts("ana", "SOS")
    valley.passes(minutes=2)
    before = rings(valley)
    valley.texts(LUIS, "SOS")
    at_once = rings(valley)
    valley.passes(minutes=2)

    valley.texts(LUIS, "they are at the door")
    valley.passes(minutes=7)

    assert (before, at_once, rings(valley)) == (2, 3, 4)
    assert any("news from the team" in text for text in valley.phone("coordinator").inbox)
    valley.passes(minutes=2)
    assert rings(valley) == 6


def test_a_call_that_rang_out_is_not_placed_again_for_the_alert_and_its_deputy_is_told(valley: World) -> None:
    """B3, B9: the telephone is off; the question has rung in vain, so the alert's own call is no call more."""
    valley.phone("coordinator").behaves("switched_off")
    valley.texts("ana", "SOS")
    valley.passes(minutes=2)

    assert rings(valley) == 2
    assert set(valley.newest().told()) == {("coordinator", "sms"), ("coordinator", "call"), ("second", "sms")}


def test_when_the_sms_of_an_hour_are_used_up_the_call_still_rings(world_of: Worlds) -> None:
    """A2, A6, B9: a critical question that nobody answers never falls silent; the SMS follows when there is room."""
    friends = "  - {name: Friends, notify: [ombuds], wait: 30m}\n"
    world = world_of(a_tree(COORDINATION + friends, CONTACTS + RUNG))
    world.runtime.transact(uses_up, THIRD)

    world.texts("ana", "SOS")
    world.passes(minutes=55)
    held, rung = list(world.phone(THIRD).inbox), rings(world, THIRD)
    world.passes(minutes=10)

    assert held == []
    assert rung >= 10
    assert "GO " in world.phone(THIRD).inbox[0]


def test_a_question_that_is_told_in_another_sms_has_been_asked(world_of: Worlds) -> None:
    """B3: its automatic time runs, in each tree."""
    police = '  police: {role: authority, organisation: Police, methods: [{sms: "+576015550112"}]}\n'
    level = (
        "  - {name: Police, needs_go: {unless_severity: [critical], proceed_after: 30m}, notify: [police], wait: 10m}\n"
    )
    trees = [
        a_tree("  - {name: Coordination, notify: [coordinator], wait: 5m}\n" + level, CONTACTS + police, tree=tree)
        for tree in ("valley", "coast")
    ]
    world = world_of(*trees)
    incident = world.raises(type="assault", perpetrator="none")
    world.passes(minutes=5)
    asked = world.phone("coordinator").inbox[-1]

    world.passes(minutes=30)

    assert asked.count("GO ") == 2
    assert [incident.level(tree) for tree in ("valley", "coast")] == ["Police", "Police"]


def test_whoever_was_told_in_another_sms_hears_that_it_is_over(valley: World) -> None:
    """The close reaches everybody who was told, however."""
    for number in (CAST["ana"], LUIS):
        valley.phone(number).sends("SOS")
    valley.settles()
    second = valley.newest()
    text, suggested = valley.phone("second coordinator").inbox
    assert "may be the same event as" in suggested

    second.act("close", reason="released")

    assert second.ref in text
    assert ("second", "sms") in second.told("stand_down")


def test_whoever_caused_an_alarm_by_a_text_of_its_own_is_not_alarmed_by_it(valley: World) -> None:
    """B3: the others are."""
    valley.texts("ana", "SOS")
    valley.passes(minutes=1)
    before = len(valley.phone("coordinator").inbox)

    valley.texts("coordinator", "who is there with you?")
    valley.passes(minutes=9)

    assert any("message from coordinator" in text for text in valley.phone("second coordinator").inbox)
    assert not any("message from coordinator" in text for text in valley.phone("coordinator").inbox[before:])


def test_what_must_be_read_first_is_an_sms_of_its_own(world: World) -> None:
    """B4: nobody is to call the team before it was read, so it is never one among others."""
    world.runtime.transact(set_pins, "north/ana", PIN, DURESS_PIN)
    world.texts("ana", f"SOS {DURESS_PIN}")

    texts = world.phone("coordinator").inbox
    assert len([text for text in texts if "antes de llamar" in text]) == 1
    assert len(texts) == 2


def test_what_must_be_read_first_leaves_also_as_the_thirteenth_sms(world: World) -> None:
    """B4, B9: the coordinator at work, who has had her twelve, must not call the team before she has read it."""
    world.gives_pins("north/ana")
    world.texts("ana", f"ALERT {TRUE} 20 L12")
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    world.passes(minutes=1)
    world.runtime.transact(uses_up, CAST["coordinator"])
    before = len(world.phone("coordinator").inbox)

    world.texts("ana", f"FALSE {DURESS} all is well")

    (text,) = world.phone("coordinator").inbox[before:]
    assert "antes de llamar a nadie" in text


def test_whoever_takes_earlier_news_has_not_taken_what_must_be_read_first(world_of: Worlds) -> None:
    """B4: the answer to "news from the team" may be on its way while the SMS that says not to call yet arrives."""
    world = world_of(a_tree(COORDINATION))
    world.gives_pins("north/ana")
    world.texts("ana", f"ALERT {TRUE} 20 L12")
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    world.texts("ana", f"NEWS {TRUE} at the station")
    news = world.phone("coordinator").inbox[-1]
    world.texts("ana", f"NEWS {DURESS} all is well")

    world.texts("coordinator", code_in(news))
    before = len(world.phone("coordinator").inbox)
    world.passes(minutes=11)

    assert "news from the team" in news
    assert any("before you call anybody" in text for text in world.phone("coordinator").inbox[before:])


def test_a_drill_is_told_apart_from_what_is_none(alone: World) -> None:
    for drill in (True, False):
        body = {
            "type": "arrest",
            "country": "CO",
            "consent": "international",
            "drill": drill,
            "certainty": "unverified",
        }
        assert alone.client.post("/v1/incidents", json=body, headers=alone.headers).status_code == 201
    alone.passes(minutes=20)

    texts = alone.phone(THIRD).inbox
    refs = [item["ref"] for item in alone.client.get("/v1/incidents", headers=alone.headers).json()["items"]]
    assert len(refs) == 2
    assert all(sum(ref in text for ref in refs) == 1 for text in texts)
