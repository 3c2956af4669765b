"""The field travels: it says so by SMS, checks in, is late, or is never heard of again (B4)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from alertnet.core.monitoring.self_monitoring import Part
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.journeys.routines import follow_routines
from alertnet.flows.system.purge import PurgeDecision
from alertnet.store.monitoring import troubles
from alertnet.store.queues import journeys, workers
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.records.incidents import id_of
from alertnet.store.tables import journeys as journey_rows
from alertnet.worker.purging import purge_incident
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import DURESS, TRUE, Incident, World, code_in
from tests.support.rows import in_long

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = f"{COORDINATION}  - {{name: Friends, notify: [ombuds], wait: 20m}}\n"
FIELD = """
teams:
  north:
    country: CO
    language: es
    consent: international
    members:
      ana: {name: Ana Example, phone: "+573005550001"}
      luis: {name: Luis Example, phone: "+573005550002"}
"""
GO = f"GO {TRUE} L12 23:00"
"""At 21:14 in Bogota: 106 minutes ahead."""
ARRIVAL = timedelta(minutes=106)


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana and Luis have PINs."""
    world = world_of(a_tree(LEVELS, CONTACTS), field=FIELD)
    world.gives_pins("north/ana", "north/luis")
    # What duress has opened is on the list of no team.
    world.headers = world.key(None, "administer")
    return world


def incidents(world: World) -> list[Incident]:
    items = world.client.get("/v1/incidents", headers=world.headers).json()["items"]
    return [Incident(world, each["ref"]) for each in items]


def alarms(world: World, words: str = "missed check-in") -> list[str]:
    return [text for text in world.phone("coordinator").inbox if words in text]


def test_a_journey_whose_ok_does_not_come_is_climbed_step_by_step(world_of: Worlds) -> None:
    """Reminder to the team, task of the coordinators, an incident after 90 minutes, critical after three hours."""
    ringing = CONTACTS.replace('"+573005550101"}]', '"+573005550101"}, {call: "+573005550101"}]')
    valley = world_of(a_tree(LEVELS, ringing), field=FIELD)
    valley.gives_pins("north/ana")
    began = valley.clock.at
    reply = valley.reply_to("ana", GO)
    assert "L12 23:00" in reply

    valley.passes(minutes=106 + 14)
    assert valley.phone("ana").inbox == [reply]
    valley.passes(minutes=1)
    assert len(valley.phone("ana").inbox) == 2
    assert alarms(valley) == []
    valley.passes(minutes=15)
    assert len(alarms(valley)) == 1
    valley.passes(minutes=30)
    assert len(alarms(valley)) == 2
    assert incidents(valley) == []
    valley.passes(minutes=30)

    (incident,) = incidents(valley)
    rung = len(valley.phone("coordinator").calls)
    assert (incident["type"], incident["severity"], incident["verified"]) == ("missed_check_in", "serious", False)
    opened = datetime.fromisoformat(incident["opened_at"])
    assert abs(opened - (began + ARRIVAL + timedelta(minutes=90))) < timedelta(seconds=1)
    valley.passes(minutes=90)
    assert incident["severity"] == "critical"
    assert len(valley.phone("coordinator").calls) > rung
    assert len(valley.phone("ana").inbox) == 2
    assert valley.phone("ombuds").inbox == []


def test_a_check_in_that_says_twice_that_all_is_well_wakes_nobody(valley: World) -> None:
    """Who is woken for each of these soon reads none of them."""
    valley.passes(minutes=100)
    replies = []
    for minute, text in enumerate(
        ("OK {} todo bien, gracias", "ARR {} thx", "ya llegamos {} todos bien", "arrived safely {}, thank you")
    ):
        valley.texts("ana", f"GO {TRUE} L12 23:0{minute}")
        replies.append(valley.reply_to("ana", text.format(TRUE)))
    valley.passes(hours=4)

    assert ["No se espera otro aviso" in reply for reply in replies] == [True] * 4
    assert (incidents(valley), valley.phone("coordinator").inbox) == ([], [])


@pytest.mark.parametrize("said", ["OK {}", "ARR {}"])
def test_a_check_in_right_after_the_last_wakes_nobody(valley: World, said: str) -> None:
    """Nobody is told that all is well twice; hours later, its sender may believe that somebody watches."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)
    valley.texts("ana", f"OK {TRUE}")
    valley.passes(minutes=15)
    reply = valley.reply_to("ana", said.format(TRUE))
    valley.passes(minutes=30)

    assert "no se espera ningun aviso" in reply
    assert (incidents(valley), valley.phone("coordinator").inbox) == ([], [])

    valley.passes(minutes=30)
    valley.texts("ana", said.format(TRUE))
    assert alarms(valley, "read the message from north")


def test_a_check_in_right_after_the_last_is_news_of_what_the_phone_has_raised_since(valley: World) -> None:
    """A12: all was well at the arrival, and is so again."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)
    valley.texts("ana", f"OK {TRUE}")
    valley.texts("ana", f"ALERTA {TRUE} 31")
    valley.passes(minutes=15)
    valley.texts("ana", f"OK {TRUE}")
    valley.passes(seconds=1)

    assert alarms(valley, "news from the team")


