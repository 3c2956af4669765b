"""Nobody answers: the coordinators are alarmed, last resort is told, and it all begins again, for ever (A2)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from alertnet.store.tables import alarms as alarms_table
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import FRIDAY_NIGHT, Incident, World, code_in, link_in

COORDINATION_5M = "  - {name: Coordination, notify: [coordinator], wait: 5m}\n"
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 5m}\n"
TWO_ROUNDS = a_tree(COORDINATION_5M + FRIENDS, rest="rounds: 2")


def minutes_of(incident: Incident, contact: str) -> list[float]:
    """When the contact was told, in minutes after the opening."""
    return [minutes for _, _, minutes in planned(incident, contact)]


def alarms(world: World) -> int:
    """How many texts that nobody has taken charge are on the coordinator's phone."""
    return sum("nobody has taken charge" in text for text in world.phone("coordinator").inbox)


def unanswered(world: World) -> int:
    """How many alarms ring that nobody has taken charge."""
    rings = alarms_table.c.answer.is_(None) & alarms_table.c.due_at.is_not(None)
    query = select(alarms_table.c.id).where(alarms_table.c.subject == "unanswered", rings)
    return len(world.runtime.read(lambda tx: tx.session.scalars(query).all()))


def code_of_alarm(text: str) -> str:
    """The code of the alarm in an SMS that may name other matters as well."""
    found = re.search(r"(\d{4}) [A-Z]-\w{4}: nobody|charge reply (\d{4})", text)
    assert found, text
    return found[1] or found[2]


def acknowledges(world: World, who: str) -> None:
    """Somebody answers the latest alert on that phone."""
    alert = next(text for text in reversed(world.phone(who).inbox) if "URGENT" in text)
    world.texts(who, f"OK {code_in(alert)}")


def test_at_the_end_of_the_tree_coordinators_are_alarmed_and_last_resort_is_told(world_of: Worlds) -> None:
    """A2: at once."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()

    world.passes(minutes=9, seconds=59)
    assert incident.status("valley") == "running"
    assert (alarms(world), world.phone("head office").inbox) == (0, [])
    world.passes(seconds=1)

    assert incident.status("valley") == "unanswered"
    assert alarms(world) == 1
    assert len(world.phone("head office").inbox) == 1


def test_who_has_taken_charge_does_not_read_that_nobody_has(world_of: Worlds) -> None:
    """The coordinator acts since minute 1; what is missing is an answer of the friends, at the end of the tree."""
    world = world_of(TWO_ROUNDS)
    world.raises()
    world.passes(minutes=1)
    acknowledges(world, "coordinator")

    world.passes(minutes=10)

    assert alarms(world) == 0
    assert "ALARM" in world.phone("coordinator").inbox[-1]
    assert "too few have taken charge so far. To take charge reply" in world.phone("coordinator").inbox[-1]


def test_the_alarm_is_repeated_until_a_coordinator_answers_it(world_of: Worlds) -> None:
    """B3: every ten minutes; taking the alarm is not taking charge."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()
    world.passes(minutes=22)
    assert alarms(world) == 2

    alarm = next(text for text in reversed(world.phone("coordinator").inbox) if "nobody has taken charge" in text)
    world.texts("coordinator", code_in(alarm))
    world.passes(minutes=12)

    assert alarms(world) == 2
    assert incident.answers() == []


def test_whoever_takes_an_alarm_takes_those_of_other_trees_that_say_the_same(world_of: Worlds) -> None:
    """No SMS tells them apart: they are named once, and none asks again who has it; given back, all ring again.

    Where somebody has taken charge meanwhile, nothing is left to ring.
    """
    world = world_of(TWO_ROUNDS, TWO_ROUNDS.replace("valley", "hills"))
    world.raises()
    world.passes(minutes=20, seconds=1)
    texts = [text for text in world.phone("coordinator").inbox if "nobody has taken charge" in text]
    code = code_of_alarm(texts[-1])

    ringing = [unanswered(world)]
    for answer in (code, f"NO {code}"):
        world.texts("coordinator", answer)
        ringing.append(unanswered(world))

    world.texts("coordinator", code)
    acknowledges(world, "defenders")
    world.texts("coordinator", f"NO {code}")
    ringing.append(unanswered(world))

    assert [text.count("nobody has taken charge") for text in texts] == [1] * len(texts)
    assert ringing == [2, 0, 2, 0]


