"""What a running escalation does when its plan changes: consent, exclusion, severity, people, perpetrator (A3, A8)."""

import pytest

from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import NeedsGo, Then
from alertnet.core.directory.when import When
from alertnet.core.escalation.state import Asked, Hold, PlanChanged, Refuse, Status, Withdrawn
from alertnet.core.incident import Affected, Perpetrator, Scope, Severity
from tests.core.cast import acknowledged, call, contact, embassy, level, minutes, sms
from tests.core.cast import night_of as night

GRAVE = When(severity=frozenset({Severity.CRITICAL}))
BRIGADE = contact("brigade", role=Role.AUTHORITY, belongs_to="army")


def test_who_is_excluded_is_rung_no_more() -> None:
    """A3: checked when resolving and again when sending; A8: exclusion applies at once."""
    ana = contact("ana", sms("+1"), call("+1", 3))
    played = night(level("One", "ana", "bob", repeat=(2, 3)), cast=(ana,))
    played.change(1, PlanChanged(), exclude=("ana",)).until(4)

    assert played.told == ["0 ana sms", "0 bob sms", "2 bob sms again", "4 bob sms again"]


@pytest.mark.parametrize("held", [(), (Hold(),)], ids=["nothing is held", "what comes next is held"])
def test_whom_news_brought_into_a_level_is_told_in_it_once_the_answer_that_met_it_counts_no_more(
    held: tuple[Hold, ...],
) -> None:
    """A2: while it is met nobody is told; not a later level, nor a round, has to come first."""
    both = level("One", "es", "de", then=Then.NEXT, when=When(nationality=True), wait=30)
    people = (Affected("P1", nationality="ES"), Affected("P2", nationality="DE"))
    cast = (embassy("es", "ES"), embassy("de", "DE"))
    played = night(both, level("Two", "bob"), cast=cast, known={"people": people[:1]})
    played.at(1, acknowledged("es"), *held).change(2, PlanChanged(), people=people).at(5, Withdrawn("es")).until(9)

    assert played.told == ["0 es sms", "5 es sms", "5 de sms"]


def test_whom_news_brought_in_is_told_though_last_resort_had_taken_charge_when_the_level_was_met_no_more() -> None:
    """A2: it is told as soon as alerts may leave again."""
    people = (Affected("P1", nationality="ES"), Affected("P2", nationality="DE"))
    cast, known = (embassy("es", "ES"), embassy("de", "DE")), {"people": people[:1]}
    played = night(level("One", "es", "de", when=When(nationality=True)), cast=cast, known=known, last_resort=("hq",))
    played.at(11, acknowledged("es")).change(12, PlanChanged(), people=people).at(13, acknowledged("hq"))
    played.at(14, Withdrawn("es")).at(15, Withdrawn("hq"))

    assert played.told == ["0 es sms", "10 hq sms", "15 es sms", "15 de sms", "15 hq sms"]


def test_a_level_left_with_nobody_gives_way() -> None:
    """B3: when no contact left can meet the rule, the level gives way at once."""
    played = night(level("One", "es"), level("Two", "bob"), cast=(embassy("es", "ES"),))
    played.change(4, PlanChanged(), consent=Scope.NATIONAL)

    assert played.told == ["0 es sms", "4 bob sms"]


def test_the_rule_is_over_those_who_may_still_be_told() -> None:
    """A8: narrower consent applies at once."""
    both = level("One", "es", "bob", acknowledge="all")
    played = night(both, cast=(embassy("es", "ES"),)).at(1, acknowledged("bob"))
    played.change(4, PlanChanged(), consent=Scope.NATIONAL)

    assert played.status is Status.ACKNOWLEDGED


def test_the_accused_does_not_acknowledge() -> None:
    """A3: an institution that turns out to be the perpetrator's stops no escalation."""
    played = night(level("One", "brigade"), level("Two", "bob"), cast=(BRIGADE,))
    played.change(1, PlanChanged(), perpetrator=Perpetrator.ARMY).at(2, acknowledged("brigade"))

    assert played.status is Status.RUNNING


def test_what_the_accused_had_acknowledged_before_counts_no_more() -> None:
    """A3, B3: it is as an answer that was taken back, and the others are told at once."""
    played = night(level("One", "brigade"), level("Two", "bob"), cast=(BRIGADE,)).at(1, acknowledged("brigade"))
    assert played.status is Status.ACKNOWLEDGED

    played.change(4, PlanChanged(), perpetrator=Perpetrator.ARMY)

    assert (played.status, played.told) == (Status.RUNNING, ["0 brigade sms", "4 bob sms"])


def test_what_was_acknowledged_before_consent_narrowed_stays_so() -> None:
    """B3: only an action, a go, or a revoked answer leads out of acknowledged."""
    played = night(level("One", "es"), cast=(embassy("es", "ES"),)).at(1, acknowledged("es"))

    assert played.change(4, PlanChanged(), consent=Scope.NATIONAL).status is Status.ACKNOWLEDGED


