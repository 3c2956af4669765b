"""News that would change who is told becomes a decision, with its difference: nobody is added or dropped in silence."""

import re
from typing import Any

import pytest

from alertnet.flows.desk.board import path_of
from alertnet.flows.incidents.merge import merge
from alertnet.flows.unit.locked_incident import look_closely_at
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents as store
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, decision_code_in, link_in, spoken_code_in

PIN = "47110"
OTHERS = """
  spain: {role: embassy, represents: ES, organisation: Spain, methods: [{sms: "+34600550140"}]}
"""
RAIDS = "  - {name: Raids, when: {type: [raid]}, notify: [defenders], wait: 20m}\n"
ARRESTS = "  - {name: Arrests, when: {type: [arrest]}, notify: [ombuds], wait: 20m}\n"
PERU = "+51900550141"
EMBASSIES = "  - {name: Embassies, when: {nationality: match}, notify: [spain], wait: 20m}\n"


@pytest.fixture
def night(world_of: Worlds) -> World:
    """Raids are told to the defenders, arrests to the ombuds office, what befalls its nationals to an embassy."""
    contacts = CONTACTS.replace(
        'methods: [{sms: "+573005550101"}]', 'methods: [{sms: "+573005550101"}, {call: "+573005550101"}]'
    )
    return world_of(a_tree(COORDINATION + RAIDS + ARRESTS + EMBASSIES, contacts + OTHERS))


def raised(world: World) -> Incident:
    return world.raises(type="raid", severity="moderate", people=[{"code": "P1", "nationality": "CO"}])


def question(world: World) -> str:
    return next(text for text in reversed(world.phone("coordinator").inbox) if "DECISION" in text)


def planned(incident: Incident) -> set[str]:
    return {each["contact"] for each in incident["pruned"]}


def test_another_type_waits_for_a_coordinator_who_sees_the_difference(night: World) -> None:
    incident = raised(night)

    shown = incident.act("updates", text="It was an arrest", type="arrest")

    assert shown["type"] == "raid"
    [warning] = [each for each in shown["warnings"] if "news would change" in each]
    assert "type: raid → arrest" in warning
    assert "Ombuds office (ombuds) may be told, in level Arrests" in warning
    assert "Defenders (defenders) is told nothing more" in warning
    assert "(+ombuds, -defenders)" in question(night)
    assert night.phone("ombuds").inbox == []


def test_a_go_by_sms_lets_it_hold(night: World) -> None:
    incident = raised(night)
    incident.act("updates", text="It was an arrest", type="arrest")

    night.texts("coordinator", f"GO {decision_code_in(question(night))}")

    assert (incident["type"], planned(incident)) == ("arrest", {"spain", "defenders"})
    assert not [each for each in incident["warnings"] if "news would" in each]
    night.passes(minutes=31)
    assert night.phone("ombuds").inbox
    assert night.phone("defenders").inbox == []


def test_it_is_decided_by_call_page_and_api_too(night: World) -> None:
    incident = raised(night)
    night.texts("coordinator", code_in(night.phone("coordinator").inbox[0]))
    incident.act("updates", text="It was an arrest", type="arrest")
    page = link_in(question(night))
    assert "+Ombuds office, -Defenders" in night.client.get(page).text

    refused = night.client.post(page, data={"answer": "refuse"})
    night.settles()

    assert refused.status_code == 200
    assert incident["type"] == "raid"
    incident.act("updates", text="An arrest after all", type="arrest")
    call = night.waits_for_ringing("coordinator", minutes=30).answers()
    call.press(spoken_code_in(call.words)).press("1")
    night.settles()
    assert incident["type"] == "arrest"
    incident.act("updates", text="No, a raid", type="raid")
    incident.act("go", decision="go")
    assert incident["type"] == "raid"
    incident.act("go", decision="go", expect=409)


