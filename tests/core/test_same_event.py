"""Which reports of two teams are suggested to be one event, and which are not (A12)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alertnet.core.inbound.same_event import may_be_same
from alertnet.core.incident import Affected, Facts, Perpetrator, Scope, Severity
from alertnet.core.replan.merging import as_one, informed

NORTH = Facts("arrest", Severity.CRITICAL, "CO", place="L12", raised_from="+573005550001")
SOUTH = replace(NORTH, type="crowd_repression", place="L13", raised_from="+573005550002")
APART = timedelta(minutes=12)


@pytest.mark.parametrize(
    "other",
    [
        SOUTH,
        replace(SOUTH, place=None),
        replace(SOUTH, type="other"),
        replace(SOUTH, place="L19"),
        replace(SOUTH, type="arrest", place="L12"),
    ],
)
def test_two_sides_of_one_event_are_suggested(other: Facts) -> None:
    assert may_be_same(NORTH, other, APART)
    assert may_be_same(other, NORTH, -APART)


@pytest.mark.parametrize(
    "other",
    [
        replace(SOUTH, country="GT"),
        replace(SOUTH, place="L40"),
        replace(SOUTH, type="defamation"),
        replace(SOUTH, drill=True),
        replace(SOUTH, raised_from=NORTH.raised_from),
    ],
)
def test_what_differs_is_another_event(other: Facts) -> None:
    assert may_be_same(NORTH, SOUTH, APART)
    assert not may_be_same(NORTH, other, APART)


def test_half_an_hour_later_it_is_another_event() -> None:
    assert may_be_same(NORTH, SOUTH, timedelta(minutes=30))
    assert not may_be_same(NORTH, SOUTH, timedelta(minutes=31))


OWN = replace(SOUTH, type="threat", severity=Severity.MODERATE, consent=Scope.PUBLIC, people=(Affected("P1"),))
JOINED = as_one(replace(NORTH, severity=Severity.SERIOUS, consent=Scope.INTERNATIONAL), [OWN])


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
