"""Nobody hears of it whom those concerned have not agreed to tell, whoever lists them (A3)."""

from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World, code_in, link_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}, {call: "+573005550120"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  police: {role: authority, belongs_to: police, organisation: National Police, methods: [{call: "+576015550112"}]}
  envoy: {role: ministry, organisation: Envoy of the police, methods: [{call: "+576015550112"}]}
  spain: {role: embassy, represents: ES, organisation: Spain, methods: [{sms: "+34600550140"}]}
  lawyers: {role: other, represents: DE, organisation: German lawyers, methods: [{sms: "+491515550141"}]}
  un: {role: un, organisation: United Nations, methods: [{sms: "+573005550160"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
EVERYONE = """
  - name: Everyone
    when: {nationality: match}
    notify: [ombuds, defenders, police, envoy, spain, lawyers, un]
    wait: 10m
    repeat: {every: 3m, times: 2}
  - {name: Grave, when: {severity: [critical]}, notify: [defenders], wait: 10m}
  - {name: Raids, when: {type: [raid]}, notify: [defenders], wait: 10m}
"""


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """One level with everyone, and two of narrower concern."""
    return world_of(a_tree(EVERYONE + COORDINATION, CONTACTS, rest="rounds: 2\nunknown_perpetrator: proceed"))


def reasons(incident: Any) -> dict[str, str]:
    """Why each pruned contact was, by contact."""
    return {each["contact"]: each["reason"] for each in incident["pruned"]}


def everybody_told(world: World) -> set[str]:
    """Every address that anything was sent to."""
    network = world.sandbox.network
    return {message.to for message in network.messages.values()} | {call.to for call in network.calls.values()}


def test_national_consent_sends_nothing_abroad_and_the_accused_institution_hears_nothing(world: World) -> None:
    """A3: the EU, the UN, embassies, the brigade and its ministry stay silent when their levels would have opened."""
    incident = world.raises(severity="critical", consent="national", people=[], perpetrator="army")
    world.passes(minutes=46)

    why = reasons(incident)
    assert why["embassy-es"] == why["eu-delegation"] == why["ohchr"] == "consent"
    assert not everybody_told(world) & {"+34600550140", "+491515550141", "+32470550142", "+573005550160"}
    assert incident.level("colombia") == "State institutions"
    assert why["brigade"] == why["ministry-defence"] == "perpetrator"
    assert not everybody_told(world) & {"+576075550111", "+576015550122"}
    assert world.mailbox("derechos@mindefensa.example").mails == []


def test_who_represents_another_nationality_is_pruned_with_its_reason(valley: World) -> None:
    """B1: P7 is a Spaniard, so the Germans are not troubled."""
    incident = valley.raises()

    assert reasons(incident)["lawyers"] == "nationality"
    assert "+491515550141" not in everybody_told(valley)
    assert valley.phone("spain").inbox


@pytest.mark.parametrize("name", ["ombuds", "Ombuds office"])
def test_an_excluded_contact_is_spared_by_id_or_organisation(valley: World, name: str) -> None:
    """A3: and the answer says so."""
    incident = valley.raises(exclude=[name])

    assert reasons(incident)["ombuds"] == "excluded"
    assert valley.phone("ombuds").inbox == []
    assert valley.phone("defenders").inbox != []


def test_nobody_is_asked_to_call_whoever_is_excluded(valley: World) -> None:
    """A3: the tree's number to call is its coordinator's; whoever called there would tell it everything."""
    valley.raises(exclude=["coordinator"])

    assert valley.phone("coordinator").inbox == []
    assert "Tel +32470550101" in valley.phone("defenders").inbox[0]
    call = valley.phone("defenders").dials()
    while call.put_through_to is None and call.waits_for_keys:
        call.stays_silent()
    assert call.put_through_to == "+32470550101"


def test_a_name_to_exclude_that_nobody_bears_is_refused(world: World) -> None:
    """B1: a slip there would tell whom it meant to spare."""
    answer = world.client.post(
        "/v1/incidents",
        json={"type": "arrest", "country": "CO", "exclude": ["ministry-defense"]},
        headers=world.headers,
    )

    assert answer.status_code == 422
    assert "ministry-defence" in answer.text


def test_narrower_consent_stops_what_was_about_to_leave(world_of: Worlds) -> None:
    """A3, A8: consent withdrawn before the embassies' level opened means that they never hear."""
    world = world_of(a_tree(COORDINATION + "  - {name: Next, notify: [spain, defenders], wait: 10m}\n", CONTACTS))
    incident = world.raises()
    incident.act("consent", scope="national", given_by="P7", how="by telephone")
    world.passes(minutes=10)

    assert (world.phone("spain").inbox, len(world.phone("defenders").inbox)) == ([], 1)
    assert incident["consent"] == "national"


def test_whoever_is_left_out_is_shown_with_the_first_reason_that_holds(valley: World) -> None:
    """B3: consent excluded perpetrator involved nationality severity type."""
    incident = valley.raises(
        type="assault",
        consent="national",
        perpetrator="police",
        people=[{"code": "P7"}, {"code": "P77", "nationality": "CO", "contact": "defenders"}],
        exclude=["ombuds"],
    )

    assert {(each["level"], each["contact"]): each["reason"] for each in incident["pruned"]} == {
        ("Everyone", "un"): "consent",
        ("Everyone", "ombuds"): "excluded",
        ("Everyone", "police"): "perpetrator",
        ("Everyone", "envoy"): "perpetrator",
        ("Everyone", "defenders"): "involved",
        ("Everyone", "spain"): "consent",
        ("Everyone", "lawyers"): "nationality",
        ("Grave", "defenders"): "involved",
        ("Raids", "defenders"): "involved",
    }


@pytest.mark.parametrize(
    ("type", "why"), [("assault", {"Grave": "severity", "Raids": "type"}), ("arrest", {"Raids": "type"})]
)
def test_a_level_of_other_severity_or_type_is_shown_as_left_out(valley: World, type: str, why: dict[str, str]) -> None:
    """B1: `when`."""
    incident = valley.raises(type=type)

    assert {each["level"]: each["reason"] for each in incident["pruned"] if each["contact"] == "defenders"} == why


def test_the_accuseds_telephone_rings_in_no_round_whoever_lists_it(valley: World) -> None:
    """A3: a number that the police answer is the police's, whatever else it is called."""
    valley.raises(perpetrator="police")

    valley.passes(minutes=35)

    assert valley.phone("police").calls == []
    assert len(valley.phone("defenders").inbox) > 3


def test_a_role_can_be_excluded(valley: World) -> None:
    """B1: all who have it."""
    incident = valley.raises(exclude=["embassy"])

    valley.passes(minutes=4)

    assert reasons(incident)["spain"] == "excluded"
    assert valley.phone("spain").inbox == []


def test_what_is_on_record_of_a_person_narrows_what_was_reported(world: World) -> None:
    """B1: P9 has consented to national help alone, and not to the ministry of defence."""
    people = [
        {"code": "P9", "nationality": "ES"},
        {"code": "Р9", "nationality": "ES"},
    ]  # the second with a Cyrillic letter
    incident = world.raises(people=people, consent="international", perpetrator="none")

    assert reasons(incident)["embassy-es"] == "consent"
    assert reasons(incident)["ministry-defence"] == "excluded"
    assert incident["warnings"] == [
        "Р9: the teams file does not know this code",
        "P9: nationality ES was reported, CO is on record",
    ]


def test_an_exclusion_in_the_middle_stops_calls_and_reminders_at_once(valley: World) -> None:
    """A3, A8: what rings there is hung up."""
    incident = valley.raises()
    assert valley.phone("ombuds").ringing

    incident.act("exclude", contacts=["ombuds"])
    valley.passes(minutes=6)

    assert len(valley.phone("defenders").inbox) == 3
    assert [call.status for call in valley.phone("ombuds").calls] == ["canceled"]
    assert len(valley.phone("ombuds").inbox) == 1
    assert reasons(incident)["ombuds"] == "excluded"


def test_who_was_excluded_cant_answer_any_more(valley: World) -> None:
    """A3: even a right code is news to nobody but the coordinators."""
    incident = valley.raises()
    code = code_in(valley.phone("ombuds").inbox[0])
    incident.act("exclude", contacts=["Ombuds office"])

    reply = valley.texts("ombuds", f"OK {code}")

    assert reply is None
    assert incident.answers() == []
    assert ("coordinator", "sms") in incident.told("alarm")


def test_the_page_of_who_was_excluded_says_nothing_of_who_sees_to_it(valley: World) -> None:
    """A3, A9: nobody may have it in hand, and that others have would be news."""
    incident = valley.raises()
    incident.act("exclude", contacts=["ombuds"])

    page = valley.client.get(link_in(valley.phone("ombuds").inbox[0])).text

    assert "already being handled" not in page
    assert "Nothing more is needed from you here." in page


def test_what_waited_for_the_provider_never_leaves_for_who_was_excluded(valley: World) -> None:
    """A3, A5: asked again at the moment of sending."""
    valley.sandbox.stop()
    incident = valley.raises()
    incident.act("exclude", contacts=["ombuds"])

    valley.sandbox.start()
    valley.passes(minutes=2)

    assert valley.phone("ombuds").inbox == []
    assert valley.phone("ombuds").calls == []
    assert valley.phone("defenders").inbox != []


def test_narrower_consent_of_one_person_narrows_that_of_the_incident(valley: World) -> None:
    """B1: the narrowest holds; the UN, told already, hears no more."""
    incident = valley.raises(people=[{"code": "P7"}, {"code": "P77", "nationality": "ES"}])
    assert len(valley.phone("+573005550160").inbox) == 1

    incident.act("consent", scope="national", given_by="her lawyer", how="in person", people=["P77"])
    valley.passes(minutes=3)

    assert len(valley.phone("defenders").inbox) == 2
    assert len(valley.phone("+573005550160").inbox) == 1
    assert reasons(incident)["un"] == "consent"


def test_wider_consent_is_not_taken_in_passing(valley: World) -> None:
    """A8: it waits for a new resolution, which a coordinator has seen."""
    incident = valley.raises(consent="national")

    incident.act("consent", scope="international", given_by="P7", how="by telephone")
    valley.passes(minutes=3)

    assert incident["consent"] == "national"
    assert reasons(incident)["un"] == "consent"


def test_higher_severity_brings_in_the_levels_that_it_concerns(valley: World) -> None:
    """A8: at once, on the pinned trees."""
    incident = valley.raises(type="assault", exclude=["ombuds", "police", "envoy", "spain", "un"])
    valley.passes(minutes=9)

    incident.act("updates", text="She died", severity="critical")
    valley.passes(minutes=1)

    assert incident.level("valley") == "Grave"


def test_coordinators_and_last_resort_hear_whatever_the_consent(valley: World) -> None:
    """A3: they are internal in every tree."""
    incident = valley.raises(consent="internal")

    valley.passes(minutes=11)

    assert everybody_told(valley) == {"+573005550101", "+32470550101"}
    assert set(reasons(incident).values()) == {"consent"}


def test_where_nobody_at_all_may_be_told_the_answer_says_so(valley: World) -> None:
    """A2: exclusion wins; it needs a person, and keeps saying so."""
    incident = valley.raises(consent="internal", exclude=["coordinator", "desk"])

    assert incident["escalations"] == []
    assert "nobody at all" in incident["warnings"][0]
    assert valley.client.get("/readyz").json()["unheard"] == [incident.ref]


def test_when_the_last_who_might_be_told_are_excluded_the_answer_says_so(valley: World) -> None:
    """A2, A3: nothing more leaves, and it keeps saying that it needs a person."""
    incident = valley.raises(consent="internal")

    incident.act("exclude", contacts=["coordinator", "desk"])
    valley.passes(hours=1)

    assert incident.status("valley") == "stopped"
    assert "nobody at all" in incident["warnings"][0]
    assert valley.client.get("/readyz").json()["unheard"] == [incident.ref]
    assert len(valley.phone("coordinator").inbox) == 1
    assert valley.phone("head office").inbox == []


def test_a_tree_that_stopped_for_reaching_nobody_goes_on_when_it_reaches_somebody_again(world_of: Worlds) -> None:
    """A2, A8: what was learned since decides, at once, whoever it had left out before."""
    raids = "  - {name: Raids, when: {type: [raid]}, notify: [defenders], wait: 10m}\n"
    world = world_of(a_tree(COORDINATION, CONTACTS), a_tree(raids, CONTACTS, tree="raids"))
    incident = world.raises(type="raid")
    incident.act("updates", text="It was an arrest", type="arrest")
    incident.act("go", decision="go")
    stopped = incident.status("raids")

    incident.act("updates", text="It was a raid after all", type="raid")
    incident.act("go", decision="go")

    assert (stopped, incident.status("raids")) == ("stopped", "running")