def test_a_hold_is_asked_again_and_later_news_is_added(night: World) -> None:
    incident = raised(night)
    incident.act("updates", text="It was an arrest", type="arrest")
    night.texts("coordinator", f"HOLD {decision_code_in(question(night))}")
    before = len(night.phone("coordinator").inbox)

    incident.act("updates", text="A Spaniard is with them", people=[{"code": "P2", "nationality": "ES"}])

    assert len(night.phone("coordinator").inbox) > before
    night.texts("coordinator", f"GO {decision_code_in(question(night))}")
    assert (incident["type"], planned(incident)) == ("arrest", {"defenders"})


@pytest.mark.parametrize(
    ("news", "holds"),
    [
        ({"severity": "critical"}, ("severity", "critical")),
        ({"people": [{"code": "P9"}]}, ("consent", "national")),
    ],
    ids=["what is graver", "whoever consents to less"],
)
def test_what_protects_holds_at_once(night: World, news: dict[str, Any], holds: tuple[str, str]) -> None:
    """A3, A8: nobody waits for a decision to be spared, or to be told of what is graver."""
    incident = raised(night)

    incident.act("updates", text="More is known", type="arrest", **news)

    assert incident[holds[0]] == holds[1]
    assert incident["type"] == "raid"


def test_what_the_field_texts_of_a_believed_incident_waits_for_a_coordinator_too(night: World) -> None:
    """B4: what is graver, and where, holds at once, as by the API; the phone of who may be held falls silent."""
    night.gives_pins("north/ana", duress=None)
    night.texts("ana", f"ALERTA {PIN} 41 P1")
    incident = night.newest()

    night.texts("ana", f"NUEVA {PIN} 20 L14 P7 se los llevan")

    assert (incident["type"], incident["severity"], incident["place"]) == ("break_in", "critical", "L14")
    assert [each["code"] for each in incident["people"]] == ["P1"]
    [warning] = [each for each in incident["warnings"] if "news would" in each]
    assert "type: break_in → arrest; people: P7" in warning
    assert night.phone("ombuds").inbox == []
    [said] = [text for text in night.phone("coordinator").inbox if "apply the news" in text]
    night.texts("coordinator", re.findall(r"GO \d{4}", said)[0])
    assert (incident["type"], [each["code"] for each in incident["people"]]) == ("arrest", ["P1", "P7"])
    night.passes(minutes=31)
    assert night.phone("ombuds").inbox


STATE = (
    "  - {name: State, needs_go: {unless_severity: [critical], proceed_after: 8h}, notify: [defenders], wait: 20m}\n"
)


def test_what_sounds_harmless_makes_no_incident_less_grave(world_of: Worlds) -> None:
    """B2: only a person lowers a severity; whoever is alarmed without a go while it is critical still is."""
    world = world_of(a_tree(COORDINATION + STATE))
    world.gives_pins("north/ana", duress=None)
    world.texts("ana", f"ALERTA {PIN} 20 P1")
    incident = world.newest()

    world.texts("ana", f"NUEVA {PIN} 43 L14")

    assert (incident["type"], incident["severity"]) == ("checkpoint", "critical")
    world.passes(minutes=11)
    assert world.phone("defenders").inbox


@pytest.mark.parametrize(
    ("levels", "opened", "news", "stays", "asked", "difference"),
    [
        (
            STATE,
            {"severity": "critical"},
            {"severity": "moderate"},
            ("severity", "critical"),
            "State",
            "defenders after a go",
        ),
        (
            RAIDS + "  - {name: Friends, notify: [defenders], wait: 20m}\n",
            {"severity": "serious"},
            {"type": "threat"},
            ("type", "raid"),
            "Raids",
            "level Raids tells nobody",
        ),
    ],
    ids=["who waits for a go", "who is told later"],
)
def test_what_tells_the_same_people_otherwise_is_asked_too(
    world_of: Worlds,
    levels: str,
    opened: dict[str, str],
    news: dict[str, Any],
    stays: tuple[str, str],
    asked: str,
    difference: str,
) -> None:
    world = world_of(a_tree(COORDINATION + levels))
    incident = world.raises(**{"type": "raid", **opened})

    incident.act("updates", text="Not as bad", **news)

    assert incident[stays[0]] == stays[1]
    [warning] = [each for each in incident["warnings"] if "news would change" in each]
    assert difference in warning
    [said] = [text for text in world.phone("coordinator").inbox if "DECISION" in text]
    assert f"({asked})" in said
    world.texts("coordinator", f"GO {decision_code_in(said)}")
    [(field, value)] = news.items()
    assert incident[field] == value


