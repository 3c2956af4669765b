"""Whom a call sheet names, in which order and when: what the escalation would do, for people to do by hand (B7)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import ContactTree, NeedsGo, Start, Then
from alertnet.core.directory.when import When
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.escalation.state import Asked, State, Status
from alertnet.core.forecast.call_sheet import (
    CallSheet,
    Progress,
    SheetAnswer,
    SheetTree,
    of_case,
    of_everything,
    of_plans,
)
from alertnet.core.incident import Affected, Perpetrator, Scope, Severity
from alertnet.core.resolution.resolve import resolve
from tests.core.cast import NOW, Night, contact, coordinator, email, embassy, facts, level, minutes, plan_of, sms, tree

ANSWERED = SheetAnswer(AnswerKind.ACKNOWLEDGED, Via.SMS, NOW)


def only(sheet: CallSheet) -> SheetTree:
    """The part of the one tree."""
    (part,) = sheet.trees
    return part


def named(part: SheetTree) -> list[list[str]]:
    """The contacts of each level, in order."""
    return [[entry.contact.id for entry in step.entries] for step in part.steps]


def beginnings(part: SheetTree) -> list[str]:
    """When each level begins, as an escalation's own record has it."""
    moments = [(step.starts_after, step.level.name) for step in part.steps]
    return [
        f"{moment / timedelta(minutes=1):g} {name}" if moment is not None else f"? {name}" for moment, name in moments
    ]


def with_go(proceed_after: float | None) -> NeedsGo:
    return NeedsGo(proceed_after=None if proceed_after is None else minutes(proceed_after))


@pytest.mark.parametrize("severity", Severity)
def test_levels_begin_when_the_escalation_would_open_them_if_nobody_answers(severity: Severity) -> None:
    valley = tree(
        [
            level("Coordination", "ana", wait=10),
            level("Ombuds", "ombuds", wait=15, then=Then.NEXT),
            level("Embassies", "embassy", wait=30, needs_go=with_go(20)),
            level("Capitals", "ministry", wait=60),
        ],
        [coordinator("ana"), embassy("embassy", "ES")],
        start=Start(after=minutes(5)),
    )
    night = Night(plan_of(valley, severity=severity)).at(31, Asked(2)).until(100)

    assert beginnings(only(of_case(facts(severity=severity), [valley]))) == night.opened()


def test_what_needs_a_go_without_an_automatic_time_has_no_time_nor_has_what_follows() -> None:
    valley = tree([level("One", "a"), level("Two", "b", needs_go=with_go(None)), level("Three", "c")])

    assert beginnings(only(of_case(facts(), [valley]))) == ["0 One", "? Two", "? Three"]


def test_a_go_that_was_given_and_a_level_that_was_refused_are_seen() -> None:
    valley = tree([level("One", "a", needs_go=with_go(None)), level("Two", "b")])
    state = State(Status.RUNNING, start_at=NOW, goes=(0,), refused=(1,))
    part = only(of_plans(facts(), resolve(facts(), [valley]), Progress({"valley": state})))

    assert beginnings(part) == ["0 One"]
    assert [(spared.contact, spared.reason) for spared in part.spared] == [("b", "refused")]


def test_until_a_report_is_verified_only_coordinators_are_called_without_a_go() -> None:
    """B3: only coordination levels run."""
    valley = tree([level("Coordination", "ana"), level("Ombuds", "ombuds")], [coordinator("ana")])
    part = only(of_case(facts(verified=False), [valley]))

    assert [step.unverified for step in part.steps] == [False, True]
    assert beginnings(part) == ["0 Coordination", "? Ombuds"]


def test_a_deputy_follows_the_contact_it_stands_in_for() -> None:
    valley = tree(
        [level("One", "a", "d")], [contact("a", deputy="b"), contact("b", deputy="c"), contact("c"), contact("d")]
    )
    entries = only(of_case(facts(), [valley])).steps[0].entries

    assert [(entry.contact.id, entry.deputy_of) for entry in entries] == [
        ("a", None),
        ("b", "a"),
        ("c", "b"),
        ("d", None),
    ]


def test_a_deputy_whom_the_level_is_not_for_does_not_stand_in() -> None:
    """B1: `when` prunes deputies too."""
    embassies = [embassy("es", "ES", deputy="de"), embassy("de", "DE")]
    valley = tree([level("Abroad", "es", when=When(nationality=True))], embassies)
    part = only(of_case(facts(people=(Affected("P7", nationality="ES"),)), [valley]))

    assert named(part) == [["es"]]
    assert [(each.contact, each.reason.value) for each in part.spared] == [("de", "nationality")]


