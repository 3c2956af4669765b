"""What a merge adds to the facts and the escalation of a report, and what a split takes away again (A3, B3)."""

from dataclasses import replace
from typing import Any

import pytest

from alertnet.core.escalation.state import Event, Go, Hold, Refuse, Status, Undecided, Unopened
from alertnet.core.incident import Affected, Perpetrator, Scope, Severity
from alertnet.core.replan.merging import as_one, informed, taken_over, undecided, unopened
from tests.core.cast import NOW, Night, acknowledged, facts, level, night_of

FRIENDS, POLICE = 1, 2


def night(**known: Any) -> Night:
    """Three levels, ten minutes apart, of which the first is open."""
    levels = level("Coordination", "ana"), level("Friends", "ben"), level("Police", "carl")
    return night_of(*levels, known=known)


def brought_along(part: Night, whole: Night) -> list[Event]:
    return taken_over(part.state, part.plan.tree.levels, whole.state, whole.plan)


def test_what_is_open_in_the_part_opens_in_the_whole() -> None:
    assert brought_along(night().until(15), night()) == [Go(FRIENDS)]


def test_what_is_held_or_refused_in_the_part_is_in_the_whole() -> None:
    assert brought_along(night().at(1, Refuse(POLICE), Hold(FRIENDS)), night()) == [Hold(FRIENDS), Refuse(POLICE)]


def test_a_hold_of_all_that_comes_next_comes_last_and_only_once() -> None:
    part = night().at(11, Hold())

    assert brought_along(part, night()) == [Go(FRIENDS), Hold()]
    assert brought_along(part, night().at(1, Hold())) == [Go(FRIENDS)]


def test_once_somebody_has_taken_charge_nothing_is_brought_along() -> None:
    part, whole = night().until(15), night().at(1, acknowledged("ana"))

    assert whole.status is Status.ACKNOWLEDGED
    assert brought_along(part, whole) == []
    assert brought_along(part, night()) == [Go(FRIENDS)]


def test_a_split_closes_what_needed_somebodys_go_and_had_only_the_parts() -> None:
    whole = night(verified=False).at(1, Go(FRIENDS))

    assert unopened(whole.state, whole.plan, set()) == [Unopened(FRIENDS)]
    assert unopened(whole.state, whole.plan, {"Friends"}) == []


def test_a_split_undoes_holds_and_refusals_that_only_the_part_brought_along() -> None:
    part = night().at(1, Hold(FRIENDS), Refuse(POLICE), Hold())
    whole = night().at(1, Hold(FRIENDS), Refuse(POLICE), Hold())
    merged_at = whole.state.on_hold_since
    levels = part.plan.tree.levels

    assert merged_at is not None
    assert undecided(part.state, levels, whole.state, whole.plan, {"Friends"}, [merged_at]) == [
        Undecided(POLICE),
        Undecided(),
    ]
    assert undecided(part.state, levels, whole.state, whole.plan, {"Friends", "Police"}, [NOW]) == []


OWN = facts(type="threat", severity=Severity.MODERATE, consent=Scope.PUBLIC, people=(Affected("P1"),))
JOINED = as_one(facts(perpetrator=Perpetrator.UNKNOWN), [OWN])


@pytest.mark.parametrize(
    ("since", "becomes"),
    [
        ({"consent": Scope.NATIONAL}, {"consent": Scope.NATIONAL}),
        (
            {"people": (Affected("P1", consent=Scope.NATIONAL),)},
            {"people": (Affected("P1", consent=Scope.NATIONAL),), "consent": Scope.NATIONAL},
        ),
        ({"people": (*JOINED.people, Affected("P2", consent=Scope.INTERNAL))}, {"consent": Scope.INTERNAL}),
        (
            {"people": (*JOINED.people, Affected("P2", contact="a"))},
            {"people": (*OWN.people, Affected("P2", contact="a"))},
        ),
        ({"exclude": ("spain",)}, {"exclude": ("spain",)}),
        ({"perpetrator": Perpetrator.POLICE}, {"also_accused": (Perpetrator.POLICE,)}),
        ({"severity": Severity.CRITICAL}, {"severity": Severity.CRITICAL}),
        ({"withdrawn": True}, {"withdrawn": True, "field_silent": True}),
        ({"field_silent": True}, {"field_silent": True}),
        (
            {"duress": True, "severity": Severity.CRITICAL},
            {"duress": True, "field_silent": True, "severity": Severity.CRITICAL},
        ),
        ({"consent": Scope.PUBLIC, "severity": Severity.WATCH, "summary": "new", "verified": False}, {}),
    ],
)
def test_a_report_keeps_what_was_learnt_while_merged_if_that_is_graver_or_narrower(
    since: dict[str, Any], becomes: dict[str, Any]
) -> None:
    """A3: whatever narrows or spares is never forgotten, and nothing that would widen is taken over."""
    assert informed(OWN, JOINED, JOINED) == OWN
    assert informed(OWN, JOINED, replace(JOINED, **since)) == replace(OWN, **becomes)


def test_a_whole_stays_behind_others_only_if_all_its_reports_do() -> None:
    """B9: what a team reports is held up by no key that raises without end, also once the two are one."""
    assert [as_one(facts(behind=True), [facts(behind=each)]).behind for each in (True, False)] == [True, False]
