"""What is new in an incident that is open: the SMS says of which kind it is, the coordinators' page what it is (B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, a_tree
from tests.scenarios.world import World, code_in, link_in
from tests.support.rows import in_long

LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 20m}
  - {name: Friends, notify: [ombuds], wait: 60m}
"""
TRUE, DURESS, COORDINATORS = "47110", "47990", "58230"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana's phone has its PINs, and the coordinator one to read with."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.gives_pins("north/ana")
    world.gives_pins("valley/coordinator", pin=COORDINATORS, duress=None)
    return world


def latest(world: World, words: str) -> str:
    """The coordinator's last SMS with those words."""
    return next(text for text in reversed(world.phone("coordinator").inbox) if words in text)


def read(world: World, text: str) -> str:
    """The page behind the link of an SMS, once the PIN is entered."""
    return str(world.client.post(link_in(text), data={"pin": COORDINATORS}).text)


def the_ombuds_has_it(world: World) -> str:
    """The ombuds office takes charge; the code that it does so with."""
    world.raises()
    world.passes(minutes=20)
    code = code_in(world.phone("ombuds").inbox[0])
    world.texts("ombuds", code)
    return code


def test_a_report_that_verifies_says_so_and_of_what(valley: World) -> None:
    valley.texts("ana", "SOS")

    valley.texts("ana", f"ALERTA {TRUE} 20 L12 nos pararon")

    news = latest(valley, "ALARM")
    assert "now verified: arrest." in news
    assert "Verified: arrest, place L12\nnos pararon" in read(valley, news)


def test_a_report_that_adds_the_type_says_which(valley: World) -> None:
    valley.texts("ana", f"ALERTA {TRUE}")

    valley.texts("ana", f"ALERTA {TRUE} 31")

    assert "type now known: threat." in latest(valley, "ALARM")
    assert "Verified: threat" in read(valley, latest(valley, "ALARM"))


def test_what_news_tells_that_is_milder_leaves_the_type_to_people_and_what_is_graver_counts(valley: World) -> None:
    """B2: of thirty who were arrested one was beaten; whoever is told later is told of an arrest."""
    valley.texts("ana", f"ALERTA {TRUE} 20 L12")
    valley.passes(minutes=20)
    incident = valley.newest()

    valley.texts("ana", f"NUEVA {TRUE} golpearon a P9, herido en el ojo")
    after_beating = incident["type"]
    valley.texts("ana", f"NUEVA {TRUE} 30 detenidos ya")
    after_count = incident["type"]
    valley.texts("ana", f"NUEVA {TRUE} lo mataron")

    assert [after_beating, after_count, incident["type"]] == ["arrest", "arrest", "killing"]
    assert "Verified: assault" in read(valley, latest(valley, "ALARM"))


@pytest.mark.parametrize(("number", "type", "more"), [("20", "arrest", 0), ("30", "death_threat", 1)])
def test_another_type_soon_after_is_of_the_same_event_and_custody_leaves_the_phone_alone(
    valley: World, number: str, type: str, more: int
) -> None:
    """B4: what was a threat two minutes ago is an arrest; the answer says that nothing more comes, and nothing does."""
    valley.texts("ana", f"ALERTA {TRUE} 31")
    incident = valley.newest()
    valley.passes(minutes=2)

    reply = valley.texts("ana", f"ALERTA {TRUE} {number}")
    before = len(valley.phone("ana").inbox)
    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[0]))

    assert ("no escribiremos" in (reply or "")) is (more == 0)
    assert (valley.newest().ref, incident["type"]) == (incident.ref, type)
    assert len(valley.phone("ana").inbox) - before == more


def test_a_second_sos_says_that_it_is_one(valley: World) -> None:
    """Not believed, and not the same as any other text."""
    valley.texts("ana", "SOS")

    valley.texts("ana", "SOS otra vez")

    assert "SOS again from north." in latest(valley, "ALARM")
    assert "Not verified: SOS\notra vez" in read(valley, latest(valley, "ALARM"))


def test_what_is_new_under_duress_is_read_before_anybody_is_called(valley: World) -> None:
    """B4: neutral by SMS, whatever else the report adds."""
    valley.texts("ana", "SOS")
    valley.texts("ana", f"ALERTA {DURESS} 31")

    valley.texts("ana", "SOS otra vez")

    alarms = [text for text in valley.phone("coordinator").inbox if "ALARM" in text]
    assert len(alarms) == 2
    assert all("before you call anybody, read the page" in text for text in alarms)


def test_an_action_that_was_chosen_is_named_and_its_words_are_on_the_page(valley: World) -> None:
    """A9: the SMS says who did what, and no free text."""
    the_ombuds_has_it(valley)
    page = link_in(valley.phone("ombuds").inbox[0])

    valley.client.post(page, data={"answer": "action", "action": "raised_with_ministry", "note": "the deputy minister"})
    valley.passes(minutes=10)

    news = latest(valley, "action:")
    assert "action: ombuds raised it with a ministry" in news
    assert "deputy minister" not in "".join(valley.phone("coordinator").inbox)
    assert "Raised with a ministry\nthe deputy minister" in read(valley, news)


def test_an_action_in_words_alone_is_read_on_the_page(valley: World) -> None:
    """B4: DONE says in free text what was done; nobody is told that it was observed on the spot."""
    code = the_ombuds_has_it(valley)

    valley.texts("ombuds", f"DONE {code} called the colonel")
    valley.passes(minutes=10)

    news = latest(valley, "an action")
    shown = read(valley, news)
    assert "ombuds reported an action" in news
    assert f"DONE {code} called the colonel" in shown
    assert "Observed on the spot" not in shown