def test_whoever_may_not_be_told_is_not_called_and_is_named_with_the_reason() -> None:
    """A3: what was pruned, and why, is shown."""
    army = contact("brigade", role=Role.AUTHORITY, belongs_to="army")
    valley = tree(
        [level("One", "a", "brigade"), level("Abroad", "es", "de")],
        [contact("a", deputy="brigade"), army, embassy("es", "ES"), embassy("de", "DE")],
    )
    case = facts(perpetrator=Perpetrator.ARMY, consent=Scope.NATIONAL)
    part = only(of_case(case, [valley]))

    assert named(part) == [["a"]]
    assert {(each.contact, each.reason.value) for each in part.spared} == {
        ("brigade", "perpetrator"),
        ("es", "consent"),
        ("de", "consent"),
    }


def test_one_call_serves_two_contacts_with_the_same_number() -> None:
    """B1: the same contact in several trees gets its first alert once."""
    here = tree([level("One", "desk")], [contact("desk", sms("+1"))], id="here")
    there = tree([level("One", "office")], [contact("office", sms("+1"), sms("+2"))], id="there")
    first, second = of_case(facts(), [here, there]).trees

    assert first.steps[0].entries[0].same_as is None
    assert second.steps[0].entries[0].same_as == ("here", "desk")


def test_nobody_is_written_down_twice() -> None:
    """Who is in two levels, or the last resort of two trees, stands once with everything, and then with where."""
    valley = tree(
        [level("Coordination", "ana"), level("Again", "ana", "desk")], [coordinator("ana")], last_resort=["desk"]
    )

    part = only(of_everything([valley]))

    first, second = part.steps
    assert [entry.is_listed for entry in first.entries] == [False]
    assert [entry.is_listed for entry in second.entries] == [True, False]
    assert [entry.is_listed for entry in part.last_resort] == [True]


def test_an_answer_counts_for_the_same_recipient_in_every_tree() -> None:
    here = tree([level("One", "desk", "other")], [contact("desk", sms("+1"))], id="here")
    there = tree([level("One", "office")], [contact("office", sms("+1"))], id="there")
    progress = Progress(answers={("here", "desk"): ANSWERED})
    sheet = of_plans(facts(), resolve(facts(), [here, there]), progress)
    answers = [(entry.contact.id, entry.answered) for part in sheet.trees for entry in part.steps[0].entries]

    assert answers == [("desk", ANSWERED), ("other", None), ("office", ANSWERED)]


def test_one_call_does_not_serve_whoever_shares_no_more_than_a_relay_or_a_mailbox() -> None:
    """B3: by hand too the second is called, whatever the first has said."""
    relay, mailbox = sms("+9", relays=True), email("office@es.example")
    told = [
        contact("es", sms("+1"), when_closed=(relay,)),
        contact("de", sms("+2"), when_closed=(relay,)),
        contact("officer", sms("+3"), mailbox),
        contact("deputy", sms("+4"), mailbox),
    ]
    valley = tree([level("One", *(each.id for each in told))], told)
    progress = Progress(answers={("valley", "es"): ANSWERED, ("valley", "officer"): ANSWERED})

    entries = only(of_plans(facts(), resolve(facts(), [valley]), progress)).steps[0].entries

    assert [(entry.answered, entry.same_as) for entry in entries] == [(ANSWERED, None), (None, None)] * 2


def test_where_nobody_may_be_told_the_last_resort_of_every_tree_is_called() -> None:
    """A2: an incident never resolves to nobody."""
    here = tree([level("Abroad", "es")], [embassy("es", "ES")], id="here")
    elsewhere = tree([level("One", "x")], id="elsewhere", countries=frozenset({"GT"}), last_resort=("desk",))
    local, other = of_case(facts(consent=Scope.INTERNAL), [here, elsewhere]).trees

    assert (named(local), local.last_resort) == ([], ())
    assert [each.contact for each in local.spared] == ["es"]
    assert [entry.contact.id for entry in other.last_resort] == ["desk"]


def test_trees_that_do_not_serve_the_country_are_left_out() -> None:
    here, elsewhere = tree([level("One", "a")]), tree([level("One", "b")], id="gt", countries=frozenset({"GT"}))

    assert [part.tree.id for part in of_case(facts(), [here, elsewhere]).trees] == ["valley"]


def test_without_a_case_every_tree_is_whole() -> None:
    def everywhere(id: str) -> ContactTree:
        contacts = [contact(f"{id}-army", belongs_to="army"), embassy(f"{id}-es", "ES")]
        levels = [level("One", f"{id}-army"), level("Two", f"{id}-es", needs_go=with_go(None))]
        return replace(tree(levels, contacts, id=id), countries=frozenset({"GT"}))

    sheet = of_everything([everywhere("a"), everywhere("b")])

    assert [named(part) for part in sheet.trees] == [[["a-army"], ["a-es"]], [["b-army"], ["b-es"]]]
    assert sheet.facts is None
    assert not any(part.spared for part in sheet.trees)
