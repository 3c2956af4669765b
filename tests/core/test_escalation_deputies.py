"""When a deputy is told, and whom it answers for (B3 Hand-over, Rule)."""

from dataclasses import replace
from typing import Any

import pytest

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import Then
from alertnet.core.directory.when import When
from alertnet.core.escalation.state import Failed, PlanChanged, Status, Unopened
from alertnet.core.incident import Affected
from tests.core.cast import (
    Night,
    acknowledged,
    call,
    contact,
    declined,
    email,
    embassy,
    level,
    plan_of,
    relayed,
    sms,
    tree,
)

ANA = contact("ana", sms("+1"), call("+1", 2), deputy="luis")
LUIS = contact("luis", sms("+2"), call("+2", 1), deputy="eva")
EVA = contact("eva", sms("+3"))


def night(*levels: Any, cast: tuple[Contact, ...] = (ANA, LUIS, EVA), **known: Any) -> Night:
    """A night with Ana, her deputy Luis, and his deputy Eva."""
    return Night(plan_of(tree(levels, cast), **known))


def test_the_deputy_is_told_at_once_on_a_decline() -> None:
    """B3: a decline first brings the deputy, and ends the contact's methods."""
    played = night(level("One", "ana", wait=60)).at(1, declined("ana")).until(5)

    assert played.told == ["0 ana sms", "1 luis sms", "2 luis call"]
    assert played.status is Status.RUNNING


def test_the_deputy_is_told_when_every_method_failed() -> None:
    """B3: the deputy is told when every method failed, not before."""
    played = night(level("One", "ana", wait=60)).at(1, Failed("ana", 0)).at(2, Failed("ana", 1)).until(4)

    assert played.told == ["0 ana sms", "1 ana call", "2 luis sms", "3 luis call"]


@pytest.mark.parametrize(
    ("wait", "repeat", "expected"),
    [(10, None, 6), (10, (4, 2), 9), (20, (1, 1), 11), (2, None, 2), (1, None, 2)],
    ids=[
        "half of what remains",
        "after the last repeat",
        "after the last method",
        "nothing remains",
        "the wait is over",
    ],
)
def test_the_deputy_is_told_after_half_of_the_remaining_silence(
    wait: float, repeat: tuple[float, int] | None, expected: float
) -> None:
    """B3: when the last method and repeat are out and half of the remaining wait has passed without an answer."""
    played = night(level("One", "ana", wait=wait, repeat=repeat)).until(30)

    assert next(line for line in played.told if "luis" in line) == f"{expected} luis sms"


def test_a_method_brought_forward_brings_the_silence_forward() -> None:
    """B3: the silence counts from when the last method really was out."""
    played = night(level("One", "ana", wait=11)).at(1, Failed("ana", 0)).until(6)

    assert played.told == ["0 ana sms", "1 ana call", "6 luis sms"]


def test_repeats_do_not_hold_up_the_deputy_of_who_has_no_telephone() -> None:
    """B3: mail is not repeated, so no repeat of it is out."""
    mail = contact("mail", email("m@ngo.example"), deputy="eva")
    played = night(level("One", "mail", repeat=(4, 2)), cast=(mail, EVA)).until(5)

    assert played.told == ["0 mail email", "5 eva sms"]


def test_an_answer_keeps_the_deputy_asleep() -> None:
    """B3: without an answer."""
    both = level("One", "ana", "bob", acknowledge="all", wait=10)
    silent, answered = night(both).until(60), night(both).at(1, acknowledged("ana")).until(60)

    assert any("luis" in line for line in silent.told)
    assert not any("luis" in line for line in answered.told)


def test_a_decline_brings_no_deputy_where_the_rule_is_met() -> None:
    """B3: rule met → all methods and repeats of the level end."""
    levels = (level("One", "ana", "bob", then=Then.NEXT), level("Two", "zoe"))
    unmet, met = night(*levels).at(2, declined("ana")), night(*levels).at(1, acknowledged("bob")).at(2, declined("ana"))

    assert "2 deputy_told luis" in unmet.history
    assert not [line for line in met.history if "deputy_told" in line]


def test_a_decline_in_a_level_of_an_earlier_round_brings_no_deputy() -> None:
    """B3: after `rounds`, coordination levels only."""
    told = {}
    for rounds in (1, 2):
        only = tree([level("One", "ana", repeat=(30, 1))], [ANA, LUIS, EVA], rounds=rounds)
        told[rounds] = Night(plan_of(only)).until(26).forget().at(27, declined("ana")).told

    assert told == {1: [], 2: ["27 luis sms"]}


def test_failures_after_the_answer_bring_no_deputy() -> None:
    """B3: who has acknowledged needs nobody in its place."""
    silent, answered = (night(level("One", "ana", "bob", acknowledge="all")) for _ in range(2))
    answered.at(3, acknowledged("ana"))
    for played in (silent, answered):
        played.at(4, Failed("ana", 0)).at(5, Failed("ana", 1))

    assert "5 luis sms" in silent.told
    assert not any("luis" in line for line in answered.told + answered.history)