def test_news_from_another_phone_of_the_team_is_of_the_one_incident_that_it_has(valley: World) -> None:
    """A12: who was taken from Ana's phone is what Luis sees; it rang as a text of its own, and opened an incident."""
    valley.gives_pins("north/luis")
    valley.texts("ana", f"SOS {TRUE} 40 L12")
    incident = valley.newest()

    reply = valley.reply_to("luis", f"NUEVA {TRUE} se llevan a P9")

    assert incident.ref in reply
    assert "news from the team" in latest(valley, incident.ref)
    assert "se llevan a P9" in read(valley, latest(valley, incident.ref))
    assert len(valley.open_incidents()) == 1


def test_news_from_a_silent_phone_leaves_the_one_that_raised_the_alarm_written_to(valley: World) -> None:
    """Luis' phone is `silent`; Ana's hears all the same that a coordinator has it."""
    valley.gives_pins("north/luis")
    valley.texts("ana", f"SOS {TRUE} 40 L12")
    valley.texts("luis", f"NUEVA {TRUE} se fueron")

    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[0]))

    assert "la coordinacion lo atiende" in valley.phone("ana").inbox[-1]
    assert len(valley.phone("luis").inbox) == 1


def test_of_two_incidents_of_the_team_people_say_which_the_news_is_of(valley: World) -> None:
    valley.gives_pins("north/luis")
    valley.texts("ana", f"SOS {TRUE} 40 L12")
    valley.passes(minutes=11)
    valley.texts("ana", f"SOS {TRUE} 31 L40")

    valley.texts("luis", f"NUEVA {TRUE} se llevan a P9")

    assert "please read the message" in latest(valley, "ALARM")
    assert len(valley.open_incidents()) == 3


def test_an_ok_under_duress_is_on_the_page_as_it_was_typed(valley: World) -> None:
    """The coordinator reads OK beside the warning, and no name that only the program knows."""
    valley.texts("ana", f"OK {DURESS}")

    shown = read(valley, latest(valley, "read the page"))

    assert "Somebody stands beside the team" in shown
    assert "Verified: OK" in shown
    assert "check_in" not in shown


def test_news_from_another_phone_leaves_it_to_a_coordinator_whether_a_bare_sos_is_genuine(valley: World) -> None:
    """B3: "we got home" from Luis, who need not know of it, told everybody of what Ana's pocket may have sent."""
    valley.gives_pins("north/luis")
    valley.texts("ana", "SOS")

    valley.texts("luis", f"NUEVA {TRUE} llegamos bien a casa")

    assert [incident["verified"] for incident in valley.open_incidents()] == [False]
    assert "news from the team" in latest(valley, "ALARM")
    assert "llegamos bien a casa" in read(valley, latest(valley, "ALARM"))


@pytest.mark.parametrize(
    "words", ["{} todo bien", in_long("todo bien {}"), in_long("{} ayuda nos disparan"), "ayuda {} nos disparan"]
)
def test_news_by_the_pin_for_duress_from_another_phone_is_answered_as_by_the_true_one(
    valley: World, words: str
) -> None:
    """A12: whoever stands beside Luis reads the reply, and may have read that to his true PIN before."""
    valley.gives_pins("north/luis")
    valley.texts("ana", f"SOS {TRUE} 40 L12")

    by_true = valley.reply_to("luis", "NUEVA " + words.format(TRUE))

    assert valley.reply_to("luis", "NUEVA " + words.format(DURESS)) == by_true


def test_a_cry_among_news_from_another_phone_is_an_alarm_of_its_own(valley: World) -> None:
    """A12: without the PIN it changed nothing in what somebody had in hand, and rang at coordinators alone."""
    valley.texts("ana", f"ALERTA {TRUE} 33")
    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[0]))

    valley.texts("luis", "NUEVA ayuda nos disparan")

    assert sum(text.startswith("VALLEY URGENT") for text in valley.phone("coordinator").inbox) == 2


def test_a_place_that_is_told_later_ends_the_trees_of_other_places(world_of: Worlds) -> None:
    """B1, A4: they were told while it might have been there; their last resort is not told that nobody answers."""
    coast = a_tree(LEVELS, CONTACTS, tree="coast").replace("[CO]", '[CO], places: ["L3*"]')
    world = world_of(a_tree(LEVELS, CONTACTS), coast.replace("+573005550", "+573005551").replace("desk", "harbour"))
    world.gives_pins("north/ana")
    world.texts("ana", f"ALERTA {TRUE} 31")
    incident = world.newest()
    before = (incident.status("coast"), incident.status("valley"))

    world.texts("ana", f"NUEVA {TRUE} L12")

    assert before == ("running", "running")
    assert (incident.status("coast"), incident.status("valley")) == ("stopped", "running")


@pytest.mark.parametrize(("told", "known"), [("L21", "L21"), ("", "L4")])
def test_the_place_of_a_report_goes_before_that_of_a_text_just_before_it(valley: World, told: str, known: str) -> None:
    """A2: it decides which trees and contacts are told; where the report names none, that of the text is kept."""
    valley.texts("ana", "salimos de L4 a las seis")

    valley.texts("ana", f"ALERTA {TRUE} 31 {told}")

    assert valley.newest()["place"] == known


def test_a_report_after_a_text_of_another_place_opens_in_the_trees_of_its_own(world_of: Worlds) -> None:
    """A2."""
    coast = a_tree(LEVELS, CONTACTS, tree="coast").replace("[CO]", '[CO], places: ["L3*"]')
    world = world_of(a_tree(LEVELS, CONTACTS), coast.replace("+573005550", "+573005551").replace("desk", "harbour"))
    world.gives_pins("north/ana")
    world.texts("ana", "salimos de L4 a las seis")

    world.texts("ana", f"ALERTA {TRUE} 31 L31")

    assert (world.newest().status("coast"), world.newest().status("valley")) == ("running", "running")