def test_one_hour_more_wakes_nobody(valley: World) -> None:
    valley.texts("ana", GO)
    valley.passes(minutes=100)

    assert "Sigue: L12 00:00+1" in valley.reply_to("ana", f"ESPERA {TRUE} una hora más, gracias")
    valley.passes(minutes=20)
    assert (incidents(valley), valley.phone("coordinator").inbox) == ([], [])


def test_llegamos_tarde_ends_nothing(valley: World) -> None:
    """A12: in Spanish it is said before the arrival as well as after, so that it is asked back."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)
    reply = valley.reply_to("ana", f"llegamos tarde {TRUE}")
    valley.passes(minutes=60)

    assert "no cuenta" in reply
    assert alarms(valley, "read the message")
    assert alarms(valley)


def test_an_ok_ends_it(valley: World) -> None:
    valley.texts("ana", GO)
    valley.passes(minutes=110)
    reply = valley.reply_to("ana", f"OK {TRUE}")
    valley.passes(hours=4)

    assert ": recibido 23:04: OK. No se espera otro aviso" in reply
    assert (incidents(valley), alarms(valley)) == ([], [])
    assert len(valley.phone("ana").inbox) == 2


def test_in_german_and_portuguese_a_journey_begins_and_ends_too(valley: World) -> None:
    """A12: who says in their own words that they have arrived is not looked for."""
    said = []
    for begins, ends, minutes in (
        ("ABFAHRT {} L12 23 Uhr", "ANGEKOMMEN {}", 0),
        ("PARTIDA {} L12 23h", "CHEGUEI {}", 0),
        ("UNTERWEGS {} L12 23:00", "GUT {}", 110),
    ):
        begun = valley.reply_to("ana", begins.format(TRUE))
        valley.passes(minutes=minutes)
        ended = valley.reply_to("ana", ends.format(TRUE))
        said.append(("L12 23:00" in begun, "No se espera otro aviso" in ended))
    valley.passes(hours=4)

    assert said == [(True, True)] * 3
    assert (incidents(valley), alarms(valley)) == ([], [])


def test_a_journey_is_awaited_on_the_day_that_is_named(valley: World) -> None:
    """A2: the day before, its silence would be missed though all is well. The coordinators are not rung for it."""
    named = {
        "GO {} L12 18:00 mañana": "L12 18:00+1",
        "SALIDA {} L12 mañana a las 6 de la tarde": "L12 18:00+1",
        "DEPART {} L12 vendredi 14h": "L12 14:00+1",
        "ABFAHRT {} L12 Montag 8 Uhr": "L12 08:00+4",
        "PARTIDA {} L12 amanhã cedo, 6h": "L12 06:00+1",
        "GO {} L12 Sat 9 am": "L12 09:00+2",
    }
    heard, awaited = {}, {}
    for text in named:
        heard[text] = valley.reply_to("ana", text.format(TRUE)).split("Sigue: ")[1].split(".")[0]
        [awaited[text]] = awaited_of(valley, "ana")
    valley.passes(minutes=5)

    assert heard == awaited == named
    assert alarms(valley, "read the message from north") == []


def test_a_departure_without_a_sure_time_is_not_taken_for_the_journey_before(valley: World) -> None:
    """A2: who reads that it was received takes it to be watched; the journey before is, and people have the text."""
    valley.texts("ana", GO)
    unsure = ("27/1", "mañna 18:00", "próximo lunes 8:00")
    replies = [valley.reply_to("ana", f"GO {TRUE} L14 {when}") for when in unsure]
    valley.passes(minutes=5)

    assert ["no cuenta" in reply for reply in replies] == [True] * 3
    assert awaited_of(valley, "ana") == ["L12 23:00"]
    assert len(alarms(valley, "read the message from north")) == 1
    assert valley.newest().timeline().count("sms_received") == 3


def test_words_beside_a_day_still_reach_people(valley: World) -> None:
    """A12."""
    valley.texts("ana", f"GO {TRUE} L12 mañana 18:00 nos siguen dos motos")
    valley.passes(minutes=5)

    assert len(alarms(valley, "read the message from north")) == 1


@pytest.mark.parametrize(
    ("delays", "awaited"),
    [
        (("sábado 9:00", "viernes 16h", "mañana 22:30"), ["L12 23:00", "L12 23:00", "L12 22:30+1"]),
        (("23h", "2h"), ["L12 23:00", "L12 01:00+1"]),
        in_long(("23h30", "22 h", "8 horas"), ["L12 23:00", "L12 23:00", "L12 07:00+1"]),
    ],
)
def test_a_delay_of_days_or_one_that_may_be_a_time_of_day_puts_nothing_off(
    valley: World, delays: tuple[str, ...], awaited: list[str]
) -> None:
    """A2: by one text nobody is left unwatched for days; the reply says how to write it.

    At 21:14 `espera 23h` is until eleven; as a delay nobody would look for them before tomorrow evening.
    """
    valley.texts("ana", GO)
    heard, found = [], []
    for delay in delays:
        heard.append("no cuenta" not in valley.reply_to("ana", f"ESPERA {TRUE} {delay}"))
        found += awaited_of(valley, "ana")

    assert found == awaited
    assert heard == [each != "L12 23:00" for each in awaited]


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("OK {} 20 P9", True),
        ("ARR {} L12 43", True),
        ("ARR {} 22:52", False),
        ("OK {} P20 L12", False),
        *(in_long(text, True) for text in ("BIEN {} 44.", "LLEGADA {} 20L14")),
        *(in_long(text, False) for text in ("ARR {} L20", "ARR {} 22h52", "OK {} 15", "ARR {} 10 pm")),
    ],
)
def test_the_number_of_a_type_beside_a_check_in_is_read(valley: World, text: str, is_read: bool) -> None:
    """A12: who learnt the card by heart writes that P9 was arrested; nobody may be left to wonder."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)

    assert "No se espera" in valley.reply_to("ana", text.format(TRUE))
    valley.passes(minutes=2)
    assert bool(alarms(valley, "read the message from north")) is is_read


