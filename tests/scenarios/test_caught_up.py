"""Our web was away: what came in meanwhile is fetched from the provider, once, by the same door (A1, A12)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from alertnet.sandbox import Fault
from alertnet.store.tables import acknowledgements, inbound, notifications, timeline
from alertnet.store.views.shapes import moment
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, World, code_in
from tests.support.rows import in_long

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, language: fr, methods: [{sms: "+573005550120"}]}
  desk: {role: ngo, organisation: Head office, language: fr, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 20m}
  - {name: Friends, notify: [ombuds], wait: 20m}
"""


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """A coordinator has twenty minutes before the ombuds office hears; the first look was a moment ago."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.gives_pins("north/ana")
    world.catches_up()
    return world


def texts_unheard(world: World, who: str, text: str, **later: float) -> None:
    """Somebody texts while our web is away, and hears nothing."""
    world.is_deaf = True
    assert world.phone(who).sends(text, to=world.sandbox.number) is None
    world.is_deaf = False
    world.clock.at += timedelta(**(later or {"minutes": 2}))


def inbox(world: World, who: str) -> list[str]:
    return world.phone(who).inbox


def heard(world: World) -> dict[str, bool]:
    """Texts and calls that came in, by what was said in them; whether the sender is known."""
    rows = world.runtime.read(lambda tx: tx.session.execute(select(inbound)).all())
    return {row.body: row.known for row in rows}


def test_an_answer_that_nobody_heard_counts_from_when_it_was_given(valley: World) -> None:
    """A6, A12: the escalation stops, and the confirmation comes as an SMS of its own."""
    incident = valley.raises()
    given = valley.clock.at
    texts_unheard(valley, "coordinator", f"OK {code_in(inbox(valley, 'coordinator')[0])}", minutes=5)

    valley.catches_up()

    assert incident.answers() == [("coordinator", "acknowledged", "sms")]
    at = valley.runtime.read(lambda tx: tx.session.scalar(select(acknowledgements.c.at)))
    assert at == given
    assert incident.told("recorded") == [("coordinator", "sms")]
    assert "21:14" in inbox(valley, "coordinator")[-1]
    assert len(inbox(valley, "coordinator")) == 2


def test_a_hold_that_nobody_heard_counts_from_when_it_was_given(valley: World) -> None:
    """A6, A12: as any other answer, with the one confirmation that is sent by itself."""
    incident = valley.raises()
    given = valley.clock.at
    texts_unheard(valley, "coordinator", f"HOLD {code_in(inbox(valley, 'coordinator')[0])}", minutes=5)

    valley.catches_up()

    assert incident.answers() == [("coordinator", "acknowledged", "sms")]
    assert valley.runtime.read(lambda tx: tx.session.scalar(select(acknowledgements.c.at))) == given
    assert incident.told("recorded") == [("coordinator", "sms")]
    assert len(inbox(valley, "coordinator")) == 2


def test_the_answer_comes_before_what_fell_due_meanwhile(valley: World) -> None:
    """A4, A7: who acknowledged in time is not followed by the next level because we were away."""
    incident = valley.raises()
    valley.passes(minutes=20)
    texts_unheard(valley, "ombuds", f"OK {code_in(inbox(valley, 'ombuds')[0])}", minutes=19)

    valley.catches_up()
    valley.passes(minutes=30)

    assert incident.status("valley") == "acknowledged"
    assert "escalation_unanswered" not in incident.timeline()


def test_a_cry_for_help_that_nobody_heard_raises_the_alarm(valley: World) -> None:
    """A12: with the time at which it was sent; the phone hears that it arrived."""
    sent = valley.clock.at
    texts_unheard(valley, "ana", "SOS", minutes=40)

    valley.catches_up()

    incident = valley.newest()
    assert incident["severity"] == "critical"
    assert "SOS" in inbox(valley, "ana")[-1]
    query = select(timeline.c.payload).where(timeline.c.kind == "report_received")
    (report,) = valley.runtime.read(lambda tx: tx.session.scalars(query).all())
    assert report["heard_at"] == sent.isoformat()


@pytest.mark.parametrize("pin", [TRUE, DURESS, in_long("47111")])
def test_a_phone_that_may_be_in_other_hands_is_not_rung_late(valley: World, pin: str) -> None:
    """B4: after an arrest nothing reaches the team's phones that is no answer within the exchange, whatever the PIN."""
    texts_unheard(valley, "ana", f"ALERTA {pin} 20 L12")

    valley.catches_up()
    valley.passes(minutes=15)

    assert valley.newest()["type"] == "arrest"
    assert inbox(valley, "ana") == []


