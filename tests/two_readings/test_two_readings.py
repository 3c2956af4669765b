"""Who is told what and when, and why others are not: the program and a second reading of the design (A3, B1, B3)."""

from datetime import timedelta

import pytest

from alertnet.core.forecast.script import Calls, Deed, Does, Script
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.forecast.simulation import Rehearsal, Told
from tests.two_readings.cases import OPENED_AT, Case, a_case
from tests.two_readings.escalation import Happened
from tests.two_readings.night import Message, Night, Place
from tests.two_readings.who import LeftOut, Who

UNTIL = OPENED_AT + timedelta(hours=3)
IN_A_BLOCK = 125
BLOCKS = [
    range(20),
    pytest.param(range(20, 75), marks=pytest.mark.long),
    *(pytest.param(range(start, start + IN_A_BLOCK), marks=pytest.mark.long) for start in range(75, 2075, IN_A_BLOCK)),
]
"""Both modes of 2,000 cases are compared by `make long`, of the first at each change."""
HEARD = {"deputy_told": "contact", "escalation_unanswered": ""}
"""What is compared of the history beside what names its level, and what it is about."""
OF_LEVELS = ("level_opened", "level_gave_way", "rule_met", "go_asked", "escalation_acknowledged")


def foretold(case: Case) -> Rehearsal:
    world = case.world
    deeds = [
        Deed(each.after, Does.ANSWERS if each.acknowledges else Does.DECLINES, each.tree, each.contact)
        for each in world.says
    ]
    deeds += [Deed(each.after, Does.GO, each.tree, each.level) for each in world.opens]
    script = Script(tuple(deeds), world.fails, Calls.RING_OUT, world.gives_go)
    return rehearse(case.facts, case.trees, OPENED_AT, UNTIL, script)


def place_of(told: Told) -> Place:
    return told.method.kind, told.method.address


def messages_of(rehearsal: Rehearsal) -> set[Message]:
    own = [
        Message(each.at, each.tree, each.level, each.contact.id, each.kind.value, place_of(each))
        for each in rehearsal.told
        if each.kind in ("alert", "reminder")
    ]
    shared = [
        Message(each.at, each.tree, each.level, each.contact, "shared", place_of(each.told))
        for each in rehearsal.shared
    ]
    return {*own, *shared}


def history_of(rehearsal: Rehearsal) -> list[Happened]:
    lines = [
        Happened(each.at, each.tree, each.kind, str(each.payload.get(HEARD.get(each.kind, "level"), "")))
        for each in rehearsal.noted
        if each.kind in (*OF_LEVELS, *HEARD)
    ]
    return sorted(lines)


def left_out_of(rehearsal: Rehearsal) -> set[LeftOut]:
    return {(each.tree, each.level, each.contact, each.reason.value) for each in rehearsal.pruned}


@pytest.mark.parametrize("gives_go", [True, False], ids=["a go is given at once", "nobody decides"])
@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_the_program_and_a_second_reading_of_the_design_agree(seeds: range, gives_go: bool) -> None:
    """A3, B1, B3: whatever the trees, the incident, the answers and the failures are."""
    told = 0
    for seed in seeds:
        case = a_case(seed, gives_go=gives_go)
        who = Who(case.facts, case.trees)
        night = Night(who, OPENED_AT, case.world).play(UNTIL)
        rehearsal = foretold(case)

        assert (seed, left_out_of(rehearsal)) == (seed, {each for tree in case.trees for each in who.left_out(tree)})
        assert (seed, history_of(rehearsal)) == (seed, night.history)
        assert (seed, messages_of(rehearsal)) == (seed, set(night.messages))
        told += len(night.messages)
    assert told > 10 * len(seeds)
