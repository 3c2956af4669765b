"""An evening in which every kind of message is sent: nobody is asked to call itself, and all hear of the end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from alertnet.core.codec import from_plain
from alertnet.core.disclosure import Said
from alertnet.core.notification import URGENT, Kind
from alertnet.messages.words import spoken_number
from alertnet.sandbox import Handset
from alertnet.store.tables import inbound, notifications
from tests.scenarios.conftest import Worlds, of_trees, worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import CAST, TRUE, Incident, World, code_in, spoken_code_in

CONTACTS = """
  coordinator:
    role: coordinator
    organisation: Valley
    deputy: second
    methods: [{sms: "+573005550101"}, {call: "+573005550101"}, {email: duty@valley.example}]
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds:
    role: ombuds
    organisation: Ombuds office
    deputy: defenders
    methods: [{sms: "+573005550120"}, {email: ombuds@state.example}]
  defenders: {role: ngo, organisation: Defenders, methods: [{call: "+573005550130"}, {sms: "+573005550130"}]}
  brigade: {role: authority, organisation: Brigade, methods: [{task: "Call +576075550111: we know"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}, {call: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 10m, repeat: {every: 3m, times: 1}}
  - name: Friends
    notify: [ombuds, defenders, brigade]
    wait: 20m
    action_due: {after: 20m, otherwise: next}
  - {name: Head office, notify: [desk], wait: 20m}
"""
WORDS = ("Maria Secreta en Vereda Honda", "Who is Maria?", "Maria was visited", "Maria is seen at the river")
"""What people write: for those to read who have proved who they are."""


WHOSE = ["coordinator", "ombuds", "defenders", "head office", "ana"]


@pytest.fixture(params=WHOSE)
def evening(request: pytest.FixtureRequest, world_on: Worlds, tmp_path: Path) -> World:
    """A network whose number to call is that one's."""
    return network(world_on, tmp_path, request.param)


def network(make: Worlds, folder: Path, whose: str) -> World:
    number = CAST[whose]
    tree = a_tree(LEVELS, CONTACTS, rest="unknown_perpetrator: proceed").replace(
        '"+573005550101"\nlast', f'"{number}"\nlast'
    )
    assert f'callback: "{number}"' in tree
    world = of_trees(make, folder, tree)
    world.gives_pins("north/ana", duress=None)
    return world


@dataclass(frozen=True)
class Played:
    """Such an evening in which everything has happened that something is said about, and its incident."""

    world: World
    incident: Incident


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Played once for all that only look at it."""
    with worlds() as make:
        world = network(make, tmp_path_factory.mktemp("evening"), request.param)
        yield Played(world, plays(world))


def told(phone: Handset, word: str) -> str:
    """The first SMS of a phone with that word."""
    return next(text for text in phone.inbox if word in text)


def plays(world: World) -> Incident:
    """From the first SOS to the all-clear, and the answer that comes after it."""
    world.texts("ana", "SOS")
    incident = world.newest()
    world.passes(minutes=9)
    world.texts("ana", f"ALERTA {TRUE} 31 C1 L12 {WORDS[0]}")
    world.passes(minutes=1)
    call = world.phone("defenders").answers()
    call.press(spoken_code_in(call.words)).press("1")
    world.passes(minutes=1)
    world.texts("second coordinator", f"OK {code_in(told(world.phone('second coordinator'), 'ALARM'))}")
    code = code_in(told(world.phone("ombuds"), "URGENT"))
    for text in (WORDS[1], f"NO {code}", f"OK {code}", "DONE"):
        world.texts("ombuds", text)
    world.passes(minutes=25)
    world.texts("coordinator", f"OK {code_in(told(world.phone('coordinator'), 'URGENT'))}")
    world.texts("ombuds", f"DONE {code} {WORDS[2]}")
    incident.act("updates", text=WORDS[3])
    world.passes(minutes=30)
    for reason in ("false_alarm", "resolved"):
        incident.act("close", reason=reason)
        world.passes(minutes=1)
        if reason == "false_alarm":
            incident.act("reopen", reason="They are back")
            world.passes(minutes=1)
    world.texts("ombuds", code)
    return incident


def kinds_said(played: Played) -> set[str]:
    """The kinds of all that was sent, and of all that was answered at once."""
    said = played.world.runtime.read(lambda tx: tx.session.scalars(select(inbound.c.reply)).all())
    return {each["kind"] for each in (*played.incident["notifications"], *map(json.loads, filter(None, said)))}


@pytest.mark.parametrize(
    "played",
    [pytest.param(who, marks=() if who == "coordinator" else pytest.mark.long) for who in WHOSE],
    indirect=True,
)
def test_no_message_of_any_kind_asks_its_recipient_to_call_its_own_number(played: Played) -> None:
    """B1: whoever the number belongs to is told another one, also by telephone."""
    rows = played.world.runtime.read(lambda tx: tx.session.execute(select(notifications)).all())

    assert kinds_said(played) == set(Kind) - {Kind.TEST}
    assert [row.kind for row in rows if from_plain(Said, row.said).callback == row.address] == []
    for number in CAST.values():
        phone = played.world.phone(number)
        assert not any(number in text for text in phone.inbox)
        assert not any(spoken_number(number, "plus") in call.words for call in phone.calls)


@pytest.mark.parametrize("played", ["coordinator"], indirect=True)
def test_whoever_was_told_or_rung_hears_of_the_end(played: Played) -> None:
    """B3: each contact by a message of its own, and the field."""
    incident = played.incident
    notified = [each for each in incident["notifications"] if each["method"] != "task"]
    told = {each["contact"] for each in notified if each["kind"] in URGENT | {Kind.NOTICE}}

    assert told == {"coordinator", "second", "ombuds", "defenders", "desk"}
    assert {contact for contact, _ in incident.told("stand_down")} == told
    assert "asunto cerrado" in played.world.phone("ana").inbox[-1]


def test_nobody_who_calls_us_is_put_through_to_its_own_number(evening: World) -> None:
    """B4: a coordinator would hear itself being engaged."""
    evening.texts("ana", "SOS")

    put_through = {}
    for number in CAST.values():
        call = evening.phone(number).dials()
        while call.put_through_to is None and call.waits_for_keys:
            call.stays_silent()
        put_through[number] = call.put_through_to

    assert [number for number, to in put_through.items() if number == to] == []
    assert put_through[CAST["coordinator"]]


@pytest.mark.parametrize("played", ["coordinator"], indirect=True)
def test_no_message_of_any_kind_has_a_word_of_what_people_write(played: Played) -> None:
    """A9: neither SMS nor call nor mail, of whichever kind; the record and the page have all of it."""
    world = played.world

    phones = [world.phone(number) for number in CAST.values()]
    texts = [text for phone in phones for text in phone.inbox]
    calls = [call.words for phone in phones for call in phone.calls]
    received = [mail for box in ("duty@valley.example", "ombuds@state.example") for mail in world.mailbox(box).mails]
    mails = [f"{mail.subject} {mail.text} {mail.html}" for mail in received]
    assert min(map(len, (texts, calls, mails))) > 3
    assert not any(word in each for each in (*texts, *calls, *mails) for word in ("Maria", "Vereda", "river"))
    assert kinds_said(played) == set(Kind) - {Kind.TEST}