@pytest.mark.parametrize("door", ["sms", "page"])
def test_who_answers_an_earlier_alarm_answers_the_one_that_repeats_it(world_of: Worlds, door: str) -> None:
    """A12: it says the same. That the matter is closed, as was said there, was untrue."""
    world = world_of(TWO_ROUNDS)
    world.raises()
    world.passes(minutes=10)
    [earlier] = [text for text in world.phone("coordinator").inbox if "nobody has taken charge" in text]
    world.passes(minutes=26)
    rung = alarms(world)

    if door == "sms":
        said = world.texts("coordinator", code_in(earlier)) or ""
    else:
        said = world.client.post(link_in(earlier), data={"answer": "acknowledge"}).text

    assert rung > 1
    assert "recorded" in said.lower()
    assert "you take charge" in said
    assert "closed" not in said.partition("<form")[0]
    world.passes(minutes=15)
    assert alarms(world) == rung


def test_rounds_begin_again_after_15_30_60_minutes_and_in_the_end_only_coordination_goes_on(world_of: Worlds) -> None:
    """A2: two rounds of the whole tree, then its coordination for ever; last resort at each end."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()

    world.passes(hours=5)

    # A round of the whole tree lasts 10 minutes, one of coordination alone 5.
    assert minutes_of(incident, "coordinator") == [0, 25, 65, 130, 255]
    assert minutes_of(incident, "defenders") == [5, 30]
    assert minutes_of(incident, "desk") == [10, 35, 70, 135, 260]


def test_a_tree_without_coordination_goes_on_with_last_resort(world_of: Worlds) -> None:
    """A2: nothing ends in silence."""
    world = world_of(a_tree(FRIENDS, rest="rounds: 1"))
    incident = world.raises()

    world.passes(hours=2)

    assert minutes_of(incident, "defenders") == [0]
    assert minutes_of(incident, "desk") == [5, 20, 50, 110]
    assert incident["escalations"][0]["due_at"] is not None


def test_an_answer_of_last_resort_acknowledges(world_of: Worlds) -> None:
    """A2: and the alarm falls silent."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()
    world.passes(minutes=10)

    acknowledges(world, "head office")

    assert incident.status("valley") == "acknowledged"
    world.passes(hours=1)
    assert alarms(world) == 1
    assert minutes_of(incident, "coordinator") == [0]


def test_last_resort_that_answered_before_answers_again_with_the_same_code(world_of: Worlds) -> None:
    """A2: what a desk said in an early level does not settle the end of the tree; what it says now does."""
    world = world_of(a_tree("  - {name: Desk, notify: [desk], wait: 5m, then: next}\n" + FRIENDS))
    incident = world.raises()
    acknowledges(world, "head office")
    world.passes(minutes=10)
    assert incident.status("valley") == "unanswered"

    acknowledges(world, "head office")

    assert incident.status("valley") == "acknowledged"
    assert incident.answers() == [("desk", "acknowledged", "sms")]


def test_last_resort_that_is_asked_again_does_not_read_that_it_has_taken_charge(world_of: Worlds) -> None:
    """A2: an OK without its code acts on nothing, and whoever wrote it would sleep on while nobody acts."""
    world = world_of(a_tree("  - {name: Desk, notify: [desk], wait: 5m, then: next}\n" + FRIENDS))
    incident = world.raises()
    acknowledges(world, "head office")
    told = world.reply_to("head office", "OK")
    world.passes(minutes=10)

    asked = world.reply_to("head office", "OK")

    assert incident.status("valley") == "unanswered"
    assert "you take charge" in told
    assert "you take charge" not in asked
    assert code_in(asked) == code_in(world.phone("head office").inbox[0])


def test_a_late_answer_counts_for_the_level_that_notified_it(world_of: Worlds) -> None:
    """B3: also while the rounds go on."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()
    world.passes(minutes=20)

    acknowledges(world, "defenders")

    assert incident.status("valley") == "acknowledged"


def test_a_country_without_a_tree_reaches_the_last_resort_of_every_tree_and_says_so(world_of: Worlds) -> None:
    """A2: an incident never resolves to nobody."""
    abroad = a_tree(
        COORDINATION,
        """
  coordinator: {role: coordinator, organisation: Abroad, methods: [{sms: "+32470550102"}]}
  desk: {role: ngo, organisation: Advocacy, methods: [{sms: "+32470550109"}]}
