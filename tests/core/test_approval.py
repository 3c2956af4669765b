"""Which levels wait for a coordinator's go, and for how long at most (B1, B3 Go)."""

from datetime import timedelta
from typing import Any

import pytest

from alertnet.core.directory.contact import Contact, Role
from alertnet.core.directory.contact_tree import NeedsGo
from alertnet.core.directory.when import When
from alertnet.core.incident import Affected, Perpetrator, Scope, Severity
from alertnet.core.resolution.resolve import Approval, Waiting
from tests.core.cast import contact, coordinator, embassy, level, minutes, plan_of, tree

CRITICAL = frozenset({Severity.CRITICAL})
SPANISH = (Affected("P1", nationality="ES"),)


def approval(
    who: Contact, known: dict[str, Any], *others: Contact, ask: bool = True, **of_level: Any
) -> Approval | None:
    """The approval of a level that tells one contact, waiting 30 minutes."""
    the_level = level("One", who.id, wait=30, **of_level)
    return plan_of(tree([the_level], [who, *others], ask_if_unknown_perpetrator=ask), **known).levels[0].approval


@pytest.mark.parametrize(
    ("needs_go", "severity", "expected"),
    [
        (None, Severity.SERIOUS, None),
        (NeedsGo(), Severity.CRITICAL, Approval((Waiting.CONFIGURED,), None)),
        (NeedsGo(CRITICAL), Severity.CRITICAL, None),
        (NeedsGo(CRITICAL), Severity.SERIOUS, Approval((Waiting.CONFIGURED,), None)),
        (NeedsGo(CRITICAL, minutes(20)), Severity.SERIOUS, Approval((Waiting.CONFIGURED,), minutes(20))),
    ],
    ids=["no approval", "always", "excepted", "not excepted", "with an automatic time"],
)
def test_a_level_waits_unless_its_severity_is_excepted(
    needs_go: NeedsGo | None, severity: Severity, expected: Approval | None
) -> None:
    """B1: `needs_go: {unless_severity, proceed_after}`."""
    assert approval(contact("ngo"), {"severity": severity}, needs_go=needs_go) == expected


UNKNOWN_NATION = (Waiting.NATIONALITY_UNKNOWN,)


@pytest.mark.parametrize(
    ("who", "people", "severity", "needs_go", "expected"),
    [
        (embassy("es", "ES"), (), Severity.SERIOUS, None, Approval(UNKNOWN_NATION, minutes(30))),
        (
            embassy("es", "ES"),
            (*SPANISH, Affected("P2")),
            Severity.SERIOUS,
            None,
            Approval(UNKNOWN_NATION, minutes(30)),
        ),
        (embassy("es", "ES"), SPANISH, Severity.SERIOUS, None, None),
        (embassy("es", "ES"), (), Severity.CRITICAL, None, None),
        (embassy("eu", "EU", priority=True), (), Severity.SERIOUS, None, None),
        (contact("un", role=Role.UN), (), Severity.SERIOUS, None, None),
        (
            embassy("es", "ES"),
            (),
            Severity.SERIOUS,
            NeedsGo(frozenset({Severity.SERIOUS}), minutes(5)),
            Approval(UNKNOWN_NATION, minutes(5)),
        ),
        (
            embassy("es", "ES"),
            (),
            Severity.SERIOUS,
            NeedsGo(frozenset({Severity.SERIOUS}), timedelta()),
            Approval(UNKNOWN_NATION, timedelta()),
        ),
    ],
    ids=[
        "nobody named: the wait",
        "partly known: the wait",
        "known",
        "never a critical one",
        "priority",
        "represents nobody",
        "proceed_after instead of the wait",
        "proceed_after of nothing",
    ],
)
def test_an_unknown_nationality_waits_for_proceed_after_else_the_wait(
    who: Contact, people: tuple[Affected, ...], severity: Severity, needs_go: NeedsGo | None, expected: Approval | None
) -> None:
    """B1: an unknown nationality prunes nothing, but the level waits for a go (never a critical one)."""
    known = {"people": people, "severity": severity}

    assert approval(who, known, when=When(nationality=True), needs_go=needs_go) == expected


