"""One phone, several roles: in two trees, in two incidents, or on both sides of an incident (B1, B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned, tries
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import World, code_in, decision_code_in, link_in
from tests.support.rows import in_long

SPAIN, DEPUTY = "+34600550140", "+34600550141"
CONTACTS = f"""
  coordinator: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550101"}}], deputy: second}}
  second: {{role: coordinator, organisation: Valley, methods: [{{sms: "+573005550102"}}]}}
  consul: {{role: ngo, organisation: Consulate of Spain, methods: [{{sms: "{SPAIN}"}}], deputy: vice-consul}}
  vice-consul: {{role: ngo, organisation: Consulate of Spain, methods: [{{sms: "{DEPUTY}"}}]}}
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
"""
VALLEY = a_tree(
    "  - {name: Friends, notify: [consul], wait: 30m, repeat: {every: 4m, times: 2}}\n" + COORDINATION, CONTACTS
)
ABROAD = a_tree(
    "  - {name: Embassies, notify: [embassy-es], wait: 30m, repeat: {every: 6m, times: 2}}\n" + COORDINATION,
    f"""
  coordinator: {{role: coordinator, organisation: Abroad, methods: [{{sms: "+32470550102"}}]}}
  embassy-es:
    role: embassy
    organisation: Embassy of Spain
    scope: national
    methods: [{{sms: "{SPAIN}"}}, {{email: consul@es.example, after: 2m}}]
  desk: {{role: ngo, organisation: Head office, methods: [{{sms: "+32470550101"}}]}}
""",
    tree="abroad",
)


def alerts(world: World, who: str) -> list[str]:
    """The texts on that phone that ask for an answer."""
    return [text for text in world.phone(who).inbox if "To take charge" in text]


def test_a_number_in_two_trees_is_alerted_once_for_both(world_of: Worlds) -> None:
    """B1: the first due alert is sent once, and names the trees that it counts for."""
    world = world_of(VALLEY, ABROAD)

    incident = world.raises()

    assert len(world.phone("spain").inbox) == 1
    (alert,) = [each for each in incident["notifications"] if each["contact"] in ("consul", "embassy-es")]
    assert alert["trees"] == ["abroad", "valley"]


def test_its_answer_counts_in_both(world_of: Worlds) -> None:
    """B1."""
    world = world_of(VALLEY, ABROAD)
    incident = world.raises()

    world.texts("spain", code_in(world.phone("spain").inbox[0]))

    assert (incident.status("valley"), incident.status("abroad")) == ("acknowledged", "acknowledged")
    assert len(incident.answers()) == 1


def test_its_answer_that_is_revoked_is_revoked_in_both(world_of: Worlds) -> None:
    """A6."""
    world = world_of(VALLEY, ABROAD)
    incident = world.raises()
    world.texts("spain", code_in(world.phone("spain").inbox[0]))

    id = incident["acknowledgements"][0]["id"]
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{id}", headers=world.headers)
    world.settles()

    assert (incident.status("valley"), incident.status("abroad")) == ("running", "running")


def test_other_methods_and_repeats_are_each_trees_own(world_of: Worlds) -> None:
    """B3: the mail that only one tree has, and the repeats of each at its own pace."""
    world = world_of(VALLEY, ABROAD)
    incident = world.raises()

    world.passes(minutes=13)

    assert [mail.subject for mail in world.mailbox("consul@es.example").mails] != []
    repeats = [(each["tree"], each["contact"]) for each in incident["notifications"] if each["kind"] == "reminder"]
    assert sorted(repeats) == [("abroad", "embassy-es")] * 2 + [("valley", "consul")] * 2


def test_a_second_incident_says_also_and_has_another_code(world_of: Worlds) -> None:
    """B4: nobody answers the one and means the other."""
    world = world_of(VALLEY)
    first, second = world.raises(), world.raises(type="raid", perpetrator="none")
    one, other = alerts(world, "spain")

    assert one.startswith("VALLEY URGENT")
    assert other.startswith("VALLEY ALSO")
    assert code_in(one) != code_in(other)
    world.texts("spain", f"OK {code_in(other)}")
    assert (first.status("valley"), second.status("valley")) == ("running", "acknowledged")


def test_a_real_alert_beside_a_drill_says_urgent(world_of: Worlds) -> None:
    """Else it reads like more of the drill: PBI DRILL …, then PBI ALSO …."""
    world = world_of(VALLEY.replace("  consul: {", "  consul: {drills: true, "))
    world.raises(drill=True)
    world.raises(type="raid", perpetrator="none")

    assert [alert.split()[:2] for alert in alerts(world, "spain")] == [["VALLEY", "DRILL"], ["VALLEY", "URGENT"]]


def test_the_raisers_own_number_hears_nothing_of_it(world_of: Worlds) -> None:
    """B1: whoever raises it with a contact's phone is not called by the alarm; the deputy is."""
    world = world_of(VALLEY.replace(f'{{sms: "{SPAIN}"}}', '{sms: "+573005550001"}'))

    reply = world.texts("ana", "SOS")
    incident = world.newest()
    incident.act("go", decision="go")
    world.passes(minutes=3)

    assert world.phone("ana").inbox == [reply]
    assert len(alerts(world, DEPUTY)) == 1
    assert ("consul", "involved") in [(each["contact"], each["reason"]) for each in incident["pruned"]]