def test_a_sentence_that_begins_like_a_verb_still_reaches_people(valley: World) -> None:
    """A12: without a PIN it counts for nothing, and who reads it decides."""
    valley.texts("ana", "Unterwegs hat uns die Polizei angehalten")
    valley.passes(minutes=2)

    assert ["please read the message from north" in text for text in valley.phone("coordinator").inbox] == [True]


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        (" a las 22:30", False),
        pytest.param(" L12 22h30", False, marks=pytest.mark.long),
        in_long(" a las 20:50", True),
        ("", True),
    ],
)
def test_who_says_when_they_will_arrive_has_not_arrived(valley: World, when: str, ends: bool) -> None:
    """`Llegamos` is both: taken for an arrival, nobody would look for them any more. It is 21:14."""
    valley.texts("ana", GO)

    reply = valley.reply_to("ana", f"Llegamos {TRUE}{when}")

    assert ("No se espera" in reply) is ends
    assert ("LLEGADA PIN" in reply) is not ends
    valley.passes(minutes=106 + 31)
    assert bool(alarms(valley)) is not ends


def test_wait_moves_what_is_awaited(valley: World) -> None:
    valley.texts("ana", GO)
    valley.passes(minutes=110)
    reply = valley.reply_to("ana", f"WAIT {TRUE} 2H")
    assert "L12 01:04+1" in reply

    valley.passes(minutes=120 + 89)
    assert incidents(valley) == []
    valley.passes(minutes=1)
    assert len(incidents(valley)) == 1


def test_an_early_ok_is_noted_and_what_is_awaited_stays(valley: World) -> None:
    valley.texts("ana", GO)
    valley.passes(minutes=30)
    reply = valley.reply_to("ana", f"BIEN {TRUE}")
    valley.passes(minutes=76 + 90)

    assert "L12 23:00" in reply
    assert len(incidents(valley)) == 1