def test_a_level_that_a_higher_severity_adds_before_its_time_opens_at_its_time() -> None:
    """A8: higher severity applies at once on the pinned trees."""
    played = night(level("One", "bob"), level("Two", "eva", when=GRAVE))
    played.change(4, PlanChanged(), severity=Severity.CRITICAL).until(10)

    assert played.opened() == ["0 One", "10 Two"]


def test_a_level_that_was_passed_over_opens_at_once_when_it_may() -> None:
    """A8: at once; A7: at the event that opened it."""
    levels = (level("One", "bob"), level("Two", "eva", when=GRAVE), level("Three", "zoe", wait=60))
    played = night(*levels).change(14, PlanChanged(), severity=Severity.CRITICAL)

    assert played.opened() == ["0 One", "10 Three", "14 Two"]


def test_in_the_pause_too_it_opens_at_once() -> None:
    """A8, A2: it does not wait for the next round."""
    played = night(level("One", "bob"), level("Two", "eva", when=GRAVE), rounds=1)
    played.change(14, PlanChanged(), severity=Severity.CRITICAL)

    assert played.told == ["0 bob sms", "14 eva sms"]
    assert played.at(16, acknowledged("eva")).status is Status.ACKNOWLEDGED


def test_a_level_that_is_passed_over_still_asks_for_its_go() -> None:
    """B3: each under its own approval; a refusal leaves the tree at its end."""
    gated = level("Two", "eva", when=GRAVE, needs_go=NeedsGo())
    played = night(level("One", "bob"), gated).change(14, PlanChanged(), severity=Severity.CRITICAL)
    assert (played.asked, played.status) == (["14 Two never"], Status.WAITING_FOR_GO)

    played.at(16, Refuse(1))

    assert (played.status, played.due) == (Status.UNANSWERED, 25)


def test_a_level_that_is_passed_over_and_proceeds_by_itself_has_its_whole_time() -> None:
    """B3: unanswered → running (`proceed_after`); the pause begins anew after it."""
    gated = level("Two", "eva", when=GRAVE, needs_go=NeedsGo(proceed_after=minutes(8)))
    played = night(level("One", "bob"), gated).change(14, PlanChanged(), severity=Severity.CRITICAL).until(22)
    assert (played.status, played.told) == (Status.RUNNING, ["0 bob sms", "22 eva sms"])

    assert played.until(32).due == 47


def test_a_higher_severity_leaves_an_acknowledged_escalation_alone() -> None:
    """A4: acknowledged is left for the reasons of B3 alone."""
    played = night(level("One", "bob"), level("Two", "eva", when=GRAVE)).at(1, acknowledged("bob"))

    assert played.change(14, PlanChanged(), severity=Severity.CRITICAL).told == ["0 bob sms"]


def test_a_question_whose_reason_is_gone_needs_no_answer() -> None:
    """B3: the level waits because of an unknown perpetrator; now it is known to be another."""
    played = night(level("One", "brigade"), cast=(BRIGADE,), known={"perpetrator": Perpetrator.UNKNOWN}).until(30)
    assert played.told == []

    played.change(31, PlanChanged(), perpetrator=Perpetrator.POLICE)

    assert played.told == ["31 brigade sms"]
    assert played.status is Status.RUNNING


def test_a_question_about_a_level_that_is_empty_now_is_dropped() -> None:
    """A2: nothing waits for a go that would tell nobody."""
    levels = (level("One", "brigade", needs_go=NeedsGo()), level("Two", "bob"))
    played = night(*levels, cast=(BRIGADE,)).until(30)
    played.change(31, PlanChanged(), perpetrator=Perpetrator.ARMY)

    assert played.told == ["31 bob sms"]


def test_a_new_reason_to_wait_ends_the_automatic_time() -> None:
    """B3: one because of an unknown perpetrator has no automatic time."""
    gated = level("One", "brigade", needs_go=NeedsGo(proceed_after=minutes(20)))
    undisturbed, changed = (night(gated, cast=(BRIGADE,)).at(0.5, Asked(0)) for _ in range(2))
    changed.change(5, PlanChanged(), perpetrator=Perpetrator.UNKNOWN)

    assert undisturbed.until(20).told == ["20 brigade sms"]
    assert changed.until(600).told == []


def test_a_nationality_that_becomes_known_prunes_before_the_level_opens() -> None:
    """B1: an unknown nationality prunes nothing; a known one does, at once."""
    embassies = level("Two", "es", "de", when=When(nationality=True))
    cast = (embassy("es", "ES"), embassy("de", "DE"))
    played = night(level("One", "bob", then=Then.NEXT), embassies, cast=cast)
    played.change(12, PlanChanged(), people=(Affected("P7", nationality="ES"),))

    assert played.asked == ["10 Two 20"]
    assert played.told == ["0 bob sms", "12 es sms"]