def test_the_raisers_own_number_cant_acknowledge(world_of: Worlds) -> None:
    """B1: neither by another's code nor by a vouched answer."""
    world = world_of(VALLEY.replace(f'{{sms: "{SPAIN}"}}', '{sms: "+573005550001"}'))
    world.texts("ana", "SOS")
    incident = world.newest()
    incident.act("go", decision="go")

    world.texts("ana", f"OK {code_in(alerts(world, DEPUTY)[0])}")
    incident.act("acknowledgements", expect=409, tree="valley", contact="consul", kind="acknowledged")

    assert incident.answers() == []
    assert incident.status("valley") == "running"


def test_a_contact_who_is_among_the_people_is_spared_and_its_deputy_told(world_of: Worlds) -> None:
    """B1: `people[].contact`."""
    world = world_of(VALLEY)

    incident = world.raises(people=[{"code": "P77", "contact": "consul"}])

    assert world.phone("spain").inbox == []
    assert len(alerts(world, DEPUTY)) == 1
    assert incident["pruned"] == [{"tree": "valley", "level": "Friends", "contact": "consul", "reason": "involved"}]


def test_a_coordinator_who_is_among_the_people_decides_nothing(world_of: Worlds) -> None:
    """B1: alarms and questions go to the deputy alone."""
    world = world_of(VALLEY)
    world.texts("ana", "SOS")
    incident = world.newest()
    incident.act("updates", text="It was the coordinator", people=[{"code": "P77", "contact": "coordinator"}])
    before = len(world.phone("coordinator").inbox)

    world.passes(minutes=10)

    assert len(world.phone("coordinator").inbox) == before
    assert any("GO" in text for text in world.phone("second coordinator").inbox)


def test_a_wrong_person_on_a_shared_number_ends_it_in_both_trees(world_of: Worlds) -> None:
    """B3: the number is stale wherever it stands; the contact's mail goes at once."""
    world = world_of(VALLEY, ABROAD)
    incident = world.raises()

    world.client.post(link_in(world.phone("spain").inbox[0]), data={"answer": "wrong_person"})
    world.passes(minutes=13)

    assert len(world.phone("spain").inbox) == 1
    assert ("embassy-es", "email", 0) in planned(incident, "embassy-es")
    assert len(alerts(world, DEPUTY)) >= 1


def test_a_call_waits_while_the_number_is_on_the_line_for_another_incident(world_of: Worlds) -> None:
    """B3: one call at a time to a number, most severe first; the next waits, and that is no failure."""
    calls = VALLEY.replace(f'{{sms: "{SPAIN}"}}', f'{{call: "{SPAIN}"}}')
    world = world_of(calls)
    first, second = world.raises(), world.raises(type="raid", perpetrator="none")
    assert len(world.phone("spain").calls) == 1

    world.passes(seconds=61)

    assert [call.status for call in world.phone("spain").calls] == ["no-answer", "no-answer", "ringing"]
    assert [attempt["error"] for attempt in first["notifications"][0]["attempts"]] == ["no_answer", "no_answer"]
    assert [attempt["error"] for attempt in second["notifications"][0]["attempts"]] == [None]


def test_a_desk_that_coordinates_in_another_tree_decides_with_its_own_code(world_of: Worlds) -> None:
    """B4: a coordinator's written code with GO means the oldest open question, wherever the code was first needed."""
    desk = """
  - {name: Desk, notify: [desk], wait: 5m, then: next}
  - {name: Friends, needs_go: {}, notify: [consul], wait: 30m}
"""
    abroad = ABROAD.replace("+32470550102", "+32470550101").replace("contacts:", "start: {after: 30m}\ncontacts:")
    world = world_of(a_tree(desk, CONTACTS), abroad)
    incident = world.raises()
    world.passes(minutes=5)
    assert incident.status("valley") == "waiting_for_go"

    world.texts("head office", f"GO {code_in(alerts(world, 'head office')[0])}")

    assert incident.level("valley") == "Friends"
    assert len(alerts(world, "spain")) == 1