def test_a_cry_from_a_phone_that_was_missed_rings_people_and_is_not_answered_late(valley: World) -> None:
    """B4: whoever did not call in may be in other hands, and so may the phone; a cry heard at once has its reply."""
    valley.texts("ana", f"GO {TRUE} L12 22:00")
    valley.passes(minutes=46 + 90 + 2)
    rung, before = len(inbox(valley, "coordinator")), inbox(valley, "ana")
    texts_unheard(valley, "ana", "SOS")

    valley.catches_up()
    valley.passes(minutes=1)

    assert valley.newest()["type"] == "missed_check_in"
    assert "SOS" in inbox(valley, "coordinator")[rung]
    assert inbox(valley, "ana") == before
    assert "SOS" in (valley.texts("ana", "SOS") or "")


@pytest.mark.parametrize(
    ("becomes", "text"),
    [
        ("arrest", "nos llevan por la carretera"),
        ("threat", f"ALERTA {TRUE} 31 L13"),
        in_long("arrest", f"ALERTA {TRUE} 31 L13"),
        in_long("threat", "nos llevan por la carretera"),
    ],
)
def test_a_phone_that_may_be_in_other_hands_is_not_answered_late(valley: World, text: str, becomes: str) -> None:
    """B4: nor is anything written there that is no answer within the exchange, whatever the arrest is called by now."""
    valley.texts("ana", f"ALERTA {TRUE} 20 L12")
    valley.newest().act("updates", text="It may be something else", type=becomes)
    assert valley.newest()["type"] == becomes
    rung, before = len(inbox(valley, "coordinator")), inbox(valley, "ana")
    texts_unheard(valley, "ana", text)

    valley.catches_up()
    valley.passes(minutes=1)

    assert len(inbox(valley, "coordinator")) > rung
    assert inbox(valley, "ana") == before


def test_what_was_fetched_is_not_heard_again_when_it_is_brought(valley: World) -> None:
    """A1: a webhook that comes after all changes nothing, and gets no second reply."""
    incident = valley.raises()
    texts_unheard(valley, "coordinator", f"OK {code_in(inbox(valley, 'coordinator')[0])}")
    valley.catches_up()
    before = inbox(valley, "coordinator")

    reply = valley.phone("coordinator").sends_again()
    valley.settles()

    assert reply is None
    assert len(incident.answers()) == 1
    assert inbox(valley, "coordinator") == before


def test_what_was_brought_is_not_fetched(valley: World) -> None:
    """A1: the overlap of two looks shows the same messages again."""
    valley.texts("ana", "SOS")
    before = inbox(valley, "ana")

    for _ in range(3):
        valley.clock.at += timedelta(minutes=1)
        valley.catches_up()

    assert inbox(valley, "ana") == before
    assert valley.newest().timeline().count("report_received") == 1


def test_what_came_a_moment_ago_is_left_to_its_webhook(valley: World) -> None:
    """The one reply is the answer to the webhook, for as long as it may still come."""
    valley.clock.at += timedelta(minutes=1)
    texts_unheard(valley, "ana", "SOS", seconds=29)
    valley.catches_up()
    before = heard(valley)

    valley.clock.at += timedelta(minutes=1)
    valley.catches_up()

    assert (before, heard(valley)) == ({}, {"SOS": True})


def test_a_free_text_is_passed_on_late(valley: World) -> None:
    """A12: to the coordinators, and its sender is told what would count."""
    texts_unheard(valley, "ombuds", "Nous arrivons")

    valley.catches_up()

    assert heard(valley) == {"Nous arrivons": True}
    assert len(inbox(valley, "ombuds")) == len(inbox(valley, "coordinator")) == 1
    assert len(inbox(valley, "second coordinator")) == 1