def test_a_deputy_who_declined_before_is_passed_over_at_once() -> None:
    """B3: deputies chain."""
    levels = (level("One", "luis", "bob", acknowledge="all", wait=5), level("Two", "ana"))
    played = night(*levels).at(1, declined("luis")).at(2, declined("eva"), acknowledged("bob")).forget().until(30)

    assert not any("luis" in line for line in played.told)
    assert [line for line in played.history if "deputy_told" in line] == ["8 deputy_told luis", "8 deputy_told eva"]


def test_the_silence_in_a_level_that_gave_way_brings_no_deputy() -> None:
    """B3: the others' methods go on; the rule can't be met any more, so nobody else is woken for it."""
    levels = (level("One", "ana", "bob", acknowledge="all"), level("Two", "zoe", wait=60))
    stayed, gave_way = night(*levels).until(30), night(*levels).at(1, declined("bob")).until(30)

    assert any("luis" in line for line in stayed.told)
    assert not any("luis" in line for line in gave_way.told)


def test_a_relay_is_silence() -> None:
    """B3: relays never count."""
    played = night(level("One", "ana", wait=10)).at(1, relayed("ana", "+1")).until(6)

    assert played.told == ["0 ana sms", "5 luis sms", "6 luis call"]


def test_the_deputys_methods_count_from_when_it_was_told_and_are_repeated() -> None:
    """B3: `repeat` is the level's, for whoever has a turn in it."""
    played = night(level("One", "ana", wait=60, repeat=(5, 1))).at(1, declined("ana")).until(8)

    assert played.told == ["0 ana sms", "1 luis sms", "2 luis call", "6 luis sms again", "6 luis call again"]


# Whom a deputy answers for


def test_a_deputy_answers_for_its_contact() -> None:
    """B3: a deputy answers for its contact."""
    both = level("One", "ana", "bob", acknowledge="all")
    played = night(both).at(1, declined("ana")).at(2, acknowledged("luis"), acknowledged("bob"))

    assert played.status is Status.ACKNOWLEDGED


def test_a_deputy_stands_in_no_rule_of_its_own() -> None:
    """B3: the rule is over the contacts notified in the level; a deputy adds none."""
    both = level("One", "ana", "bob", acknowledge=2)
    played = night(both).at(1, declined("ana")).at(2, acknowledged("luis"))

    assert played.status is Status.RUNNING
    assert played.at(3, acknowledged("bob")).status is Status.ACKNOWLEDGED


def test_deputies_chain_and_stand_for_everyone_before_them() -> None:
    """B3: deputies chain."""
    played = night(level("One", "ana", wait=60)).at(1, declined("ana")).at(2, declined("luis"))

    assert played.told == ["0 ana sms", "1 luis sms", "2 eva sms"]
    assert played.at(3, acknowledged("eva")).status is Status.ACKNOWLEDGED


def test_a_silent_deputy_brings_its_own_deputy() -> None:
    """B3: the same holds for whoever stands in."""
    played = night(level("One", "ana", wait=10)).at(1, declined("ana")).until(9)

    assert played.told == ["0 ana sms", "1 luis sms", "2 luis call", "6 eva sms"]


def test_the_level_gives_way_only_when_nobody_in_the_chain_is_left() -> None:
    """B3: when no contact left (nor deputy) can meet the rule."""
    played = night(level("One", "ana", wait=60), level("Two", "bob"))
    played.at(1, declined("ana")).at(2, declined("luis")).at(3, declined("eva"))

    assert played.opened() == ["0 One", "3 Two"]


@pytest.mark.parametrize("first", ["ana", "luis"])
def test_a_chain_that_was_used_up_by_another_stands_for_both(first: str) -> None:
    """B3: they stand for everyone before them, in whichever order they drop out."""
    second = "luis" if first == "ana" else "ana"
    played = night(level("One", "ana", "luis", acknowledge="all", wait=60))
    played.at(1, declined(first)).at(2, declined(second)).until(3)

    assert "2 eva sms" in played.told or "1 eva sms" in played.told
    assert played.at(4, acknowledged("eva")).status is Status.ACKNOWLEDGED


def test_a_deputy_who_is_in_the_level_anyway_is_not_told_twice() -> None:
    """B3: it answers for both."""
    played = night(level("One", "ana", "luis", acknowledge="all", wait=60)).at(3, declined("ana")).until(5)

    assert [line for line in played.told if "luis" in line] == ["0 luis sms", "1 luis call"]
    assert played.at(6, acknowledged("luis")).status is Status.ACKNOWLEDGED


def test_deputies_in_a_ring_come_to_an_end() -> None:
    """A11: a ring of deputies delays nobody."""
    ring = (contact("a", deputy="b"), contact("b", deputy="c"), contact("c", deputy="a"))
    played = night(level("One", "a", wait=60), level("Two", "bob"), cast=ring)
    played.at(1, declined("a")).at(2, declined("b")).at(3, declined("c"))

    assert played.told == ["0 a sms", "1 b sms", "2 c sms", "3 bob sms"]