def test_coordinators_who_share_a_mailbox_are_both_rung(world_of: Worlds) -> None:
    """A2: the first one's telephone may be off; a mailbox in common makes the second's none of his."""
    both = CONTACTS.replace('"}], deputy: second}', '"}, {email: duty@valley.example}], deputy: second}', 1)
    both = both.replace('"+573005550102"}]}', '"+573005550102"}, {email: duty@valley.example}]}')
    world = world_of(a_tree(COORDINATION, both))
    world.phone("coordinator").behaves("no_coverage")

    world.texts("ana", "SOS")
    world.texts("stranger", "SOS they took us")
    asked, of_a_stranger = world.phone("second coordinator").inbox
    world.texts("second coordinator", f"GO {decision_code_in(asked)}")

    assert "unknown number" in of_a_stranger
    assert world.newest()["verified"]


GERMANY, RELAY = "+491515550141", "+573005550199"


def embassy(id: str, number: str) -> str:
    """An embassy that is open on weekdays; at night one phone in the network passes on to it."""
    return f"""
  {id}:
    role: embassy
    scope: national
    organisation: Embassy of {id}
    hours: "Mo-Fr 08:30-16:30"
    methods: [{{sms: "{number}"}}]
    when_closed: [{{sms: "{RELAY}", acknowledges_as: relay}}]
"""


def embassies(*told: str) -> str:
    """A level that waits for each of them."""
    names = ", ".join(told)
    return f"  - {{name: Embassies, notify: [{names}], acknowledge: each_organisation, wait: 30m}}\n" + COORDINATION


BOTH = CONTACTS + embassy("spain", SPAIN) + embassy("germany", GERMANY)


def test_whoever_relays_to_two_embassies_makes_them_not_one(world_of: Worlds) -> None:
    """A2, A9: what one answers by day is no answer of the other, who hears nothing of it."""
    world = world_of(a_tree(embassies("spain", "germany"), BOTH))
    world.passes(hours=13)
    incident = world.raises(people=[], perpetrator="none")

    world.texts("spain", code_in(world.phone("spain").inbox[0]))

    assert incident.status("valley") == "running"
    assert len(world.phone("germany").inbox) == 1
    world.texts("germany", code_in(world.phone("germany").inbox[0]))
    assert incident.status("valley") == "acknowledged"
    assert [contact for contact, *_ in incident.answers()] == ["spain", "germany"]


def test_it_is_told_of_each_that_it_is_to_pass_on_to_whatever_trees_they_stand_in(world_of: Worlds) -> None:
    """B1: only what is for the same recipient is sent once."""
    spain, germany = CONTACTS + embassy("spain", SPAIN), CONTACTS + embassy("germany", GERMANY)
    world = world_of(a_tree(embassies("spain"), spain), a_tree(embassies("germany"), germany, tree="hill"))
    incident = world.raises(people=[], perpetrator="none")

    first, second = (code_in(text) for text in world.phone(RELAY).inbox)
    world.texts(RELAY, f"PASS {first}")

    assert first != second
    assert len(incident.answers()) == 1
    world.texts(RELAY, f"PASS {second}")
    assert sorted(contact for contact, *_ in incident.answers()) == ["germany", "spain"]


def test_who_has_passed_it_on_to_one_is_told_to_pass_it_on_to_the_next(world_of: Worlds) -> None:
    """A2: what ends a number for the one does not end it for the other."""
    one_by_one = "".join(f"  - {{name: {id}, notify: [{id}], wait: 30m}}\n" for id in ("spain", "germany"))
    world = world_of(a_tree(one_by_one + COORDINATION, BOTH))
    incident = world.raises(people=[], perpetrator="none")
    world.texts(RELAY, f"PASS {code_in(world.phone(RELAY).inbox[0])}")

    world.passes(minutes=31)

    assert incident.told() == [("spain", "sms"), ("germany", "sms")]
    assert len([text for text in world.phone(RELAY).inbox if "URGENT" in text]) == 2


def test_last_resort_is_told_where_its_phone_has_passed_it_on_to_another_alone(world_of: Worlds) -> None:
    """A2: it said no in its level, and is told again at the end, whoever else hears by the same phone."""
    one_by_one = "".join(f"  - {{name: {id}, notify: [{id}], wait: 30m}}\n" for id in ("spain", "germany"))
    tree = a_tree(one_by_one, BOTH).replace("last_resort: [desk]", "last_resort: [germany]")
    world = world_of(tree)
    incident = world.raises(people=[], perpetrator="none")
    world.texts(RELAY, f"PASS {code_in(world.phone(RELAY).inbox[0])}")
    world.passes(minutes=31)

    incident.act("acknowledgements", tree="valley", contact="germany", kind="declined", expect=201)
    world.passes(minutes=10)

    assert incident.answers() == [("spain", "relayed", "sms"), ("germany", "declined", "vouched")]
    assert incident.status("valley") == "unanswered"
    alerts = [each for each in incident["notifications"] if each["kind"] == "alert"]
    assert [each["contact"] for each in alerts] == ["spain", "germany", "germany"]