def test_without_its_pin_nothing_is_met_and_the_sender_hears_what_to_send(valley: World) -> None:
    """A12: the coordinators have the text, who sent it is answered; the silence rings in what came of the text."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)
    replies = [valley.texts("ana", text) for text in ("OK", "OK 11111")]
    valley.passes(minutes=6 + 90)

    assert all(reply is not None and "OK PIN" in reply for reply in replies)
    (incident,) = incidents(valley)
    assert incident.timeline().count("check_in_missed") == 1
    assert alarms(valley, f"{incident.ref}: missed check-in")


@pytest.mark.parametrize("text", ["OK", in_long("ARR"), "WAIT {} 2H"])
def test_who_is_not_awaited_hears_so_with_the_right_pin_and_how_to_write_with_a_wrong_one(
    valley: World, text: str
) -> None:
    """Who is told to send what was just sent takes the PIN for wrong, and sends it again and again. Duress as ever."""
    texts = [text.format(pin) if "{}" in text else f"{text} {pin}" for pin in (TRUE, DURESS, "11111")]

    right, forced, wrong = (valley.texts("ana", each) for each in texts)

    assert right is not None
    assert wrong is not None
    assert f"{text[:4].split()[0]}. Ahora no se espera" in right
    assert forced == right
    assert "OK PIN" not in right
    assert "OK PIN" in wrong


@pytest.mark.parametrize("when", ["", in_long("25:00"), "24/12 18:00"])
def test_who_sets_out_and_names_no_moment_hears_how_to_write_it(valley: World, when: str) -> None:
    """A2: the journey is not watched, and whoever reads that nothing is awaited would take it to be."""
    reply = valley.texts("ana", f"GO {TRUE} L14 {when}")

    assert "no cuenta" in (reply or "")
    assert "SALIDA PIN L12 18:00" in (reply or "")
    assert valley.texts("ana", f"GO {DURESS} L14 {when}") == reply


def test_who_sets_out_tomorrow_is_not_looked_for_today(valley: World) -> None:
    """A7: the reply shows which day it is."""
    reply = valley.texts("ana", f"GO {TRUE} L14 27/11 22:00")
    valley.passes(hours=20)
    before = incidents(valley)
    valley.passes(hours=6, minutes=20)

    assert "L14 22:00+1" in (reply or "")
    assert before == []
    assert len(incidents(valley)) == 1


def test_each_leg_is_awaited_in_its_turn(valley: World) -> None:
    begun = valley.texts("ana", f"SALIDA {TRUE} L12 23:00 L14 01:30 P7 C1")
    assert begun is not None
    assert "GO, P7, C1. Sigue: L12 23:00." in begun
    valley.passes(minutes=100)
    reply = valley.reply_to("ana", f"LLEGADA {TRUE}")
    assert "L14 01:30+1" in reply
    valley.passes(minutes=6 + 150 + 90)

    (incident,) = incidents(valley)
    assert incident["opened_at"].startswith("2026-11-27T08:00")


def test_a_late_ok_updates_and_does_not_close(valley: World) -> None:
    """The coordinators close it, once they have spoken with the team."""
    valley.texts("ana", GO)
    valley.passes(minutes=106 + 95)
    reply = valley.reply_to("ana", f"OK {TRUE}")
    valley.passes(minutes=90)

    assert reply
    (incident,) = incidents(valley)
    assert (incident["status"], incident["severity"]) == ("open", "serious")
    assert "checked_in" in incident.timeline()
    assert ("coordinator", "sms") in incident.told("update")


@pytest.mark.parametrize("after", [100, 106 + 95])
def test_under_duress_the_answer_is_the_same_and_the_coordinators_are_alarmed(valley: World, after: int) -> None:
    """B4: byte for byte; to those who were told it is no news that all is well."""
    valley.texts("ana", GO)
    valley.texts("luis", GO)
    valley.passes(minutes=after)
    before = len(incidents(valley))
    true = valley.texts("luis", f"OK {TRUE}")
    forced = valley.texts("ana", f"OK {DURESS}")
    valley.passes(seconds=1)

    assert forced == true
    assert len(incidents(valley)) - before == (1 if after == 100 else 0)
    assert [incident["severity"] for incident in incidents(valley)].count("critical") == 1
    assert len(alarms(valley, "read the page")) == 1
    assert len(valley.phone("ana").inbox) == len(valley.phone("luis").inbox)


def test_duress_at_a_check_in_verifies_nothing_by_itself(valley: World) -> None:
    """B3: whoever forces a PIN out of somebody must not decide who is told; a coordinator does."""
    valley.texts("ana", GO)
    valley.texts("ana", "SOS")
    incident = valley.newest()
    valley.passes(minutes=100)
    valley.texts("ana", f"OK {DURESS}")
    valley.passes(minutes=40)

    assert (incident["verified"], incident["severity"]) == (False, "critical")
    assert alarms(valley, "read the page")
    assert valley.phone("ombuds").inbox == []
    incident.act("go", decision="go")
    assert ("ombuds", "sms") in incident.told()


def test_while_inbound_is_down_nothing_counts_as_missed(valley: World) -> None:
    """The coordinators hear that nothing can be heard, and its time does not count."""
    valley.texts("ana", GO)
    valley.passes(minutes=120)
    valley.runtime.transact(troubles.begin, Part.INBOUND)
    valley.passes(minutes=180)
    assert (incidents(valley), len(alarms(valley))) == ([], 0)
    assert len(alarms(valley, "can't be heard: call north/ana")) == 1

    valley.runtime.transact(troubles.end, [Part.INBOUND])
    valley.passes(minutes=75)
    assert (incidents(valley), len(alarms(valley))) == ([], 2)
    valley.passes(minutes=2)
    assert len(incidents(valley)) == 1


def test_what_fell_due_while_nobody_worked_and_nothing_is_heard_since_is_put_off(valley: World) -> None:
    """It is not looked at again and again; the coordinators hear of it once."""
    valley.texts("ana", GO)
    valley.clock.forward(minutes=150)
    valley.runtime.transact(troubles.begin, Part.INBOUND)
    valley.passes(minutes=5)

    assert "journeys" not in valley.runtime.read(workers.due).queues
    assert len(alarms(valley, "can't be heard: call north/ana")) == 1
    valley.runtime.transact(troubles.end, [Part.INBOUND])
    valley.passes(minutes=100)
    assert len(incidents(valley)) == 1


def test_what_was_over_before_anything_was_due_does_not_count_either(valley: World) -> None:
    """From six minutes before the expected moment until six after it."""
    valley.texts("ana", GO)
    valley.passes(minutes=100)
    valley.runtime.transact(troubles.begin, Part.INBOUND)
    valley.passes(minutes=12)
    valley.runtime.transact(troubles.end, [Part.INBOUND])
    valley.passes(minutes=90 - 1)
    assert incidents(valley) == []
    valley.passes(minutes=1)

    assert len(incidents(valley)) == 1


ROUTINES = """
    routines:
      evening: {daily: ["22:00", "07:00"], incident_after: 60m}