def test_the_deputy_rings_no_more_once_its_contact_has_answered() -> None:
    """B3: an acknowledgement ends what was done in its place."""
    both = level("One", "ana", "bob", acknowledge="all", wait=60)
    silent, answered = night(both).until(59), night(both).until(31).at(31.5, acknowledged("ana")).until(59)

    assert [line for line in silent.told if "luis" in line] == ["31 luis sms", "32 luis call"]
    assert [line for line in answered.told if "luis" in line] == ["31 luis sms"]


def test_a_deputy_who_may_not_be_told_is_passed_over() -> None:
    """A3: no contact that is excluded is contacted, as a deputy neither; deputies chain."""
    played = night(level("One", "ana", wait=60), exclude=("luis",)).at(1, declined("ana"))

    assert played.told == ["0 ana sms", "1 eva sms"]


def test_the_deputy_of_another_nation_is_passed_over() -> None:
    """B1: `when` prunes those that a deputy names too."""
    cast = (embassy("es", "ES", deputy="de"), embassy("de", "DE", deputy="eva"), EVA)
    match = level("One", "es", when=When(nationality=True))
    played = night(match, cast=cast, people=(Affected("P1", nationality="ES"),)).at(1, declined("es"))

    assert played.told == ["0 es sms", "1 eva sms"]


def test_a_contact_who_turns_out_to_be_involved_is_replaced_at_once() -> None:
    """B1: contacts who are among its people receive nothing of it; their deputy is told."""
    played = night(level("One", "ana", wait=60, repeat=(5, 3)))
    played.change(1, PlanChanged(), people=(Affected("P1", contact="ana"),)).until(5)

    assert played.told == ["0 ana sms", "1 luis sms", "2 luis call"]


def test_who_is_involved_can_not_acknowledge() -> None:
    """B1: contacts who are among its people can't acknowledge it."""
    played = night(level("One", "ana", wait=60))
    played.change(1, PlanChanged(), people=(Affected("P1", contact="ana"),)).at(2, acknowledged("ana"))

    assert played.status is Status.RUNNING


def test_a_deputy_told_in_an_earlier_round_still_answers_for_its_contact() -> None:
    """B3: a late answer counts for the level that notified it."""
    played = night(level("One", "ana", wait=10)).until(26)

    assert played.state.round == 2
    assert played.at(26, acknowledged("luis")).status is Status.ACKNOWLEDGED


def test_in_a_later_round_the_deputy_is_told_again() -> None:
    """B3: the whole tree again."""
    played = night(level("One", "ana", wait=10)).until(24).forget().until(32)

    assert played.told == ["25 ana sms", "27 ana call", "31 luis sms", "32 luis call"]


def test_a_decline_stays_one_in_later_rounds_and_the_deputy_is_told() -> None:
    """B3: later rounds skip contacts who have answered; Luis has not."""
    played = night(level("One", "ana", wait=10)).at(1, declined("ana")).until(24).forget().until(26)

    assert played.told == ["25 luis sms", "26 luis call"]


def test_kinds_of_method_that_a_number_is_bad_for_are_told_apart() -> None:
    """B3: opted out of SMS is still reached by a call, so the deputy sleeps."""
    played = night(level("One", "ana", wait=60)).at(1, Failed("ana", 0, (MethodKind.SMS,)))

    assert played.told == ["0 ana sms", "1 ana call"]


@pytest.mark.parametrize("others", [(), ("germany",)])
def test_a_split_leaves_in_charge_the_deputy_of_one_whom_only_the_other_report_concerned(
    others: tuple[str, ...],
) -> None:
    """B3: it took charge while the reports were one; nothing goes on as though nobody had."""
    spain, germany = replace(embassy("spain", "ES"), deputy="luis"), embassy("germany", "DE")
    embassies = level("Embassies", "spain", *others, when=When(nationality=True))
    both = (Affected("P7", nationality="ES"), Affected("P8", nationality="DE"))
    one = night(embassies, level("Next", "bob"), cast=(spain, germany, LUIS, EVA), people=both)
    before = one.at(1, Failed("spain", 0)).at(2, acknowledged("luis")).status

    split = one.change(3, Unopened(0, but_for=others), people=both[1:]).at(4, PlanChanged()).until(60)

    assert (before, split.status) == (Status.ACKNOWLEDGED, Status.ACKNOWLEDGED)
    assert "bob sms" not in " ".join(split.told)


def test_a_level_that_a_split_takes_back_for_two_reasons_is_taken_back_once() -> None:
    """A10: it had no go of its own, and told somebody whom only the other report concerned."""
    one = night(level("One", "ana"), level("Two", "luis")).until(10)

    split = one.at(11, Unopened(1), Unopened(1, but_for=("eva",)))

    assert [line for line in split.history if "level_taken_back" in line] == ["11 level_taken_back Two"]
