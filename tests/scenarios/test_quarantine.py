"""Texts of unknown numbers: they learn nothing, coordinators hear, read, and say whose they are (B4, B5, B9)."""

from typing import Any

import pytest

from alertnet.store.queues import journeys
from alertnet.store.records import timeline
from alertnet.store.records.credentials import api_keys
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import CAST, DURESS, TRUE, World
from tests.support.rows import in_long

BORROWED = CAST["stranger"]
NOTICED = "message from an unknown number"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana has a PIN; the key is of no team."""
    world = world_of(a_tree(COORDINATION))
    world.gives_pins("north/ana")
    world.headers = world.key(None, "administer")
    return world


def quarantine(world: World) -> list[dict[str, Any]]:
    return list(world.client.get("/v1/quarantine", headers=world.headers).json()["items"])


def binds(world: World, id: str, member: str = "ana", team: str = "north", expect: int = 200) -> Any:
    body = {"team": team, "member": member}
    answer = world.client.post(f"/v1/quarantine/{id}", json=body, headers=world.headers)
    assert answer.status_code == expect, answer.text
    world.settles()
    return answer.json()


def noticed(world: World) -> list[str]:
    return [text for text in world.phone("coordinator").inbox if NOTICED in text]


@pytest.mark.parametrize(
    "text", ["SOS", f"FALSE {TRUE}", "Quien es?", *map(in_long, (f"ALERTA {TRUE} 20 L12", f"OK {TRUE}", "TEST"))]
)
def test_an_unknown_number_learns_nothing_and_coordinators_hear(valley: World, text: str) -> None:
    """B4: neither a reply nor a reference; the text waits, without the PIN that stands in it."""
    reply = valley.texts("stranger", text)
    valley.passes(minutes=11)

    assert (reply, valley.phone("stranger").inbox, valley.phone("stranger").calls) == (None, [], [])
    assert valley.open_incidents() == []
    assert len(noticed(valley)) == 1
    [kept] = quarantine(valley)
    assert (kept["number"], kept["text"]) == (BORROWED, text.replace(TRUE, "·····"))


def test_a_flood_of_strangers_is_kept_and_told_rarely(valley: World) -> None:
    """B9: one message an hour for each number, six in all; nothing is dropped."""
    for each in range(10):
        for number in (f"+5730099999{each:02}", BORROWED):
            valley.phone(number).sends(f"hello {each}")
    valley.settles()
    valley.passes(minutes=30)

    assert len(quarantine(valley)) == 20
    assert 1 <= len(noticed(valley)) <= 6


def test_a_cry_for_help_rings_whatever_strangers_wrote_before(valley: World) -> None:
    """B9: notices have used up their limits, of that number and of all."""
    for each in range(6):
        valley.phone(f"+573009999{each:03}").sends("ganaste un premio")
    valley.texts("stranger", "hola, soy ana")
    valley.passes(minutes=1)
    before = len(noticed(valley))

    valley.texts("stranger", f"SOS {TRUE}")

    assert len(noticed(valley)) == before + 1


def test_cries_for_help_beyond_their_limit_ring_once_more_when_there_is_room(valley: World) -> None:
    """B9: six at once, the rest in one ten minutes later; that something was held back is told."""
    for each in range(9):
        valley.phone(f"+573009999{each:03}").sends("SOS")
    valley.settles()
    at_once = len(noticed(valley))
    valley.passes(minutes=11)

    assert (at_once, len(noticed(valley))) == (6, 7)
    assert {entry["limit"] for entry in dropped(valley)} == {"all_stranger_alarms"}
    valley.phone("+573009999010").sends("SOS")
    valley.settles()
    assert len(noticed(valley)) == 8


def test_a_number_that_cries_again_at_once_rings_ten_minutes_later(valley: World) -> None:
    for _ in range(3):
        valley.texts("stranger", "SOS")
    assert len(noticed(valley)) == 1
    valley.passes(minutes=11)

    assert len(noticed(valley)) == 2
    assert (dropped(valley), len(valley.phone("coordinator").inbox)) == ([], 2)


def dropped(world: World) -> list[dict[str, Any]]:
    """What limits have held back, by the system's own history."""
    entries = world.runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, "limit_reached"))
    return [payload for _, payload in entries if payload]


def test_a_report_that_is_bound_to_a_member_raises_its_alarm(valley: World) -> None:
    """B5: with the member's PIN it is verified, in the name of its team."""
    valley.texts("stranger", f"ALERTA {TRUE} 31 L12 nos siguen")
    [kept] = quarantine(valley)

    bound = binds(valley, kept["id"])

    [incident] = valley.open_incidents()
    assert (bound["ref"], bound["type"], bound["verified"]) == (incident["ref"], "threat", True)
    assert quarantine(valley) == []
    assert any("URGENT" in text for text in valley.phone("coordinator").inbox)
    assert valley.phone(CAST["ana"]).inbox == []


def test_an_sos_that_is_bound_is_one_though_it_speaks_of_a_mistake(valley: World) -> None:
    """A12: nothing is open that it could withdraw, so it raises, as from the member's own phone."""
    valley.texts("stranger", "sos por error")
    [kept] = quarantine(valley)

    binds(valley, kept["id"])

    assert [incident["severity"] for incident in valley.open_incidents()] == ["critical"]


