"""Numbers and addresses are tried before the night: an answer by any door counts, no outsider is disturbed (B7)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.errors import BadInput
from alertnet.flows.notifications import number_tests
from alertnet.flows.system.purge import PurgeDecision
from alertnet.flows.system.self_monitoring import keep_watch, look
from alertnet.flows.system.subject import erase_subject, subject_of
from alertnet.store.records import timeline
from tests.scenarios.conftest import Worlds
from tests.scenarios.world import DURESS, TRUE, World, code_in, link_in, spoken_code_in

TREE = """
tree: valley
title: {en: Valley network, es: Red del valle}
scope: international
serves: {countries: [CO]}
timezone: America/Bogota
language: es
sender: VALLEY
callback: "+573005550101"
last_resort: [head-office]
contacts:
  coordinator:
    role: coordinator
    organisation: Valley coordination
    language: en
    methods: [{sms: "+573005550101"}, {call: "+573005550101"}, {email: duty@valley.example}]
  head-office:
    role: ngo
    organisation: Head office
    methods: [{call: "+32470555101"}]
  embassy-es:
    role: embassy
    represents: ES
    organisation: Embassy of Spain
    methods: [{sms: "+573005550140"}]
  defenders:
    role: ngo
    organisation: Friends
    drills: true
    methods: [{sms: "+573005550130"}]