"""


def test_a_team_that_calls_in_daily_is_awaited_at_each_time(world_of: Worlds) -> None:
    """An OK of any of them will do; a time that nobody meets is climbed as a journey is, and the next is awaited."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES)
    for _ in range(2):
        valley.runtime.transact(follow_routines, valley.runtime.edition.network)
    valley.passes(minutes=30)

    reply = valley.reply_to("luis", "OK")
    assert "Sigue: 07:00+1" in reply
    valley.passes(hours=9, minutes=16 + 59)
    assert incidents(valley) == []
    valley.passes(minutes=1)
    assert [incident["type"] for incident in incidents(valley)] == ["missed_check_in"]
    valley.passes(hours=2, minutes=5)
    assert [incident["severity"] for incident in incidents(valley)] == ["critical"]
    reply = valley.reply_to("ana", "OK")
    assert "Sigue: 22:00" in reply


def test_what_is_read_of_a_journey_is_said_beside_a_routine_that_comes_before_it(world_of: Worlds) -> None:
    """Else a delay is answered by the routine's hour, as if nobody had read it, and a departure hides the routine."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES)
    valley.gives_pins("north/ana")
    valley.runtime.transact(follow_routines, valley.runtime.edition.network)

    replies = [
        valley.reply_to("ana", text)
        for text in (f"GO {TRUE} L12 22:30 L14 23:00", f"WAIT {TRUE} 1H", f"ARR {TRUE}", f"ARR {TRUE}")
    ]

    awaited = [reply.split("Sigue: ")[1].split(". ")[0] for reply in replies]
    assert awaited == ["22:00, L12 22:30", "22:00, L12 23:30", "22:00, L14 00:00+1", "22:00"]


def test_a_routine_that_is_edited_or_gone_is_awaited_so(world_of: Worlds) -> None:
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES)
    network = valley.runtime.edition.network
    north = network.teams["north"]
    (evening,) = north.routines
    edits = [(evening,), (replace(evening, times=(23 * 60,), members=("ana", "luis")),), ()]
    awaited = []
    for routines in edits:
        teams = {"north": replace(north, routines=routines)}
        valley.runtime.transact(follow_routines, replace(network, teams=teams))
        found = [each.journey for _, each in valley.runtime.read(lambda tx: journeys.routines(tx.session)) if each]
        awaited.append(sorted((each.owner, each.awaited.shown(valley.clock.at)) for each in found))

    assert awaited == [[("north", "22:00")], [("north/ana", "23:00"), ("north/luis", "23:00")], []]


def test_a_routine_that_cannot_be_read_stops_no_other_and_is_not_begun_again(world_of: Worlds) -> None:
    """A11: the watch follows the routines at each look; it would fail as a whole."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES)
    network = valley.runtime.edition.network
    north = network.teams["north"]
    (evening,) = north.routines
    ones = {"north": replace(north, routines=(replace(evening, members=("ana", "luis")),))}
    valley.runtime.transact(follow_routines, replace(network, teams=ones))
    spoil = update(journey_rows).where(journey_rows.c.member == "ana").values(journey={"no": "journey"})
    valley.runtime.transact(lambda tx: tx.session.execute(spoil))

    valley.runtime.transact(follow_routines, network)

    owners = [owner for owner, _ in valley.runtime.read(lambda tx: journeys.routines(tx.session))]
    assert sorted(owners, key=str) == [("north", "ana", "evening"), ("north", None, "evening")]