def test_a_stranger_learns_nothing_late_either(valley: World) -> None:
    texts_unheard(valley, "stranger", "hola")

    valley.catches_up()

    assert heard(valley) == {"hola": False}
    assert inbox(valley, "stranger") == []
    assert ["message from an unknown number" in text for text in inbox(valley, "coordinator")] == [True]


def test_a_list_that_lags_loses_nothing(valley: World) -> None:
    """What it shows ten minutes late is still looked for."""
    texts_unheard(valley, "ana", "SOS", seconds=50)
    (message,) = valley.sandbox.network.messages.values()
    message.listed_from += timedelta(minutes=9)
    for _ in range(8):
        valley.catches_up()
        valley.clock.at += timedelta(minutes=1)
    before = heard(valley)

    valley.clock.at += timedelta(minutes=1)
    valley.catches_up()

    assert before == {}
    assert heard(valley) == {"SOS": True}


def test_a_provider_that_is_away_is_asked_again_from_where_it_broke_off(valley: World) -> None:
    """The mark moves on only when a list was read to its end."""
    texts_unheard(valley, "ana", "SOS", hours=2)
    valley.sandbox.misbehaves(Fault.ERROR_503, times=2, method="GET")
    valley.catches_up()
    before = heard(valley)

    valley.clock.at += timedelta(minutes=1)
    valley.catches_up()

    assert (before, heard(valley)) == ({}, {"SOS": True})


def test_a_call_that_nobody_received_alarms_the_coordinators(valley: World) -> None:
    """B4: a known number that called in vain is heard of, of an open incident with an alarm that rings on."""
    incident = valley.raises()
    valley.is_deaf = True
    valley.phone("ombuds").dials()
    valley.phone("stranger").dials()
    valley.is_deaf = False
    valley.clock.at += timedelta(minutes=2)

    valley.catches_up()
    valley.clock.at += timedelta(minutes=1)
    valley.catches_up()

    assert incident.told("alarm") == []
    notices = valley.runtime.read(
        lambda tx: tx.session.execute(select(notifications).where(notifications.c.kind == "alarm")).all()
    )
    assert {(row.contact, row.said.get("subject"), row.said.get("about")) for row in notices} == {
        ("coordinator", "missed_call", "ombuds"),
        ("second", "missed_call", "ombuds"),
    }
    assert len(notices) == 2


def test_the_fields_own_call_alarms_in_its_open_incident(valley: World) -> None:
    valley.texts("ana", "SOS")
    incident = valley.newest()
    valley.is_deaf = True
    valley.phone("ana").dials()
    valley.is_deaf = False
    valley.clock.at += timedelta(minutes=2)

    valley.catches_up()

    assert "nobody answered" in inbox(valley, "coordinator")[-1]
    assert ("coordinator", "sms") in incident.told("alarm")


def test_who_hangs_up_before_keying_a_code_is_heard_of_within_two_minutes(valley: World) -> None:
    """B4: a known number that keys nothing alarms the coordinators, also where nobody brings us its silence; once."""
    incident = valley.raises()
    valley.passes(minutes=20)
    valley.phone("ombuds").dials().hang_up()
    before = incident.told("alarm")

    for _ in range(2):
        valley.clock.at += timedelta(minutes=1)
        valley.catches_up()

    assert before == []
    assert "ombuds" in inbox(valley, "coordinator")[-1]
    assert sorted(incident.told("alarm")) == [("coordinator", "sms"), ("second", "sms")]


@pytest.mark.parametrize(("minutes", "is_marked"), [(29, False), (45, True)])
@pytest.mark.parametrize("text", ["SOS", "nos siguen"])
def test_a_text_that_was_long_under_way_is_marked(valley: World, text: str, minutes: float, is_marked: bool) -> None:
    """Store and forward may deliver hours later: what it says may be over by then."""
    sent_at = valley.clock.at
    texts_unheard(valley, "ana", text, minutes=minutes)

    valley.catches_up()

    [shown] = valley.newest()["texts"]
    assert shown["at"] == moment(sent_at)
    assert (shown["arrived_at"] is not None) is is_marked
