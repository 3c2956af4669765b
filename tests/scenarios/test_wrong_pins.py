"""Somebody guesses the PIN of a member: few guesses are heard, and whoever knows it is locked out of nothing (B9)."""

import re

import pytest

from alertnet.flows.credentials.pins import set_pins
from tests.scenarios.conftest import Worlds
from tests.scenarios.test_field import CONTACTS, LEVELS
from tests.scenarios.valley import a_tree
from tests.scenarios.world import World, link_in

TRUE, DURESS, ONCE = "47110", "47990", "471101"
REPORT = "ALERTA {pin} 31 L12 P7 C2 nos siguen"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana's phone, with a PIN, one for duress and one for one use."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.runtime.transact(set_pins, "north/ana", TRUE, DURESS, (ONCE,))
    return world


def guesses(world: World, times: int, text: str = REPORT) -> None:
    """Wrong PINs by text, from what looks like Ana's number."""
    for number in range(times):
        world.passes(seconds=1)
        world.texts("ana", text.format(pin=f"{11111 + number}"))


def reports(world: World, pin: str) -> tuple[str, bool]:
    """A report of an event of its own: the reply without its reference, and whether it is believed."""
    world.passes(seconds=1)
    reply = world.reply_to("ana", REPORT.format(pin=pin))
    incident = world.newest()
    incident.act("close", reason="resolved")
    return reply.replace(incident.ref, "REF"), bool(incident["verified"])


def told_of_guesses(world: World) -> list[str]:
    return [text for text in map(str, world.phone("coordinator").inbox) if "many wrong PINs" in text]


def test_after_five_wrong_pins_a_report_opens_unverified_whatever_its_pin(valley: World) -> None:
    """B9: 120 guesses by text verify nothing; the reply is byte for byte that to a wrong PIN."""
    true, wrong = reports(valley, TRUE), reports(valley, "22222")
    guesses(valley, 4)

    closed = [reports(valley, pin) for pin in (TRUE, DURESS, ONCE, "22222")]

    assert (true[1], wrong[1]) == (True, False)
    assert closed == [wrong] * 4


def test_the_door_opens_again_by_itself_and_a_one_time_pin_is_still_good(valley: World) -> None:
    """B9: never for good."""
    guesses(valley, 5)
    assert reports(valley, ONCE)[1] is False

    valley.passes(minutes=15)

    assert reports(valley, ONCE)[1] is True


def test_the_coordinators_are_told_once_for_each_time_a_door_closes(valley: World) -> None:
    """B9."""
    guesses(valley, 12)
    valley.settles()
    assert len(told_of_guesses(valley)) == 1

    valley.passes(minutes=16)
    guesses(valley, 12)
    valley.settles()

    assert len(told_of_guesses(valley)) == 2


def test_a_flood_of_guesses_is_a_number_on_the_record_and_not_a_line_each(valley: World) -> None:
    """B9: what a limit drops is counted, on the timeline."""
    valley.gives_pins("valley/coordinator", duress=None)
    incident = valley.raises(people=[])
    link = link_in(next(text for text in valley.phone("coordinator").inbox if "URGENT" in text))
    for _ in range(20):
        valley.client.post(link, data={"pin": "00000"})
    valley.passes(minutes=15)
    valley.client.post(link, data={"pin": TRUE})

    path = f"/v1/incidents/{incident.ref}/timeline"
    entries = valley.client.get(path, headers=valley.headers).json()["items"]
    entered = [each["payload"] for each in entries if each["kind"] == "pin_entered"]
    assert [(each["pin"], each["unheard"]) for each in entered] == [*[("wrong", 0)] * 5, ("true", 15)]


def test_a_page_asks_for_the_pin_again_once_its_ticket_has_grown_old(valley: World) -> None:
    """A6: who finds the page open an hour later can do nothing with it."""
    valley.gives_pins("valley/coordinator", duress=None)
    incident = valley.raises(people=[])
    link = link_in(next(text for text in valley.phone("coordinator").inbox if "URGENT" in text))
    page = valley.client.post(link, data={"pin": TRUE}).text
    answer = re.findall(r'value="(acknowledge~[^"]+)"', page)[0]

    valley.passes(minutes=11)
    late = valley.client.post(link, data={"answer": answer})

    assert (late.status_code, incident.answers()) == (403, [])
    again = valley.client.post(link, data={"answer": "acknowledge", "pin": TRUE})
    assert (again.status_code, incident.answers()) == (200, [("coordinator", "acknowledged", "link")])