levels:
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Embassies, notify: [embassy-es, defenders], wait: 10m}
"""
COORDINATOR, HEAD_OFFICE = "+573005550101", "+32470555101"


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(TREE)


def sends_tests(world: World, *names: str) -> int:
    network = world.runtime.edition.network
    chosen = [number_tests.named(network, name) for name in names]
    sent = world.runtime.transact(number_tests.send_tests, network, chosen, "a test")
    world.settles()
    return sent


def results(world: World) -> dict[tuple[str, str], str]:
    """What became of each address, by contact and method."""
    found = world.runtime.read(number_tests.results, world.runtime.edition.network)
    return {(each.contact, each.method.value): each.outcome for each in found}


def verified(world: World) -> list[str]:
    found = world.runtime.read(number_tests.results, world.runtime.edition.network)
    return [f"{each.contact} {each.method}" for each in found if each.verified]


def test_the_code_of_the_sms_shows_that_the_number_works(world: World) -> None:
    assert sends_tests(world, "coordinator") == 2
    (text,) = world.phone(COORDINATOR).inbox

    thanks = world.texts(COORDINATOR, code_in(text))

    assert thanks is not None
    assert "Nothing more to do" in thanks
    assert results(world)["coordinator", "sms"] == "answered"
    assert verified(world) == ["coordinator sms"]
    entries = world.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, "number_verified"))
    assert [(payload["contact"], payload["via"]) for _, payload in entries] == [("coordinator", "sms")]


@pytest.mark.parametrize(("pin", "warned"), [(TRUE, 0), (DURESS, 1)])
def test_the_pin_for_duress_beside_the_code_of_a_test_is_told(world: World, pin: str, warned: int) -> None:
    """B4: the reply is that to the true PIN."""
    world.gives_pins("valley/defenders")
    sends_tests(world, "defenders")

    thanks = world.texts("defenders", f"{code_in(world.phone('defenders').inbox[0])} {pin}")
    world.passes(minutes=11)

    assert thanks is not None
    assert "funciona" in thanks
    notices = [text for text in world.phone(COORDINATOR).inbox if "before you call anybody" in text]
    assert len(notices) == warned


def test_the_sms_says_nothing_but_that_it_is_a_test_of_the_network(world: World) -> None:
    """A9: no person, place or type, in the language of whoever has the number."""
    sends_tests(world, "coordinator", "defenders")

    (english,) = world.phone(COORDINATOR).inbox
    (spanish,) = world.phone("defenders").inbox
    assert english.startswith("VALLEY TEST: only a test of your number. Please reply ")
    assert spanish.startswith("VALLEY TEST: solo una prueba de su numero. Responda ")
    for text in (english, spanish):
        assert not any(
            word in text.lower().replace("alarm.example", "") for word in ("urgent", "alarm", "coordinat", "arrest")
        )


def test_a_code_counts_after_what_is_over_of_its_contact_was_erased(world: World) -> None:
    """A12: what it was sent as a test is not over, and its answer is thanked for."""
    sends_tests(world, "coordinator")
    (text,) = world.phone(COORDINATOR).inbox
    world.passes(minutes=1)
    network = world.runtime.edition.network
    asked = subject_of(network, "valley/coordinator"), PurgeDecision("Ines", "they have asked")

    world.runtime.transact(erase_subject, network, *asked)
    thanks = world.texts(COORDINATOR, code_in(text))

    assert thanks is not None
    assert "Nothing more to do" in thanks
    assert verified(world) == ["coordinator sms"]


def test_a_code_from_another_number_shows_nothing(world: World) -> None:
    sends_tests(world, "coordinator")
    (text,) = world.phone(COORDINATOR).inbox

    world.texts("defenders", code_in(text))

    assert results(world)["coordinator", "sms"] == "silent"


def test_the_digits_of_the_call_show_that_somebody_picked_it_up(world: World) -> None:
    """Neither that it was answered, nor keys that were not heard in it."""
    sends_tests(world, "head-office")
    call = world.phone(HEAD_OFFICE).answers()
    code = spoken_code_in(call.words)
    call.press("".join(str((int(digit) + 1) % 10) for digit in code))
    assert results(world)["head-office", "call"] == "silent"

    call.press(code)

    assert "Nothing has happened" not in call.words
    assert "Votre numéro" not in call.words
    assert "Su número funciona" in call.words
    assert results(world)["head-office", "call"] == "answered"


def test_the_code_of_the_sms_may_be_keyed_in_a_call_to_us(world: World) -> None:
    """From where no SMS reaches us back; a wrong one may be keyed anew, and nobody is disturbed by a right one."""
    sends_tests(world, "defenders")
    (text,) = world.phone("defenders").inbox
    before = len(world.phone(COORDINATOR).inbox)

    call = world.phone("defenders").dials()
    assert call.waits_for_keys
    call.press("0000" if code_in(text) != "0000" else "1111")
    assert results(world)["defenders", "sms"] == "silent"
    call.press(code_in(text))
    world.settles()

    assert "Su número funciona" in call.words
    assert call.put_through_to is None
    assert results(world)["defenders", "sms"] == "answered"
    assert len(world.phone(COORDINATOR).inbox) == before
    assert world.phone("defenders").dials().put_through_to is not None


def test_where_no_sms_can_be_answered_from_the_number_is_called(world_of: Worlds) -> None:
    """Guatemala: a text that asks for a reply would only ever say that nobody answered."""
    world = world_of(TREE.replace("+573005550130", "+50255550130"))
    sends_tests(world, "defenders")

    call = world.phone("+50255550130").answers()
    call.press(spoken_code_in(call.words))

    assert world.phone("+50255550130").inbox == []
    assert results(world)["defenders", "call"] == "answered"


def test_a_stranger_who_is_rung_can_say_so(world: World) -> None:
    sends_tests(world, "head-office")

    world.phone(HEAD_OFFICE).answers().press("9*")

    assert results(world)["head-office", "call"] == "wrong"
    assert verified(world) == []


def test_the_button_of_the_page_shows_that_somebody_reads_the_mail_and_opening_it_does_not(world: World) -> None:
    """A6: mail scanners open links."""
    sends_tests(world, "coordinator")
    (mail,) = world.mailbox("duty@valley.example").mails
    path = link_in(mail.text)
    opened = world.client.get(path)
    assert (opened.status_code, "Nothing has happened" in opened.text) == (200, True)
    assert "We ask you to" not in opened.text
    assert results(world)["coordinator", "email"] == "silent"

    pressed = world.client.post(path, data={"answer": "reached"})

    assert "this has reached you" in pressed.text
    assert results(world)["coordinator", "email"] == "answered"
    assert world.client.post(path, data={"answer": "acknowledge"}).status_code == 422


def test_no_outsider_is_sent_a_test_unless_it_takes_part_in_drills(world: World) -> None:
    with pytest.raises(BadInput, match="drills: true"):
        sends_tests(world, "embassy-es")

    found = world.runtime.read(number_tests.due_contacts, world.runtime.edition.network, timedelta(days=90))

    assert [contact.id for _, contact in found] == ["coordinator", "head-office", "defenders"]


def test_who_was_tried_lately_is_not_due(world: World) -> None:
    sends_tests(world, "defenders")
    (text,) = world.phone("defenders").inbox
    world.texts("defenders", code_in(text))

    found = world.runtime.read(number_tests.due_contacts, world.runtime.edition.network, timedelta(days=90))

    assert [contact.id for _, contact in found] == ["coordinator", "head-office"]


def watches(world: World, *, tries_numbers: bool = False) -> None:
    seen = world.runtime.read(look, frozenset(), is_tested=False)
    assert seen
    world.runtime.transact(keep_watch, world.runtime.edition, seen, tries_numbers=tries_numbers)


def test_one_contact_a_week_is_tried_by_itself_by_day_where_it_is(world: World) -> None:
    """It begins on a Thursday evening in Bogota; nobody is woken for a test, and nobody on a weekend."""
    told: list[int] = []
    for _ in range(10):
        for _ in range(8):
            watches(world, tries_numbers=True)
            world.passes(hours=3)
        kept = world.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, "number_tested"))
        told.append(len(kept))

    assert told[-1] == 2
    for at, payload in kept:
        zone = ZoneInfo(world.runtime.edition.network.trees["valley"].contacts[payload["contact"]].timezone)
        assert (at.astimezone(zone).weekday() < 5, 10 <= at.astimezone(zone).hour < 16) == (True, True)


def test_without_the_setting_nobody_is_tried(world: World) -> None:
    for _ in range(8):
        watches(world)
        world.passes(hours=3)

    assert set(results(world).values()) == {""}
    assert world.phone(COORDINATOR).inbox == []