def test_a_routine_that_is_edited_while_it_is_overdue_is_still_climbed(world_of: Worlds) -> None:
    """A2: an edit is no check-in; from the next time on it is awaited as edited."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES)
    network = valley.runtime.edition.network
    north = network.teams["north"]
    (evening,) = north.routines
    valley.runtime.transact(follow_routines, network)
    valley.passes(minutes=46 + 30)
    assert len(alarms(valley)) == 1

    later = {"north": replace(north, routines=(replace(evening, times=(23 * 60,)),))}
    valley.runtime.transact(follow_routines, replace(network, teams=later))
    valley.passes(minutes=30)

    assert [incident["type"] for incident in incidents(valley)] == ["missed_check_in"]
    assert "Sigue: 23:00" in str(valley.texts("ana", "OK"))


def test_a_routine_is_awaited_the_next_evening_though_its_incident_was_purged_at_once(world_of: Worlds) -> None:
    """A11: what became of the incident is no reason to fail at each step that is still due."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD + ROUTINES.replace(', "07:00"', ""))
    valley.runtime.transact(follow_routines, valley.runtime.edition.network)
    valley.passes(minutes=46 + 95)
    (first,) = incidents(valley)
    first.act("close", reason="resolved")
    valley.passes(minutes=5)

    id = valley.runtime.read(id_of, first.ref)
    purge_incident(valley.runtime, id, PurgeDecision("Ines", "she asked for it"), lambda: None)
    valley.passes(hours=24)

    second = valley.newest()
    assert second["type"] == "missed_check_in"
    assert second.ref != first.ref


AGREED = FIELD.replace("    members:", "    journeys: {missed_call: ok}\n    members:", 1)


def a_minute_later(valley: World) -> None:
    """A worker has looked who hung up."""
    valley.passes(seconds=61)
    valley.catches_up()


@pytest.mark.parametrize(("field", "is_deaf", "missed"), [(AGREED, False, 0), (FIELD, False, 1), (AGREED, True, 1)])
def test_a_missed_call_is_an_ok_where_that_was_agreed(world_of: Worlds, field: str, is_deaf: bool, missed: int) -> None:
    """No credit, no text left on the phone; elsewhere the coordinators hear of the call.

    So they do of one that came while we were away, which may have been a call for help.
    """
    valley = world_of(a_tree(LEVELS, CONTACTS), field=field)
    valley.texts("ana", "GO L12 23:00")
    valley.passes(minutes=100)
    valley.is_deaf = is_deaf
    valley.phone("ana").dials().hang_up()
    valley.is_deaf = False
    a_minute_later(valley)
    assert len(alarms(valley, "nobody answered" if is_deaf else "called our number")) == missed
    valley.passes(minutes=100)

    assert [incident["type"] for incident in incidents(valley)] == ["missed_check_in"] * missed


def test_whoever_stays_on_the_line_or_keys_a_pin_has_not_checked_in(world_of: Worlds) -> None:
    valley = world_of(a_tree(LEVELS, CONTACTS), field=AGREED)
    valley.gives_pins("north/luis", duress=None)
    for who in ("ana", "luis"):
        valley.texts(who, f"GO {TRUE} L12 23:00")
    valley.passes(minutes=100)

    call = valley.phone("ana").dials()
    call.stays_silent()
    valley.phone("luis").dials().press(f"{TRUE}*")
    a_minute_later(valley)
    under_way = [each for who in ("ana", "luis") for each in valley.runtime.transact(journeys.hold_of, "north", who)]

    assert call.put_through_to is not None
    assert len(alarms(valley, "called our number")) == 1
    assert [incident["type"] for incident in incidents(valley)] == ["other"]
    assert [each.journey.owner for each in under_way] == ["north/ana", "north/luis"]


def test_a_code_of_others_beside_a_pin_is_a_code_that_was_tried(valley: World) -> None:
    """A6, B9: guessing is counted over all doors; a time of day without a colon is understood all the same."""
    incident = valley.raises()
    alert = next(text for text in valley.phone("coordinator").inbox if incident.ref in text)

    without = valley.reply_to("ana", f"OK {code_in(alert)}")
    tried = valley.texts("ana", f"OK {TRUE} {code_in(alert)}")
    reply = valley.reply_to("ana", f"GO {TRUE} L12 2300")

    assert "su mensaje llego a la coordinacion" in without
    assert tried is not None
    assert len(alarms(valley, "sent by another number")) == 1
    assert "L12 23:00" in reply
    assert incident.answers() == []


def test_a_journey_that_the_office_announces_is_climbed_like_one_by_sms(valley: World) -> None:
    """B5: any phone of the team may call in; until nobody has, a minute is a minute."""
    began = valley.clock.at
    answer = valley.client.post("/v1/journeys", json=plan(began), headers=valley.headers)
    assert answer.status_code == 201
    valley.passes(minutes=106)
    reply = valley.reply_to("luis", f"ARR {TRUE}")
    assert "L14 01:30+1" in reply
    valley.passes(minutes=150 + 29)
    assert incidents(valley) == []
    valley.passes(minutes=1)

    (incident,) = incidents(valley)
    assert incident["type"] == "missed_check_in"
    shown = valley.client.get(answer.headers["Location"], headers=valley.headers).json()
    assert (shown["incident"], [leg["to"] for leg in shown["legs"]]) == (incident.ref, ["L14"])