""",
        tree="abroad",
        countries="GT",
    )
    world = world_of(TWO_ROUNDS, abroad)

    incident = world.raises(country="HN")

    assert [each["tree"] for each in incident["escalations"]] == ["abroad", "valley"]
    assert "last resort" in incident["warnings"][0]
    assert len(world.phone("head office").inbox) == len(world.phone("+32470550109").inbox) == 1
    assert world.phone("coordinator").inbox != []  # the alarm that nobody has answered
    acknowledges(world, "head office")
    assert incident.status("valley") == "acknowledged"


def test_a_tree_starts_after_its_own_delay(world_of: Worlds) -> None:
    """B1: `start.after`, counted from the opening."""
    world = world_of(TWO_ROUNDS, later("start: {after: 12m}"))
    incident = world.raises()

    world.passes(minutes=11)
    assert incident.status("later") == "scheduled"
    world.passes(minutes=1)

    assert incident.status("later") == "running"
    assert minutes_of(incident, "spain") == [12]


def test_a_tree_that_is_not_needed_stays_scheduled_until_it_is(world_of: Worlds) -> None:
    """B1: `unless: acknowledged`; it looks again when one of the others is no longer acknowledged."""
    world = world_of(
        a_tree("  - {name: Friends, notify: [defenders], wait: 20m}\n"),
        later("start: {after: 12m, unless: acknowledged}"),
    )
    incident = world.raises()
    acknowledges(world, "defenders")

    world.passes(minutes=30)
    assert incident.status("later") == "scheduled"
    assert world.phone("spain").inbox == []

    id = incident["acknowledgements"][0]["id"]
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{id}", headers=world.headers)
    world.settles()

    assert incident.status("later") == "running"
    assert len(world.phone("spain").inbox) == 1


def test_a_tree_that_is_needed_after_all_starts_at_once_though_the_answer_counted_in_it_as_well(
    world_of: Worlds,
) -> None:
    """A2: what is taken back reaches it before the tree that it waits for."""
    world = world_of(
        a_tree("  - {name: Friends, notify: [defenders], wait: 20m}\n"),
        a_tree(
            "  - {name: Desk, notify: [desk, defenders], wait: 20m}\n",
            tree="abroad",
            rest="start: {after: 12m, unless: acknowledged}",
        ),
    )
    incident = world.raises()
    acknowledges(world, "defenders")
    world.passes(minutes=30)
    assert (incident.status("abroad"), world.phone("head office").inbox) == ("scheduled", [])

    id = incident["acknowledgements"][0]["id"]
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{id}", headers=world.headers)
    world.settles()

    assert incident.status("abroad") == "running"
    assert len(world.phone("head office").inbox) == 1


def test_a_tree_that_waits_for_others_starts_when_they_have_not_answered(world_of: Worlds) -> None:
    """B1."""
    world = world_of(TWO_ROUNDS, later("start: {after: 12m, unless: acknowledged}"))
    incident = world.raises()

    world.passes(minutes=12)

    assert incident.status("later") == "running"


def test_a_tree_that_waits_for_others_starts_at_once_when_it_is_alone(world_of: Worlds) -> None:
    """B1."""
    world = world_of(later("start: {after: 12m, unless: acknowledged}"))

    world.raises()

    assert len(world.phone("spain").inbox) == 1


def test_then_next_goes_on_to_the_next_level_at_its_own_time(world_of: Worlds) -> None:
    """B3: a satisfied level of coordinators acknowledges nothing; the next opens when it is due."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()

    acknowledges(world, "coordinator")
    assert incident.status("valley") == "running"
    world.passes(minutes=5)

    assert minutes_of(incident, "defenders") == [5]
    acknowledges(world, "defenders")
    assert incident.status("valley") == "acknowledged"


def test_a_due_time_is_kept_for_every_escalation_that_runs(world_of: Worlds) -> None:
    """A2: while it rests between rounds too."""
    world = world_of(TWO_ROUNDS)
    incident = world.raises()

    world.passes(minutes=12)

    due = incident["escalations"][0]["due_at"]
    assert due == (FRIDAY_NIGHT + timedelta(minutes=25)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later(start: str) -> str:
    """A second tree, which tells the embassy of Spain when it starts."""
    return a_tree(
        "  - {name: Embassies, notify: [spain], wait: 20m}\n",
        """
  coordinator: {role: coordinator, organisation: Abroad, methods: [{sms: "+32470550102"}]}
  spain: {role: embassy, organisation: Spain, scope: national, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Advocacy, methods: [{sms: "+32470550109"}]}
""",
        tree="later",
        rest=start,
    )
