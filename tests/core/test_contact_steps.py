"""One contact's steps: what it does next, and when its silence is long enough (B3 Level, Hand-over)."""

from dataclasses import replace

import pytest

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.usable_methods import Reach, stale_key
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.state import ContactProgress, MethodUse, Pause
from alertnet.core.notification import Kind
from tests.core.cast import NOW, call, contact, email, level, minutes, offset, sms

ANA = contact("ana", sms("+1"), call("+2", 3), email("ana@pbi.example", 1))
FRESH = ContactProgress("ana", NOW, told=True)


def used(*methods: tuple[int, float]) -> ContactProgress:
    """Progress that has used those methods at those minutes."""
    return replace(FRESH, uses=tuple(MethodUse(place, NOW + minutes(minute)) for place, minute in methods))


def upcoming(
    progress: ContactProgress, repeat: tuple[float, int] | None = None
) -> list[tuple[Kind, int, float]] | None:
    """The messages of the next moment."""
    following = contact_steps.upcoming(progress, Reach(ANA), level("One", "ana", repeat=repeat))
    return None if following is None else [(each.kind, each.method_index, offset(each.at)) for each in following.sends]


def test_methods_are_used_in_the_order_of_their_times() -> None:
    """B1: `after` counts from the level's start."""
    assert upcoming(FRESH) == [(Kind.ALERT, 0, 0)]
    assert upcoming(used((0, 0))) == [(Kind.ALERT, 2, 1)]
    assert upcoming(used((0, 0), (2, 1))) == [(Kind.ALERT, 1, 3)]
    assert upcoming(used((0, 0), (2, 1), (1, 3))) is None


def test_a_repeat_rings_the_telephones_first_used_strictly_before() -> None:
    """B3: a call that was first used at that very moment has just rung; mail is not repeated."""
    assert upcoming(used((0, 0), (2, 1), (1, 3)), repeat=(3, 1)) == [(Kind.REMINDER, 0, 3)]
    assert upcoming(used((0, 0), (2, 1), (1, 2)), repeat=(3, 1)) == [(Kind.REMINDER, 0, 3), (Kind.REMINDER, 1, 3)]


def test_a_number_that_received_a_call_is_repeated_to_when_its_pause_is_over() -> None:
    """B4: the repeats to that number alone wait; a method that was not used yet goes at its time."""
    received = replace(used((0, 0), (2, 1), (1, 2)), pauses=(Pause("+2", NOW + minutes(4)),))

    assert upcoming(received, repeat=(3, 2)) == [(Kind.REMINDER, 0, 3)]
    assert upcoming(replace(received, repeats=1), repeat=(2, 2)) == [(Kind.REMINDER, 0, 4), (Kind.REMINDER, 1, 4)]
    assert upcoming(replace(received, uses=()), repeat=(3, 2)) == [(Kind.ALERT, 0, 0)]


def test_a_method_and_a_repeat_at_the_same_moment_come_in_that_order() -> None:
    """B3: so the method counts as used at that moment, and is not rung twice."""
    assert upcoming(used((0, 0), (2, 1)), repeat=(3, 1)) == [(Kind.ALERT, 1, 3)]


def test_repeats_come_to_an_end() -> None:
    """B3: k = 1 … times."""
    all_out = used((0, 0), (2, 1), (1, 2))

    assert upcoming(all_out, repeat=(3, 1)) is not None
    assert upcoming(replace(all_out, repeats=1), repeat=(3, 1)) is None


def test_what_failed_or_relayed_is_not_used() -> None:
    """B3: a method that failed, or whose number relayed, is over."""
    failed = replace(FRESH, failed=(0,))

    assert contact_steps.unused(FRESH, Reach(ANA)) == [0, 1, 2]
    assert contact_steps.unused(failed, Reach(ANA, relayed=("+2",))) == [2]


def test_a_stale_address_has_failed_before_it_is_tried() -> None:
    """B3: marks the number stale, for one kind of method."""
    stale = ("sms:+1", "sms:+2")

    assert contact_steps.begin(Reach(ANA, stale=stale), NOW, True).failed == (0,)
    assert [stale_key(ANA, method) for method in ANA.methods[:1]] == [f"{MethodKind.SMS}:+1"]


@pytest.mark.parametrize(
    ("progress", "repeat", "wait", "expected"),
    [
        (FRESH, None, 13, 8),
        (used((0, 0), (1, 1), (2, 1)), None, 13, 7),
        (replace(FRESH, failed=(1, 2)), None, 13, 6.5),
        (FRESH, (4, 2), 12, 10),
        (FRESH, None, 3, 3),
        (FRESH, None, 1, 3),
    ],
    ids=["all methods out", "brought forward", "only what is left", "repeats out", "nothing remains", "over"],
)
def test_silence_is_half_of_what_remains_once_everything_is_out(
    progress: ContactProgress, repeat: tuple[float, int] | None, wait: float, expected: float
) -> None:
    """B3: when the last method and repeat are out and half of the remaining wait has passed without an answer."""
    at = contact_steps.silence_at(progress, Reach(ANA), level("One", "ana", repeat=repeat), NOW + minutes(wait))

    assert offset(at) == expected
