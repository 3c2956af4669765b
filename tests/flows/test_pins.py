"""PINs: what they prove, and what is refused."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from alertnet.core.errors import BadInput
from alertnet.flows.credentials.pins import PinCheck, has_pin, set_pins, try_pin
from alertnet.store.db.tx import Tx
from alertnet.store.tables import pins
from tests.flows.switchboard import Switchboard

ANA = "north/ana"


def tries(board: Switchboard, text: str | None, owner: str = ANA) -> PinCheck:
    return board.runtime.transact(try_pin, owner, text).check


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
    assert tries(set_for_ana, text) is check


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
    tries(set_for_ana, "471101")

    assert tries(set_for_ana, "471101") is PinCheck.WRONG
    assert tries(set_for_ana, "471102") is PinCheck.TRUE


def test_a_pin_is_its_owners_alone(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(set_pins, "north/luis", pin="22222")

    assert tries(set_for_ana, "47110", "north/luis") is PinCheck.WRONG
    assert tries(set_for_ana, "47110", "north/mary") is PinCheck.NONE_SET


def test_setting_one_pin_leaves_the_others(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(set_pins, ANA, pin="55555")

    assert tries(set_for_ana, "47110") is PinCheck.WRONG
    assert tries(set_for_ana, "47990") is PinCheck.DURESS
    assert tries(set_for_ana, "471101") is PinCheck.TRUE


def test_whoever_was_given_any_pin_has_one(board: Switchboard) -> None:
    assert not board.runtime.read(has_pin, ANA)

    board.runtime.transact(set_pins, ANA, one_time=("471101",))

    assert board.runtime.read(has_pin, ANA)


def test_after_five_wrong_pins_none_is_looked_at_until_the_door_opens(set_for_ana: Switchboard) -> None:
    """B9: never for good."""
    assert [tries(set_for_ana, "11111") for _ in range(5)] == [PinCheck.WRONG] * 5
    assert [tries(set_for_ana, text) for text in ("47110", "47990", "22222")] == [PinCheck.CLOSED] * 3

    set_for_ana.clock.at += timedelta(minutes=15)

    assert tries(set_for_ana, "47110") is PinCheck.TRUE


def test_a_closed_door_uses_no_one_time_pin_up(set_for_ana: Switchboard) -> None:
    for text in (*["11111"] * 5, "471101"):
        tries(set_for_ana, text)
    set_for_ana.clock.at += timedelta(minutes=15)

    assert tries(set_for_ana, "471101") is PinCheck.TRUE


def test_true_pins_and_those_for_duress_close_no_door(set_for_ana: Switchboard) -> None:
    proved = [tries(set_for_ana, text) for text in ("47110", "47990") * 5]

    assert proved == [PinCheck.TRUE, PinCheck.DURESS] * 5


def test_doors_stay_closed_longer_each_time_up_to_four_hours(set_for_ana: Switchboard) -> None:
    waits = []
    for _ in range(7):
        last = [set_for_ana.runtime.transact(try_pin, ANA, "11111") for _ in range(5)][-1]
        assert last.heard_at
        waits.append((last.heard_at - set_for_ana.clock.at) / timedelta(minutes=1))
        set_for_ana.clock.at = last.heard_at

    assert waits == [15, 30, 60, 120, 240, 240, 240]


def test_guesses_of_another_owners_pin_close_nothing(set_for_ana: Switchboard) -> None:
    set_for_ana.runtime.transact(set_pins, "north/luis", pin="22222")
    for _ in range(9):
        tries(set_for_ana, "11111", "north/luis")

    assert tries(set_for_ana, "47110") is PinCheck.TRUE


def test_guesses_at_the_same_moment_are_each_counted(any_board: Switchboard) -> None:
    """B9: sixty at once, and five of them are looked at."""
    any_board.runtime.transact(set_pins, ANA, pin="47110")
    with ThreadPoolExecutor(20) as pool:
        heard = list(pool.map(lambda _: tries(any_board, "11111"), range(60)))

    assert Counter(heard) == {PinCheck.WRONG: 5, PinCheck.CLOSED: 55}


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

    assert tries(set_for_ana, "47110") is PinCheck.TRUE
    assert tries(set_for_ana, "47990") is PinCheck.DURESS


def test_pins_are_kept_as_hashes(set_for_ana: Switchboard) -> None:
    kept = set_for_ana.rows(pins, owner=ANA)

    assert [row.kind for row in kept if row.hash in set_for_ana.runtime.vault.pin_hashes(ANA, "47110")] == ["pin"]
    assert "47110" not in str(kept)


def test_the_table_does_not_tell_who_has_a_pin_for_duress(board: Switchboard) -> None:
    """B4: whoever reads the database without the secret sees the same of both."""
    board.runtime.transact(set_pins, ANA, pin="47110", duress="47990")
    board.runtime.transact(set_pins, "north/luis", pin="47110")
    board.runtime.transact(set_pins, "north/luis", pin="47111")

    kinds = {owner: sorted(row.kind for row in board.rows(pins, owner=owner)) for owner in (ANA, "north/luis")}

    assert kinds[ANA] == kinds["north/luis"] == ["other", "pin"]


def test_a_pin_for_duress_of_an_earlier_version_is_still_one(board: Switchboard) -> None:
    """Its row says so in clear until the PINs are set anew."""

    def as_before(tx: Tx) -> None:
        row = {"id": "0" * 32, "owner": ANA, "kind": "duress", "hash": tx.vault.pin_hash(ANA, "47990")}
        tx.session.execute(insert(pins), row)

    board.runtime.transact(set_pins, ANA, pin="47110")
    board.runtime.transact(as_before)
    assert board.runtime.transact(try_pin, ANA, "47990").check is PinCheck.DURESS

    board.runtime.transact(set_pins, ANA, duress="47991")

    assert board.runtime.transact(try_pin, ANA, "47990").check is PinCheck.WRONG
    assert board.runtime.transact(try_pin, ANA, "47991").check is PinCheck.DURESS
    assert "duress" not in [row.kind for row in board.rows(pins, owner=ANA)]


def test_an_earlier_version_does_not_take_the_pin_for_duress_for_the_true_one(board: Switchboard) -> None:
    """While versions are exchanged one by one: it looks for the hash of any PIN, and finds a wrong one."""
    board.runtime.transact(set_pins, ANA, pin="47110", duress="47990")
    true, hers = (board.runtime.vault.pin_hashes(ANA, pin) for pin in ("47110", "47990"))

    kept = [row.hash for row in board.rows(pins, owner=ANA)]
    assert [hash for hash in kept if hash in true]
    assert not [hash for hash in kept if hash in hers]