@pytest.mark.parametrize("after", [0, 25])
def test_a_journey_that_the_office_extends_or_calls_off_raises_nothing(valley: World, after: int) -> None:
    """Before its time, and when the coordinators have been asked to call."""
    journeys = []
    for _ in range(2):
        answer = valley.client.post("/v1/journeys", json=plan(valley.clock.at), headers=valley.headers)
        journeys.append(answer.headers["Location"])
    valley.passes(minutes=106 + after)
    until = valley.clock.at + timedelta(hours=2)
    later = {"kind": "extend", "until": until.isoformat()}
    assert valley.client.post(f"{journeys[0]}/check-ins", json=later, headers=valley.headers).status_code == 200
    assert valley.client.delete(journeys[1], headers=valley.headers).json()["status"] == "over"

    valley.passes(minutes=120 + 29)
    assert incidents(valley) == []
    valley.passes(minutes=1)
    assert len(incidents(valley)) == 1


def test_a_time_is_meant_by_the_clocks_of_where_somebody_goes(valley: World) -> None:
    """A7: a journey from one zone into another; half past three in Santiago is half past one in Bogota."""
    leg = {"to": "L12", "expected_at": "2026-11-27T04:00:00Z", "timezone": "America/Santiago"}
    valley.client.post("/v1/journeys", json={"team": "north", "member": "ana", "legs": [leg]}, headers=valley.headers)
    reply = valley.reply_to("ana", f"WAIT {TRUE} 03:30")
    assert "L12 03:30+1" in reply
    valley.passes(hours=4, minutes=16 + 89)
    assert incidents(valley) == []
    valley.passes(minutes=1)

    assert [each["opened_at"][:16] for each in incidents(valley)] == ["2026-11-27T08:00"]


def test_time_without_coverage_does_not_count(valley: World) -> None:
    """From before the expected moment on nobody can be heard for an hour."""
    gap = {"begins_at": (valley.clock.at + ARRIVAL).isoformat(), "ends_at": "2026-11-27T05:00:00Z"}
    announced = plan(valley.clock.at) | {"gaps": [gap]}
    assert valley.client.post("/v1/journeys", json=announced, headers=valley.headers).status_code == 201

    valley.passes(minutes=106 + 60 + 29)
    assert incidents(valley) == []
    valley.passes(minutes=1)
    assert len(incidents(valley)) == 1


def test_a_text_names_when_there_is_no_coverage(valley: World) -> None:
    """The reply says it back; an hour and a half of it do not count."""
    reply = valley.reply_to("ana", f"{GO} 22:30-00:30")
    assert "GO, 22:30-00:30" in reply
    valley.passes(minutes=106 + 90 + 89)
    assert incidents(valley) == []
    valley.passes(minutes=1)

    assert len(incidents(valley)) == 1


PERILOUS = FIELD.replace("    members:", "    journeys: {risk: high}\n    members:", 1)
ONE_TIME = "471103"


@pytest.mark.parametrize(("pin", "awaited"), [(TRUE, "L12 23:00"), ("", "L12 23:00"), (ONE_TIME, "L40 23:50")])
def test_another_departure_ends_a_risky_journey_only_by_a_one_time_pin(
    world_of: Worlds, pin: str, awaited: str
) -> None:
    """What an OK does not prove a GO does not either: the first journey is awaited on, and people read the text."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=PERILOUS)
    valley.runtime.transact(set_pins, "north/ana", TRUE, DURESS, (ONE_TIME,))
    valley.texts("ana", GO)
    valley.passes(minutes=5)
    reply = valley.reply_to("ana", f"SALIDA {pin} L40 23:50")
    valley.passes(minutes=1)

    assert ("L40" in reply, "OK PIN" in reply) == (pin == ONE_TIME, pin != ONE_TIME)
    assert awaited_of(valley, "ana") == [awaited]
    assert bool(alarms(valley, "read the message from north")) == (pin != ONE_TIME)


def test_digits_of_somebody_without_a_pin_prove_nothing_of_a_risky_journey(world_of: Worlds) -> None:
    """Whoever forges the sender needs no more than six digits, else."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=PERILOUS)
    valley.texts("ana", "GO L12 23:00")
    for text in ("GO 123456 L40 23:50", "GO L40 23:50", "ARR 123456"):
        valley.texts("ana", text)

    assert awaited_of(valley, "ana") == ["L12 23:00"]


def test_a_departure_after_a_missed_journey_is_news_of_its_incident(valley: World) -> None:
    """As a late OK is: those who were told hear of it, and only the coordinators close it."""
    valley.texts("ana", GO)
    valley.passes(minutes=106 + 95)
    valley.texts("ana", f"GO {TRUE} L14 03:00")
    valley.passes(minutes=5)

    (incident,) = incidents(valley)
    assert incident["status"] == "open"
    assert "checked_in" in incident.timeline()
    assert ("coordinator", "sms") in incident.told("update")


