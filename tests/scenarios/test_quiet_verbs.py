"""Texts of the field that raise nothing: a test, and a battery that runs low (B4)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, World, code_in

LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 30m}
  - {name: Friends, notify: [ombuds], wait: 30m}
"""


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana's phone, with a PIN and one for duress; a key that sees what is on no team's list."""
    world = world_of(a_tree(LEVELS))
    world.gives_pins("north/ana")
    world.headers = world.key(None, "administer")
    return world


@pytest.mark.parametrize(
    ("text", "echoed"),
    [
        (f"TEST {TRUE}", "TEST, PIN OK"),
        (f"Essai {DURESS}", "TEST, PIN OK"),
        ("PRUEBA 11111", "TEST, PIN ?"),
        ("test", "TEST. "),
    ],
)
def test_a_test_tells_what_arrived_and_raises_nothing(valley: World, text: str, echoed: str) -> None:
    """B4: a team learns whether its phone and PIN work; under duress the answer is the true one's."""
    reply = valley.reply_to("ana", text)
    valley.passes(minutes=20)

    assert "prueba recibida 21:14" in reply
    assert echoed in reply
    assert valley.phone("ana").inbox == [reply]
    assert bool(valley.open_incidents()) is (DURESS in text)


@pytest.mark.parametrize("text", ["LOW", "BAJA", "Faible!", "bateria baja", "low battery"])
def test_a_low_battery_is_understood(valley: World, text: str) -> None:
    """B4: in the member's language; the coordinators hear of it, and nobody is called for it."""
    reply = valley.reply_to("ana", text)
    valley.passes(minutes=10)

    assert "entendido, ahorre bateria" in reply
    assert ["battery runs low" in each for each in valley.phone("coordinator").inbox] == [True]
    assert valley.open_incidents() == []


def test_after_a_low_battery_each_level_has_one_message(valley: World) -> None:
    """B4: neither `nobody yet` nor `a coordinator has it` comes on top of the other within a level."""
    valley.texts("ana", f"ALERTA {TRUE} 31")
    valley.texts("ana", f"BAJA {TRUE}")
    begun = len(valley.phone("ana").inbox)
    valley.passes(minutes=11)
    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text)
    valley.texts("coordinator", code_in(alert))
    valley.passes(minutes=5)

    told = valley.phone("ana").inbox[begun:]
    assert len(told) == 1
    assert "aun no contesta nadie" in told[0]
    valley.newest().act("close", reason="resolved")
    assert "asunto cerrado" in valley.phone("ana").inbox[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"LANG {TRUE} FR", "dans cette langue"),
        (f"idioma {DURESS} ingles", "in this language"),
        (f"Langue: {TRUE} français", "dans cette langue"),
        (f"LANGG {TRUE} PT", "nesta lingua"),
    ],
)
def test_a_member_chooses_the_language_it_is_written_to(valley: World, text: str, said: str) -> None:
    """B4: the answer is in it, and each one after it."""
    reply = valley.reply_to("ana", text)
    again = valley.reply_to("ana", f"TEST {TRUE}")

    assert said in reply
    assert "prueba recibida" not in again
    assert bool(valley.open_incidents()) is (DURESS in text)


def test_what_comes_of_an_open_incident_is_in_the_language_that_was_chosen(valley: World) -> None:
    """B4: nobody has answered for ten minutes, and the member is told so."""
    valley.texts("ana", f"ALERTA {TRUE} 31")
    valley.texts("ana", f"LANG {TRUE} FR")
    valley.passes(minutes=11)

    assert "pas encore de réponse" in valley.phone("ana").inbox[-1]


@pytest.mark.parametrize("text", ["LANG FR", "LANG 11111 FR", f"LANG {TRUE} KLINGON", f"LANG {TRUE}"])
def test_without_pin_or_language_nothing_changes_and_people_read_it(valley: World, text: str) -> None:
    """A12: whoever shows the member's number must not make it unreadable."""
    valley.texts("ana", text)
    reply = valley.reply_to("ana", f"TEST {TRUE}")

    assert "prueba recibida" in reply
    assert any("please read the message" in each for each in valley.phone("coordinator").inbox)


@pytest.mark.parametrize("text", ["LANG FR", "LANG 11111 FR"])
def test_without_the_pin_the_reply_says_how_a_language_is_asked_for(valley: World, text: str) -> None:
    """Who can't read the language of the replies reads at least what to write."""
    assert "IDIOMA PIN FR" in (valley.texts("ana", text) or "")


@pytest.mark.parametrize("text", ["Baja la calle con cuatro hombres", "Test results were stolen from the office"])
def test_words_that_begin_like_such_a_text_are_for_people(valley: World, text: str) -> None:
    """A12: an ordinary sentence is read, and not taken for less than it is."""
    reply = valley.reply_to("ana", text)

    assert "ahorre" not in reply
    assert "prueba" not in reply
    assert any("please read the message" in each for each in valley.phone("coordinator").inbox)