def test_the_code_of_an_overtaken_question_closes_no_matter(night: World) -> None:
    """A12: whoever decides too late must not read that all is over."""
    incident = raised(night)
    incident.act("updates", text="It was an arrest", type="arrest")
    code = decision_code_in(question(night))
    incident.act("updates", text="It was a raid after all", type="raid")

    reply = night.reply_to("coordinator", f"GO {code}")

    assert "this code is no longer needed. The matter is still open." in reply
    incident.act("close", reason="resolved")
    assert "this matter is closed" in night.reply_to("coordinator", f"GO {code}")


def test_words_alone_change_nothing_of_an_incident(night: World) -> None:
    """A text without a type is no report of something graver."""
    night.gives_pins("north/ana", duress=None)
    night.texts("ana", f"ALERTA {PIN} 41")
    incident = night.newest()

    night.texts("ana", f"NUEVA {PIN} ya se fueron")

    assert (incident["type"], incident["severity"]) == ("break_in", "moderate")
    assert not [text for text in night.phone("coordinator").inbox if "DECISION" in text]
    assert incident.timeline().count("report_received") == 2


def test_what_changes_nobody_holds_at_once(night: World) -> None:
    incident = raised(night)

    incident.act("updates", text="It was a company's guards", perpetrator="company")

    assert not [each for each in incident["warnings"] if "news would" in each]
    assert not [text for text in night.phone("coordinator").inbox if "DECISION" in text]
    assert "updated" in incident.timeline()


def test_whom_a_higher_severity_brings_in_hears_of_the_type_that_came_with_it(world_of: Worlds) -> None:
    """A8: they are told at once, and not of what it was taken for before."""
    grave = "  - {name: Grave, when: {severity: [critical]}, notify: [defenders], wait: 20m}\n"
    world = world_of(a_tree(COORDINATION + grave))
    incident = world.raises(type="threat", severity="moderate")
    world.passes(minutes=11)
    assert world.phone("defenders").inbox == []

    incident.act("updates", text="They shoot", type="attempted_killing", severity="critical")

    assert "armed attack" in world.phone("defenders").inbox[0]


def test_whom_a_decided_change_lets_into_an_open_level_is_told_in_it_now(world_of: Worlds) -> None:
    """A8: the question says "may be told, in level Embassies"; a GO that tells nobody would deceive who gave it."""
    level = "  - {name: Embassies, when: {nationality: match}, notify: [spain, peru], wait: 20m}\n"
    peru = f'  peru: {{role: embassy, represents: PE, organisation: Peru, methods: [{{sms: "{PERU}"}}]}}\n'
    world = world_of(a_tree(COORDINATION + level, CONTACTS + OTHERS + peru))
    incident = world.raises(type="arrest", severity="critical", people=[{"code": "P7"}])
    world.passes(minutes=11)
    assert (len(world.phone("spain").inbox), len(world.phone(PERU).inbox)) == (1, 0)

    incident.act("updates", text="There was another", people=[{"code": "P8", "nationality": "PE"}])
    world.texts("coordinator", f"GO {decision_code_in(question(world))}")

    assert (len(world.phone("spain").inbox), len(world.phone(PERU).inbox)) == (2, 1)
    assert "there is news" in world.phone("spain").inbox[1]
    assert "arrest" in world.phone(PERU).inbox[0]