def test_a_stranger_who_was_taken_for_whoever_relays_hears_of_neither(world_of: Worlds) -> None:
    """A9: a number is a stranger's for everybody who lists it."""
    spain, germany = CONTACTS + embassy("spain", SPAIN), CONTACTS + embassy("germany", GERMANY)
    late = a_tree("  - {name: Friends, notify: [consul], wait: 30m}\n" + embassies("germany"), germany, tree="hill")
    world = world_of(a_tree(embassies("spain"), spain), late)
    incident = world.raises(people=[], perpetrator="none")

    world.client.post(link_in(world.phone(RELAY).inbox[0]), data={"answer": "wrong_person"})
    world.passes(minutes=31)

    assert len(world.phone(RELAY).inbox) == 1
    assert ("consul", "sms") in incident.told()


@pytest.mark.parametrize("behaviour", ["opted_out", in_long("invalid")])
def test_a_number_that_refuses_our_sms_is_tried_in_one_tree_alone(world_of: Worlds, behaviour: str) -> None:
    """B3: it is bad for everybody who lists it, and whoever has no other is given up at once."""
    spain, germany = CONTACTS + embassy("spain", SPAIN), CONTACTS + embassy("germany", GERMANY)
    late = a_tree("  - {name: Friends, notify: [consul], wait: 30m}\n" + embassies("germany"), germany, tree="hill")
    world = world_of(a_tree(embassies("spain"), spain), late)
    world.phone(RELAY).behaves(behaviour)
    incident = world.raises(people=[], perpetrator="none")

    world.passes(minutes=31)

    assert [row.failure for row in tries(incident, "spain", "sms")] == [behaviour]
    assert tries(incident, "germany", "sms") == []
    assert incident.level("hill") == "Coordination"


def test_a_coordinator_who_relays_to_whom_an_incident_spares_is_told(world_of: Worlds) -> None:
    """A3: what is kept from the one behind it is no reason to leave the coordinator out."""
    relayed = BOTH.replace(RELAY, "+573005550101")
    world = world_of(a_tree(embassies("spain", "germany"), relayed))

    incident = world.raises(people=[], perpetrator="none", exclude=["spain"])

    assert ("germany", "sms") in incident.told()
    assert [each["contact"] for each in incident["pruned"]] == ["spain"]
    world.passes(minutes=31)
    assert ("coordinator", "sms") in incident.told()


def test_a_member_on_duty_reports_by_call_though_it_holds_codes(world_of: Worlds) -> None:
    """B4: the PIN for duress is heard at every door, also where a code of four digits is asked for."""
    on_duty = CONTACTS.replace(
        "}], deputy: second}", '}], deputy: second, duty: {rota: [luis], change: "Mo 09:00"}}', 1
    )
    world = world_of(a_tree(COORDINATION, on_duty), field=FIELD.replace(", silent: true", ""))
    world.gives_pins("north/luis")
    first = world.raises()
    assert code_in(world.phone("luis").inbox[0])

    world.phone("luis").dials().press("47990*").press("20")
    world.settles()

    assert world.newest().ref != first.ref
    assert world.newest()["type"] == "arrest"
    assert "before you call anybody" in world.phone("second coordinator").inbox[-1]


def test_a_deputy_with_the_mailbox_of_whom_it_stands_in_for_is_told(world_of: Worlds) -> None:
    """B3: what the one declines is no answer of the other, who has not been asked."""
    office = CONTACTS.replace(f'"{SPAIN}"}}]', f'"{SPAIN}"}}, {{email: office@es.example, after: 9m}}]')
    office = office.replace(f'"{DEPUTY}"}}]', f'"{DEPUTY}"}}, {{email: office@es.example, after: 9m}}]')
    world = world_of(a_tree("  - {name: Friends, notify: [consul], wait: 30m}\n" + COORDINATION, office))
    incident = world.raises()

    world.texts("spain", f"NO {code_in(world.phone('spain').inbox[0])}")
    (alert,) = world.phone(DEPUTY).inbox
    world.texts(DEPUTY, code_in(alert))

    assert incident.answers() == [("consul", "declined", "sms"), ("vice-consul", "acknowledged", "sms")]
    assert incident.status("valley") == "acknowledged"