@pytest.mark.parametrize("text", ["Soy Ana, perdi el telefono", "OK 11111 perdi el telefono"])
def test_words_that_are_bound_join_what_the_team_has_open(valley: World, text: str) -> None:
    """A12: the coordinators read them with the rest, also beside a wrong PIN."""
    valley.texts("ana", f"ALERTA {TRUE} 31")
    incident = valley.newest()
    valley.texts("stranger", text)
    [kept] = quarantine(valley)

    assert binds(valley, kept["id"])["ref"] == incident.ref

    assert "perdi el telefono" in str(incident["texts"])
    assert any("news from the team" in text for text in valley.phone("coordinator").inbox)


def test_words_that_are_bound_while_nothing_is_open_are_put_before_people(valley: World) -> None:
    valley.texts("stranger", "Soy Luis, llamenme")
    [kept] = quarantine(valley)

    binds(valley, kept["id"], "luis")

    assert any("please read the message from north" in text for text in valley.phone("coordinator").inbox)
    assert valley.phone("stranger").inbox == []


@pytest.mark.parametrize(
    "text",
    [
        f"OK {DURESS}",
        f"en casa {DURESS}",
        *map(in_long, (f"TEST {DURESS}", f"NEWS {DURESS} todo bien", f"SALIDA {DURESS} L4 23:00")),
    ],
)
def test_a_pin_for_duress_is_believed_whatever_is_written_with_it(valley: World, text: str) -> None:
    """B4: the incident is critical, the coordinators are alarmed, and the borrowed phone stays silent."""
    valley.texts("stranger", text)
    [kept] = quarantine(valley)

    binds(valley, kept["id"])
    valley.passes(minutes=11)

    assert "critical" in [incident["severity"] for incident in valley.open_incidents()]
    assert any("URGENT" in text for text in valley.phone("coordinator").inbox)
    assert valley.phone("stranger").inbox == []


@pytest.mark.parametrize(("pin", "severity"), [(TRUE, "moderate"), (DURESS, "critical")])
def test_a_withdrawal_that_is_bound_is_put_to_the_coordinators(valley: World, pin: str, severity: str) -> None:
    """B4: under duress it is critical; only they close it."""
    valley.texts("ana", f"ALERTA {TRUE} 31")
    incident = valley.newest()
    valley.texts("stranger", f"FALSA {pin}")
    [kept] = quarantine(valley)

    assert binds(valley, kept["id"])["ref"] == incident.ref
    assert (incident["status"], incident["severity"]) == ("open", severity)
    assert "withdrawal_asked" in incident.timeline()


def test_an_ok_that_is_bound_is_heard_as_of_when_it_was_written(valley: World) -> None:
    """B4: the journey is met, though the coordinators bind the text long after."""
    valley.texts("ana", f"GO {TRUE} L12 21:50")
    valley.passes(minutes=40)
    valley.texts("stranger", f"OK {TRUE}")
    [kept] = quarantine(valley)
    valley.passes(minutes=10)
    awaited = [each.journey.owner for each in valley.runtime.transact(journeys.hold_of, "north", "ana")]

    binds(valley, kept["id"])

    assert awaited == ["north/ana"]
    assert valley.runtime.transact(journeys.hold_of, "north", "ana") == []
    assert valley.phone("stranger").inbox == []


def test_a_borrowed_phone_is_never_written_to(valley: World) -> None:
    """Somebody else has it; the coordinators see its number, and hear the report."""
    valley.texts("stranger", f"SOS {TRUE}")
    [kept] = quarantine(valley)
    binds(valley, kept["id"])
    incident = valley.newest()
    valley.passes(minutes=11)
    incident.act("close", reason="resolved")
    valley.passes(minutes=5)

    assert [each["number"] for each in incident["texts"]] == [BORROWED]
    assert valley.phone("stranger").inbox == []


def test_what_can_not_be_bound_is_refused_by_name(valley: World) -> None:
    """B5: an unknown text, team or member, and a text that was bound before."""
    valley.texts("stranger", "hello")
    [kept] = quarantine(valley)

    assert binds(valley, "SM0", expect=404)
    assert "north" in str(binds(valley, kept["id"], team="south", expect=422))
    assert "luis" in str(binds(valley, kept["id"], "nobody", expect=422))
    binds(valley, kept["id"])
    assert "bound to north/ana" in str(binds(valley, kept["id"], "luis", expect=409))


def test_a_key_of_a_team_reads_no_texts_of_strangers(valley: World) -> None:
    """B5: nobody knows yet whose they are."""
    valley.texts("stranger", "hello")
    _, key = valley.runtime.transact(api_keys.create, "north", ("administer",))

    answer = valley.client.get("/v1/quarantine", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403
    assert len(quarantine(valley)) == 1


def test_no_number_that_could_be_a_pin_is_shown_before_it_is_known_whose_the_text_is(valley: World) -> None:
    """A9: nor is a stranger's text compared with everybody's, which takes a while for each."""
    valley.texts("stranger", f"{TRUE} they stand at km 12500, 30 of them, call 3001234567")
    [kept] = quarantine(valley)

    assert kept["text"] == "····· they stand at km ·····, 30 of them, call 3001234567"