def test_the_same_departure_again_after_it_was_missed_raises_no_second_incident(valley: World) -> None:
    """A1: a handset that got no receipt sends again, under another id; the silence is climbed on as before."""
    valley.texts("ana", GO)
    valley.passes(minutes=106 + 91)

    valley.texts("ana", GO)
    valley.passes(minutes=5)

    (incident,) = incidents(valley)
    assert "checked_in" in incident.timeline()
    assert incident["severity"] == "serious"
    valley.passes(minutes=90)
    assert [each["severity"] for each in incidents(valley)] == ["critical"]


@pytest.mark.parametrize("minutes", [50, pytest.param(91, marks=pytest.mark.long)])
def test_the_same_departure_again_after_the_ok_that_ended_it_raises_nothing(valley: World, minutes: int) -> None:
    """A1: a handset that got no receipt for it sends again what is over, though its time has passed long since."""
    valley.texts("ana", GO)
    valley.passes(minutes=106 + minutes)
    valley.texts("ana", f"OK {TRUE}")
    before = len(incidents(valley))

    reply = valley.texts("ana", GO)
    valley.passes(minutes=120)

    assert "No se espera otro aviso" in (reply or "")
    assert len(incidents(valley)) == before == (minutes > 90)


def test_another_departure_after_the_ok_is_awaited_though_it_is_said_late(valley: World) -> None:
    """A2."""
    valley.texts("ana", GO)
    valley.passes(minutes=106 + 10)
    valley.texts("ana", f"OK {TRUE}")

    valley.texts("ana", f"GO {TRUE} L14 23:05")
    valley.passes(minutes=120)

    assert len(incidents(valley)) == 1


def test_a_missed_journey_is_no_matter_of_what_its_phone_has_open_from_before_it_set_out(valley: World) -> None:
    """A2, A8: that one is taken care of, and an embassy that it would bring in has not to do with this silence."""
    valley.texts("ana", f"ALERTA {TRUE} 51 L12")
    before = valley.newest()
    for who in ("coordinator", "ombuds"):
        valley.passes(minutes=11)
        valley.texts(who, f"OK {code_in(valley.phone(who).inbox[-1])}")
    valley.texts("ana", GO)
    valley.passes(hours=4, minutes=40)

    latest, first = incidents(valley)
    assert (first.ref, first["severity"], first.status("valley")) == (before.ref, "watch", "acknowledged")
    assert (latest["type"], latest["severity"]) == ("missed_check_in", "critical")
    assert ("desk", "sms") in latest.told()


@pytest.mark.parametrize("text", ["SOS", pytest.param(f"ALERTA {TRUE} 70 L12", marks=pytest.mark.long)])
def test_a_missed_journey_rings_in_what_its_phone_has_raised_on_the_road(valley: World, text: str) -> None:
    """One event is one incident: whoever set out and cried for help is not heard of because of that."""
    valley.texts("ana", GO)
    valley.passes(minutes=20)
    valley.texts("ana", text)
    valley.passes(hours=3)

    (incident,) = incidents(valley)
    assert incident.timeline().count("check_in_missed") == 1
    assert alarms(valley, f"{incident.ref}: missed check-in")


def test_who_is_missed_after_a_cry_for_help_is_missed_in_its_incident(world_of: Worlds) -> None:
    """Whoever was taken is not missed anew each evening; an edit of the hour is no sign of life either."""
    field = FIELD + ROUTINES.replace("60m}", "30m, members: [ana]}")
    valley = world_of(a_tree(LEVELS, CONTACTS), field=field)
    network = valley.runtime.edition.network
    valley.runtime.transact(follow_routines, network)
    valley.passes(minutes=46)
    assert "07:00+1" in str(valley.texts("ana", "OK"))
    valley.passes(minutes=2)
    valley.texts("ana", "ALERTA 20 L12")
    later = replace(network.teams["north"].routines[0], times=(22 * 60 + 30,))
    teams = {"north": replace(network.teams["north"], routines=(later,))}
    valley.runtime.transact(follow_routines, replace(network, teams=teams))
    valley.passes(minutes=61)

    (incident,) = incidents(valley)
    assert "check_in_missed" in incident.timeline()


def journeys_of(valley: World, member: str) -> list[StoredJourney]:
    """What is awaited of a member by now."""
    return valley.runtime.transact(journeys.hold_of, "north", member)


def awaited_of(valley: World, member: str) -> list[str]:
    """The same, as we say it."""
    return [each.journey.awaited.shown(valley.clock.at) for each in journeys_of(valley, member)]


def plan(at: datetime) -> dict[str, object]:
    """A journey of the team with two legs, at 23:00 and 01:30, of which nobody may be late for long."""
    legs = [
        {"to": to, "expected_at": (at + ARRIVAL + wait).isoformat()}
        for to, wait in (("L12", timedelta()), ("L14", timedelta(minutes=150)))
    ]
    return {"team": "north", "legs": legs, "risk": "low", "incident_after": "30m"}