@pytest.mark.parametrize(
    ("role", "perpetrator", "ask", "waits"),
    [
        (Role.AUTHORITY, Perpetrator.UNKNOWN, True, True),
        (Role.MINISTRY, Perpetrator.UNKNOWN, True, True),
        (Role.OMBUDS, Perpetrator.UNKNOWN, True, False),
        (Role.AUTHORITY, Perpetrator.ARMY, True, False),
        (Role.AUTHORITY, Perpetrator.NONE, True, False),
        (Role.AUTHORITY, Perpetrator.UNKNOWN, False, False),
    ],
    ids=["authority", "ministry", "ombuds", "known", "none", "proceed"],
)
@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.SERIOUS], ids=str)
def test_the_state_waits_for_a_go_while_the_perpetrator_is_unknown(
    role: Role, perpetrator: Perpetrator, ask: bool, waits: bool, severity: Severity
) -> None:
    """B3: a wait because of an unknown perpetrator (critical too) has no automatic time."""
    known = {"perpetrator": perpetrator, "severity": severity}
    expected = Approval((Waiting.PERPETRATOR_UNKNOWN,), None) if waits else None

    assert approval(contact("office", role=role), known, ask=ask) == expected


def test_one_authority_makes_its_level_wait() -> None:
    """B3: one authority or ministry makes its level wait."""
    cast = [contact("ngo"), contact("mayor", role=Role.AUTHORITY)]
    plan = plan_of(tree([level("One", "ngo", "mayor"), level("Two", "ngo")], cast), perpetrator=Perpetrator.UNKNOWN)

    assert [planned.approval is not None for planned in plan.levels] == [True, False]


def test_a_level_waits_for_the_sake_of_its_deputies_too() -> None:
    """B3: a deputy is told without another question."""
    ngo = contact("ngo", deputy="mayor")

    assert approval(ngo, {"perpetrator": Perpetrator.UNKNOWN}, contact("mayor", role=Role.AUTHORITY)) is not None


def test_a_level_does_not_wait_for_whom_it_would_not_tell() -> None:
    """B3: the approval is about those who are left after pruning."""
    cast = [contact("ngo"), contact("mayor", role=Role.AUTHORITY)]
    both = tree([level("One", "ngo", "mayor")], cast)
    gates = [plan_of(both, perpetrator=Perpetrator.UNKNOWN, exclude=who).levels[0].approval for who in ((), ("mayor",))]

    assert gates == [Approval((Waiting.PERPETRATOR_UNKNOWN,), None), None]


def test_public_always_needs_a_go_and_never_proceeds_by_itself() -> None:
    """B3: `public` = a level that would tell a contact of public scope."""
    press = contact("press", role=Role.MEDIA, scope=Scope.PUBLIC)
    known = {"consent": Scope.PUBLIC, "severity": Severity.CRITICAL}

    assert approval(press, known) == Approval((Waiting.PUBLIC,), None)
    assert approval(coordinator("ana", scope=Scope.PUBLIC), known) is None


@pytest.mark.parametrize(
    ("needs_go", "known", "expected"),
    [
        (
            NeedsGo(proceed_after=minutes(5)),
            {"people": ()},
            Approval((Waiting.CONFIGURED, Waiting.NATIONALITY_UNKNOWN), minutes(5)),
        ),
        (NeedsGo(), {"people": ()}, Approval((Waiting.CONFIGURED, Waiting.NATIONALITY_UNKNOWN), None)),
        (
            NeedsGo(proceed_after=minutes(5)),
            {"people": SPANISH, "perpetrator": Perpetrator.UNKNOWN},
            Approval((Waiting.CONFIGURED, Waiting.PERPETRATOR_UNKNOWN), None),
        ),
    ],
    ids=["the same time for both", "one for ever", "the perpetrator for ever"],
)
def test_of_several_reasons_the_longest_wait_holds(
    needs_go: NeedsGo, known: dict[str, Any], expected: Approval
) -> None:
    """B3: a level opens by itself only when no reason keeps it."""
    minister = embassy("es", "ES", deputy="minister")
    state = contact("minister", role=Role.MINISTRY)

    assert approval(minister, known, state, when=When(nationality=True), needs_go=needs_go) == expected
