"""Wrong PINs close doors for a time: those that were tried, and none for good (B9)."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.limits import HOUR, MINUTE, UNUSED, Usage
from alertnet.core.pin_tries import PinTries

START = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


class Owner:
    """Somebody whose PIN is guessed, with the doors at which that is done."""

    def __init__(self) -> None:
        self.everywhere = UNUSED
        self.doors: dict[str, Usage] = {}
        self.now = START
        self.guessed = 0

    def at(self, door: str) -> PinTries:
        return PinTries(self.everywhere, self.doors.get(door, UNUSED))

    def hears(self, door: str) -> bool:
        return self.at(door).is_heard(self.now)

    def guesses(self, door: str, times: int = 1) -> None:
        """Wrong PINs, as far as they are heard."""
        for _ in range(times):
            if self.hears(door):
                self.guessed += 1
                tries = self.at(door).after_wrong(self.now)
                self.everywhere, self.doors[door] = tries.everywhere, tries.here

    def passes(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_the_fifth_wrong_pin_closes_the_door_for_a_quarter_of_an_hour(owner: Owner) -> None:
    owner.guesses("text", 4)
    assert owner.hears("text")

    owner.guesses("text")

    assert not owner.hears("text")
    assert owner.at("text").heard_at(owner.now) == START + 15 * MINUTE
    owner.passes(15 * MINUTE)
    assert owner.hears("text")


def test_wrong_pins_count_over_all_doors(owner: Owner) -> None:
    owner.guesses("text", 3)
    owner.guesses("call", 2)

    assert (owner.hears("text"), owner.hears("call")) == (False, False)


def test_whoever_guesses_at_one_door_does_not_close_another(owner: Owner) -> None:
    for _ in range(12):
        owner.guesses("link", 10)
        assert (owner.hears("link"), owner.hears("call")) == (False, True)
        owner.passes(4 * HOUR)


def test_a_door_that_stayed_open_closes_at_its_second_wrong_pin(owner: Owner) -> None:
    owner.guesses("link", 5)
    owner.guesses("call", 1)
    assert owner.hears("call")

    owner.guesses("call", 1)

    assert not owner.hears("call")


def test_doors_stay_closed_longer_each_time_up_to_four_hours(owner: Owner) -> None:
    waits = []
    for _ in range(7):
        owner.guesses("text", 5)
        waits.append(owner.at("text").heard_at(owner.now) - owner.now)
        owner.passes(waits[-1])

    assert waits == [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR]


def test_what_a_closed_door_did_not_look_at_is_counted_until_one_is_heard() -> None:
    tries = PinTries(UNUSED, UNUSED).after_unheard().after_unheard()

    assert tries.everywhere.dropped == 2
    assert (tries.after_right().everywhere.dropped, tries.after_wrong(START).everywhere.dropped) == (0, 0)


def test_who_guesses_at_every_door_all_day_has_a_negligible_chance(owner: Owner) -> None:
    """Of a hundred thousand PINs, of which two are an owner's."""
    for _ in range(24 * 60):
        for door in ("link", "mail", "call"):
            owner.guesses(door, 10)
        owner.passes(MINUTE)

    assert 25 <= owner.guessed < 100