def test_an_accused_is_spared_before_anybody_decides(world_of: Worlds) -> None:
    """A3: nobody who belongs to the perpetrator is told, be the accusation decided on or not."""
    brigade = """
  brigade: {role: authority, belongs_to: army, organisation: Brigade, methods: [{sms: "+576015550112"}]}
"""
    levels = COORDINATION + RAIDS + "  - {name: State, notify: [brigade], wait: 20m}\n"
    world = world_of(a_tree(levels, CONTACTS + brigade))
    incident = world.raises(type="raid", severity="moderate", perpetrator="company")

    incident.act("updates", text="It was the army, and an arrest", perpetrator="army", type="arrest")

    assert {each["contact"]: each["reason"] for each in incident["pruned"]} == {"brigade": "perpetrator"}
    assert "-defenders" in question(world)


@pytest.mark.parametrize(
    ("act", "known"),
    [
        ("updates", {"text": "It was them", "perpetrator": "police"}),
        ("updates", {"text": "It was one of them", "people": [{"code": "P50", "contact": "station"}]}),
        ("exclude", {"contacts": ["station"]}),
    ],
    ids=["accused", "victim", "excluded"],
)
def test_who_took_charge_and_turns_out_to_be_part_of_it_has_taken_charge_of_nothing(
    world_of: Worlds, act: str, known: dict[str, Any]
) -> None:
    """A3, A2: it was the station that takes charge; or its officer was taken as well; or it is not to be trusted."""
    station = """
  station: {role: authority, belongs_to: police, organisation: Police, methods: [{sms: "+576015550112"}]}
"""
    levels = "  - {name: State, notify: [station], wait: 20m}\n  - {name: Friends, notify: [defenders], wait: 20m}\n"
    world = world_of(a_tree(levels, CONTACTS + station))
    incident = world.raises(perpetrator="paramilitary")
    world.texts("police", code_in(world.phone("police").inbox[0]))
    world.passes(hours=1)
    assert (incident.status("valley"), world.phone("defenders").inbox) == ("acknowledged", [])

    incident.act(act, **known)

    assert incident.status("valley") == "running"
    assert len(world.phone("defenders").inbox) == 1
    assert "acknowledgement_withdrawn" in incident.timeline()
    world.passes(minutes=11)
    is_revoked = [each["revoked_at"] is not None for each in incident["acknowledgements"]]
    told = sum("the answer of station counts no more" in text for text in world.phone("coordinator").inbox)
    assert (is_revoked, told) == ([act == "exclude"], 1)
    shown = world.runtime.read(lambda tx: look_closely_at(tx, store.id_of(tx, incident.ref)))
    assert path_of(shown.plans, shown.states, "valley", world.clock.at).acting == ()
    world.passes(minutes=10)
    assert any("nobody has taken charge yet" in text for text in world.phone("coordinator").inbox)
    incident.act("exclude", contacts=["station"])
    world.passes(minutes=11)
    assert [each["revoked_at"] is not None for each in incident["acknowledgements"]] == [True]
    assert sum("counts no more" in text for text in world.phone("coordinator").inbox) == 1


@pytest.fixture
def two(world_of: Worlds) -> World:
    """Two coordinators, of whom the first has no coverage."""
    second = """
  coordinator-2: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
"""
    both = COORDINATION.replace("[coordinator]", "[coordinator, coordinator-2]")
    friends = "  - {name: Friends, notify: [defenders], wait: 20m}\n"
    world = world_of(a_tree(both + friends, CONTACTS + second))
    world.phone("coordinator").behaves("no_coverage")
    return world


