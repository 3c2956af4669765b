"""PINs: what they prove, and what is refused."""

from typing import Any

import pytest

from alertnet.core.errors import BadInput
from alertnet.flows.pins import PinCheck, check_pin, has_pin, set_pins
from alertnet.store.tables import pins
from tests.flows.switchboard import Switchboard

ANA = "north/ana"


@pytest.fixture
def set_for_ana(board: Switchboard) -> Switchboard:
    board.runtime.transact(set_pins, ANA, pin="47110", duress="47990", one_time=("471101", "471102"))
    return board


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("47110", PinCheck.TRUE),
        ("47990", PinCheck.DURESS),
        ("471102", PinCheck.TRUE),
        ("11111", PinCheck.WRONG),
        ("", PinCheck.ABSENT),
        (None, PinCheck.ABSENT),
    ],
)
def test_a_pin_proves_what_it_was_set_for(set_for_ana: Switchboard, text: str | None, check: PinCheck) -> None:
    assert set_for_ana.runtime.transact(check_pin, ANA, text) is check


@pytest.mark.parametrize(
    ("check", "proves"),
    [
        (PinCheck.TRUE, True),
        (PinCheck.DURESS, True),
        (PinCheck.WRONG, False),
        (PinCheck.ABSENT, False),
        (PinCheck.NONE_SET, False),
    ],
)
def test_a_check_is_true_where_the_owner_is_proved(check: PinCheck, proves: bool) -> None:
    assert bool(check) is proves


def test_a_one_time_pin_is_wrong_from_its_first_use_on(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(check_pin, ANA, "471101")

    assert set_for_ana.runtime.transact(check_pin, ANA, "471101") is PinCheck.WRONG
    assert set_for_ana.runtime.transact(check_pin, ANA, "471102") is PinCheck.TRUE


def test_a_pin_is_its_owners_alone(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(set_pins, "north/luis", pin="22222")

    assert set_for_ana.runtime.transact(check_pin, "north/luis", "47110") is PinCheck.WRONG
    assert set_for_ana.runtime.transact(check_pin, "north/mary", "47110") is PinCheck.NONE_SET


def test_setting_one_pin_leaves_the_others(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(set_pins, ANA, pin="55555")

    assert set_for_ana.runtime.transact(check_pin, ANA, "47110") is PinCheck.WRONG
    assert set_for_ana.runtime.transact(check_pin, ANA, "47990") is PinCheck.DURESS
    assert set_for_ana.runtime.transact(check_pin, ANA, "471101") is PinCheck.TRUE


def test_who_has_only_one_time_pins_has_none_to_key_in_a_call(board: Switchboard) -> None:
    board.runtime.transact(set_pins, ANA, one_time=("471101",))
    assert not board.runtime.read(has_pin, ANA)

    board.runtime.transact(set_pins, ANA, pin="47110")
    assert board.runtime.read(has_pin, ANA)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"pin": "4711"}, "pin"),
        ({"pin": "471100"}, "pin"),
        ({"pin": ""}, "pin"),
        ({"pin": "4711O"}, "pin"),
        ({"duress": "471"}, "duress"),
        ({"one_time": ("47110",)}, "one_time"),
        ({"pin": "47110", "duress": "47110"}, "duress"),
    ],
)
def test_a_pin_of_another_shape_is_refused_without_showing_it(
    board: Switchboard, given: dict[str, Any], field: str
) -> None:
    """A9: a slip of a PIN is a secret too."""
    with pytest.raises(BadInput) as refusal:
        board.runtime.transact(set_pins, ANA, **given)

    assert refusal.value.field == field
    assert "471" not in str(refusal.value)
    assert board.rows(pins) == []


@pytest.mark.parametrize("given", [{"duress": "47110"}, {"pin": "47990"}])
def test_the_duress_pin_differs_from_the_true_one_whenever_either_is_set(
    set_for_ana: Switchboard, given: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        set_for_ana.runtime.transact(set_pins, ANA, **given)

    assert set_for_ana.runtime.transact(check_pin, ANA, "47110") is PinCheck.TRUE
    assert set_for_ana.runtime.transact(check_pin, ANA, "47990") is PinCheck.DURESS


def test_pins_are_kept_as_hashes(set_for_ana: Switchboard) -> None:
    assert "47110" not in str(set_for_ana.rows(pins))
