"""It is not over: what lay ahead lies as far ahead again, what was asked is asked anew, who was told is told (B3)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from alertnet.sandbox import Fault
from alertnet.store.tables import escalations
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned, reports, tries
from tests.scenarios.test_paused import SMS, pauses
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import CAST, FRIDAY_NIGHT, Incident, World, code_in, decision_code_in, spoken_code_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  ombuds: {role: ombuds, organisation: Office, methods: [{sms: "+573005550120"}, {email: o@o.example, after: 9m}]}
  mayor: {role: authority, organisation: Mayor, methods: [{call: "+576045550110"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
OMBUDS = "  - {name: Ombuds, notify: [ombuds, mayor], wait: 30m, repeat: {every: 5m, times: 2}}\n"
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 5m}\n"
POLICE = """
  - name: Police
    needs_go: {proceed_after: 30m}
    notify: [defenders]
    wait: 10m
"""
CONFIRMED = "  - {name: Ombuds, notify: [ombuds], wait: 30m, confirm: coordinator}\n"
MAYOR = "+576045550110"
PROCEED = "unknown_perpetrator: proceed"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """The coordinator, then ombuds office and mayor, then the defenders."""
    return world_of(a_tree(COORDINATION + OMBUDS + FRIENDS, CONTACTS, rest=PROCEED))


@pytest.fixture
def either_valley(each_database: str, world_on: Worlds, tmp_path: Path) -> World:
    """The same on each kind of database."""
    folder = tmp_path / "contact_trees"
    folder.mkdir()
    (folder / "teams.yaml").write_text(FIELD)
    (folder / "valley.yaml").write_text(a_tree(COORDINATION + OMBUDS + FRIENDS, CONTACTS, rest=PROCEED))
    return world_on(each_database, trees=folder)


def test_what_cannot_be_read_of_it_ends_with_it_and_is_due_again_with_it(valley: World) -> None:
    """A11, A2: so the watch misses it; else an open incident would tell nobody any more, and nobody would know."""
    incident = valley.raises()
    stands: list[tuple[str, bool]] = []
    damage = update(escalations).values(state={"status": "?"})
    valley.runtime.transact(lambda tx: tx.session.execute(damage))
    for act, reason in (("close", "released"), ("reopen", "She is not home")):
        incident.act(act, reason=reason)
        row = valley.runtime.read(lambda tx: tx.session.execute(select(escalations)).one())
        stands.append((row.status, row.due_at is not None))

    assert stands == [("stopped", False), ("running", True)]


def is_closed_for(world: World, incident: Incident, **span: float) -> None:
    """Closed, and after that time open again."""
    incident.act("close", reason="released")
    world.passes(**span)
    incident.act("reopen", reason="he was taken again")


def minutes_now(world: World) -> float:
    """Since the night began."""
    return (world.clock.at - FRIDAY_NIGHT).total_seconds() / 60


def texts(world: World, who: str, words: str) -> int:
    """How many SMS with those words are on that phone."""
    return sum(words in text for text in world.phone(who).inbox)


def latest(world: World, who: str, words: str) -> str:
    """The latest SMS with those words on that phone."""
    return next(text for text in reversed(world.phone(who).inbox) if words in text)


# What lay ahead


def test_levels_methods_and_repeats_have_the_time_left_that_they_had(either_valley: World) -> None:
    """B3: an hour later everything goes on as if that hour had not been; A7: nothing bursts."""
    world = either_valley
    incident = world.raises()
    world.passes(minutes=11)

    is_closed_for(world, incident, minutes=60)
    world.passes(minutes=40)

    told = planned(incident, "ombuds", "defenders", kinds=("alert", "reminder"))
    assert told == [
        ("ombuds", "sms", 10),
        ("ombuds", "sms", 75),
        ("ombuds", "email", 79),
        ("ombuds", "sms", 80),
        ("defenders", "sms", 100),
    ]


def test_each_close_moves_it_again(valley: World) -> None:
    """B3: close, reopen, close, reopen: each time once, and no minute is lost or counted twice."""
    world = valley
    incident = world.raises()
    world.passes(minutes=11)

    for _ in range(2):
        is_closed_for(world, incident, minutes=30)
        world.passes(minutes=1)
    world.passes(minutes=30)

    assert planned(incident, "defenders") == [("defenders", "sms", 100)]
    assert sorted(incident.told("correction")) == sorted([("coordinator", "sms"), ("ombuds", "sms")] * 2)
    assert incident.timeline().count("incident_reopened") == 2


def test_closed_and_open_again_at_once_nobody_is_forgotten(valley: World) -> None:
    """A2: an alert that the close kept from leaving leaves now; A4: the all-clear that has not left yet does not."""
    incident = reports(valley)
    for act in ("close", "reopen"):
        body = {"reason": "released"}
        answer = valley.client.post(f"/v1/incidents/{incident.ref}/{act}", json=body, headers=valley.headers)
        assert answer.status_code == 200

    valley.settles()

    assert texts(valley, "coordinator", "URGENT") == 1
    assert texts(valley, "coordinator", "closed") == texts(valley, "coordinator", "not over after all") == 0
    assert texts(valley, "coordinator", "ALARM") == 1


@pytest.mark.parametrize("closed_for", [5, 300])
def test_whether_an_alert_left_that_a_close_stopped_is_settled_like_any_other(valley: World, closed_for: int) -> None:
    """A5: nobody knows, so it is sent once more, also where it was given up while the incident was closed."""
    valley.sandbox.misbehaves(Fault.ERROR_500, number=CAST["coordinator"])
    incident = reports(valley)
    valley.settles()
    valley.passes(seconds=2)

    is_closed_for(valley, incident, seconds=closed_for)
    valley.passes(minutes=3)

    assert texts(valley, "coordinator", "URGENT") == 1
    assert [each.extra for each in tries(incident, "coordinator", "sms")] == [False, True]


def test_what_the_provider_reported_while_it_was_closed_counts(valley: World) -> None:
    """B3: a phone that turned out to be unreachable meanwhile: the next method goes at once."""
    valley.phone("ombuds").behaves("switched_off")
    valley.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CAST["ombuds"])
    incident = valley.raises()
    valley.passes(minutes=10)
    assert [each.status for each in tries(incident, "ombuds", "sms")] == ["sent"]

    is_closed_for(valley, incident, minutes=60)

    assert [each.status for each in tries(incident, "ombuds", "sms")] == ["failed"]

    assert ("ombuds", "email", minutes_now(valley)) in planned(incident, "ombuds")


def test_a_decision_keeps_the_time_it_had_until_it_opens_by_itself(world_of: Worlds) -> None:
    """B3: no automatic time runs on while nobody can decide; the question says the new one."""
    world = world_of(a_tree(COORDINATION + POLICE, CONTACTS, rest=PROCEED))
    incident = world.raises()
    world.passes(minutes=15)
    assert "02:54" not in latest(world, "coordinator", "DECISION")

    is_closed_for(world, incident, minutes=60)
    at_once = world.phone("defenders").inbox[:]
    world.texts("coordinator", code_in(latest(world, "coordinator", "it is not over:")))
    world.passes(minutes=24, seconds=59)
    asked = latest(world, "coordinator", "DECISION")
    before = world.phone("defenders").inbox[:]
    world.passes(seconds=1)

    assert (at_once, before, len(world.phone("defenders").inbox)) == ([], [], 1)
    assert "22:54" in asked  # 21:14 in Bogotá, ten minutes of coordination, an hour closed, half an hour to decide


def test_an_action_that_is_due_has_its_time_again(world_of: Worlds) -> None:
    """B3: the hour to report an action does not run while it is closed."""
    level = "  - {name: Ombuds, notify: [ombuds], wait: 30m, action_due: {after: 60m, otherwise: next}}\n"
    world = world_of(a_tree(level + FRIENDS, CONTACTS))
    incident = world.raises()
    world.texts("ombuds", code_in(world.phone("ombuds").inbox[0]))

    is_closed_for(world, incident, minutes=90)
    world.passes(minutes=59, seconds=59)
    before = incident.status("valley")
    world.passes(seconds=1)

    assert (before, incident.status("valley")) == ("acknowledged", "running")
    assert planned(incident, "defenders") == [("defenders", "sms", 150)]


def test_a_tree_that_has_not_begun_begins_later(world_of: Worlds) -> None:
    """B3: `start.after` is a planned moment like any other."""
    late = a_tree(COORDINATION + FRIENDS, CONTACTS, rest="start: {after: 30m}", tree="late")
    world = world_of(a_tree(COORDINATION, CONTACTS), late)
    incident = world.raises()

    is_closed_for(world, incident, minutes=60)
    world.passes(minutes=29, seconds=59)
    before = incident.status("late")
    world.passes(seconds=1)

    assert (before, incident.status("late")) == ("scheduled", "running")


def test_the_field_hears_how_it_fares_when_its_ten_minutes_are_over(valley: World) -> None:
    """B3: the promise to the field has the time left that it had."""
    valley.texts("ana", "SOS")
    incident = valley.newest()
    valley.passes(minutes=4)
    is_closed_for(valley, incident, minutes=60)

    valley.passes(minutes=5, seconds=59)
    closed_and_open_again = len(incident.told("field_status"))
    valley.passes(seconds=1)

    assert (closed_and_open_again, len(incident.told("field_status"))) == (2, 3)


# What was asked


def test_that_nobody_answers_is_asked_anew(world_of: Worlds) -> None:
    """B3: at once, and again until a coordinator answers it."""
    world = world_of(a_tree(COORDINATION, CONTACTS))
    incident = world.raises()
    world.passes(minutes=11)
    assert incident.status("valley") == "unanswered"

    is_closed_for(world, incident, minutes=60)
    at_once = texts(world, "coordinator", "nobody has taken charge")
    world.passes(minutes=10)

    assert incident.status("valley") == "unanswered"
    assert (at_once, texts(world, "coordinator", "nobody has taken charge")) == (2, 3)


def test_what_a_coordinator_had_answered_is_not_asked_again(world_of: Worlds) -> None:
    """B3: only what was open."""
    world = world_of(a_tree(COORDINATION, CONTACTS))
    incident = world.raises()
    world.passes(minutes=11)
    world.texts("coordinator", code_in(latest(world, "coordinator", "nobody has taken charge")))

    is_closed_for(world, incident, minutes=60)

    assert texts(world, "coordinator", "nobody has taken charge") == 1
    assert texts(world, "coordinator", "ALARM") == 2


def test_an_answer_to_be_confirmed_is_asked_about_anew(world_of: Worlds) -> None:
    """B3: and its code still confirms it."""
    world = world_of(a_tree(CONFIRMED + FRIENDS, CONTACTS))
    incident = world.raises()
    world.texts("ombuds", code_in(world.phone("ombuds").inbox[0]))
    assert texts(world, "coordinator", "takes charge? If so GO") == 1

    is_closed_for(world, incident, minutes=60)
    asked = texts(world, "coordinator", "GO ")
    world.texts("coordinator", f"GO {decision_code_in(latest(world, 'coordinator', 'GO '))}")

    assert asked == 2
    assert incident.status("valley") == "acknowledged"


def test_whether_a_report_is_true_is_asked_anew_once(valley: World) -> None:
    """B3: the same question with the same code, not a second one beside it."""
    valley.texts("ana", "SOS")
    incident = valley.newest()
    code = decision_code_in(latest(valley, "coordinator", "GO "))

    is_closed_for(valley, incident, minutes=60)

    assert decision_code_in(latest(valley, "coordinator", "it is not over:")) == code
    assert incident.told("decision") == [("coordinator", "sms")] * 2
    valley.texts("coordinator", f"GO {code}")
    assert incident["verified"]


# Who is told


def test_who_heard_that_it_was_over_hears_that_it_is_not(valley: World) -> None:
    """B3: once, by the ways that carried the stand-down; whoever is in charge must know it."""
    incident = valley.raises()
    valley.passes(minutes=10)
    valley.texts("ombuds", code_in(valley.phone("ombuds").inbox[0]))
    call = valley.phone(MAYOR).calls[-1]
    assert call.status == "canceled"
    incident.act("close", reason="released")
    valley.settles()
    stood_down = sorted(incident.told("stand_down"))

    incident.act("reopen", reason="he was taken again")
    valley.passes(minutes=30)

    assert sorted(incident.told("correction")) == stood_down
    assert ("ombuds", "sms") in stood_down
    assert texts(valley, "ombuds", "open again") == 1
    assert incident.status("valley") == "acknowledged"
    assert valley.phone("defenders").inbox == []


def test_an_all_clear_that_has_not_left_is_taken_back(valley: World) -> None:
    """B3: whoever reads afterwards that it is closed lets go of it."""
    incident = valley.raises()
    pauses(valley, [SMS], minutes=5)
    incident.act("close", reason="released")
    assert incident.told("stand_down") == [("coordinator", "sms")]

    incident.act("reopen", reason="he was taken again")
    valley.passes(minutes=6)

    assert [texts(valley, "coordinator", words) for words in (": closed", "open again")] == [0, 1]
    assert incident.told("correction") == []


def test_a_false_alarm_that_was_none_is_told_like_any_other(valley: World) -> None:
    """B3: the correction of a false alarm is its all-clear."""
    incident = valley.raises()
    incident.act("close", reason="false_alarm")

    incident.act("reopen", reason="it was true")

    assert incident.told("correction") == [("coordinator", "sms")] * 2
    assert texts(valley, "coordinator", "we correct") == texts(valley, "coordinator", "not over after all") == 1


def test_who_was_called_to_hear_that_it_was_over_is_called_again(valley: World) -> None:
    """B3: by the method that carried the stand-down."""
    incident = valley.raises()
    valley.passes(minutes=10)
    call = valley.phone(MAYOR).answers()
    call.press(spoken_code_in(call.words)).press("3")
    valley.settles()
    incident.act("close", reason="released")
    valley.phone(MAYOR).answers()
    valley.settles()

    incident.act("reopen", reason="he was taken again")

    assert ("mayor", "call") in incident.told("correction")
    assert "open again" in valley.phone(MAYOR).answers().words


def test_the_coordinators_are_alarmed_until_one_answers(valley: World) -> None:
    """B3: an alarm has a code, and is repeated."""
    incident = valley.raises()
    is_closed_for(valley, incident, minutes=60)
    once = texts(valley, "coordinator", "open again. ")
    valley.passes(minutes=11)
    twice = texts(valley, "coordinator", "open again. ")
    valley.texts("coordinator", code_in(latest(valley, "coordinator", "open again. ")))
    valley.passes(minutes=11)

    assert (once, twice, texts(valley, "coordinator", "open again. ")) == (1, 2, 2)


def test_an_open_incident_can_not_be_reopened(valley: World) -> None:
    """B5: 409 with the current state."""
    incident: Any = valley.raises()

    assert "open" in str(incident.act("reopen", reason="by mistake", expect=409))