def test_a_question_that_was_put_off_by_whoever_was_taken_as_well_is_asked_anew(two: World) -> None:
    """A2, A3: of the others, and last resort hears of their silence."""
    two.texts("ana", "SOS")
    incident = two.newest()
    [told] = two.phone("second coordinator").inbox
    two.texts("second coordinator", f"HOLD {decision_code_in(told)}")
    two.passes(hours=1)
    assert two.phone("head office").inbox == []

    incident.act("updates", text="She is with them", people=[{"code": "P50", "contact": "coordinator-2"}])
    two.passes(minutes=11)

    assert any(incident.ref in text for text in two.phone("head office").inbox)


@pytest.mark.parametrize("known", ["by news", "by a report that joins it", "by the report that it joins"])
def test_what_was_held_by_whoever_was_taken_as_well_is_held_no_more(two: World, known: str) -> None:
    """A2, A3: its answer counts no more, and no more does its word that nobody else is to hear."""
    incident, taken = two.raises(perpetrator="none"), [{"code": "P50", "contact": "coordinator-2"}]
    two.texts("second coordinator", f"HOLD {code_in(two.phone('second coordinator').inbox[0])}")
    two.passes(minutes=50)
    assert two.phone("defenders").inbox == []

    if known == "by news":
        incident.act("updates", text="She is with them", people=taken)
    else:
        pair = (two.raises(perpetrator="none", people=taken), incident)
        part, whole = pair if known == "by a report that joins it" else pair[::-1]
        part.act("merge", into=whole.ref)
    two.passes(minutes=11)

    assert len(two.phone("defenders").inbox) == 1


def test_what_is_held_by_who_raised_a_report_that_joins_it_stays_held(two: World) -> None:
    """B3: who raised it answers for it no more, and was not taken."""
    incident = two.raises(perpetrator="none")
    two.texts("second coordinator", f"HOLD {code_in(two.phone('second coordinator').inbox[0])}")
    part = two.reply_to("second coordinator", "SOS").split()[1].rstrip(":")

    def join(tx: Tx) -> None:
        merge(tx, store.id_of(tx, part), store.id_of(tx, incident.ref), by="desk").finish()

    two.runtime.transact(join)
    two.passes(minutes=30)

    assert (two.phone("defenders").inbox, "hold_began" in incident.timeline()) == ([], True)
    assert "hold_ended" not in incident.timeline()


def test_what_another_of_the_same_name_holds_stays_held(world_of: Worlds) -> None:
    """B3: each tree calls its coordinator so; that of the second is accused, and that of the first still holds."""
    accused = CONTACTS.replace("organisation: Valley,", "organisation: Mine, belongs_to: company,").replace(
        "0101", "0102"
    )
    friends = "  - {name: Friends, notify: [defenders], wait: 20m}\n"
    world = world_of(a_tree(COORDINATION + friends), a_tree(COORDINATION, accused.replace("0101", "0102"), tree="mine"))
    incident = world.raises(perpetrator="none")
    world.texts("coordinator", f"HOLD {code_in(world.phone('coordinator').inbox[0])}")
    world.texts("second coordinator", code_in(world.phone("second coordinator").inbox[0]))

    incident.act("updates", text="It was the mine", perpetrator="company")
    world.passes(minutes=30)

    assert world.phone("defenders").inbox == []
    assert "hold_began" in incident.timeline()
    assert "hold_ended" not in incident.timeline()


def test_what_was_held_in_a_report_that_was_merged_is_held_no_more_either(two: World) -> None:
    """A2, A3: the hold came along with the report, and so does what is learnt of whoever gave it."""
    part = two.raises(perpetrator="none")
    whole = two.raises(perpetrator="none", place="L13")
    two.texts("second coordinator", f"HOLD {code_in(two.phone('second coordinator').inbox[0])}")
    part.act("merge", into=whole.ref)
    two.passes(minutes=50)
    assert two.phone("defenders").inbox == []

    whole.act("updates", text="She is with them", people=[{"code": "P50", "contact": "coordinator-2"}])

    assert len(two.phone("defenders").inbox) == 1
