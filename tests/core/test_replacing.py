"""Replacing fields is the same as what `dataclasses` does, whatever the dataclass keeps besides them."""

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import pytest

from alertnet.core.codec import replace


@dataclass(frozen=True)
class Note:
    text: str
    tags: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def length(self) -> int:
        return len(self.text)


@dataclass(frozen=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("less than none")


def test_a_copy_has_the_new_fields_and_the_old_ones_and_its_source_stays() -> None:
    note = Note("one", ("a",))

    copy = replace(note, text="two")

    assert (copy, note) == (Note("two", ("a",)), Note("one", ("a",)))
    assert copy == dataclasses.replace(note, text="two")
    assert hash(copy) == hash(Note("two", ("a",)))


def test_a_copy_is_as_frozen_as_its_source() -> None:
    copy = cast(Any, replace(Note("one"), text="two"))

    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.text = "three"


def test_what_was_worked_out_of_the_source_is_not_taken_over() -> None:
    note = Note("one")
    assert note.length == 3

    assert replace(note, text="three").length == 5


def test_a_copy_is_checked_as_a_new_value_is() -> None:
    assert replace(Checked(1), number=2) == Checked(2)
    with pytest.raises(ValueError, match="less than none"):
        replace(Checked(1), number=-1)


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        replace(Note("one"), **cast(Any, {"colour": "red"}))
