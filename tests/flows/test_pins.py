"""PINs: what they prove, and what is refused."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from alertnet.core.errors import BadInput
from alertnet.flows.credentials.pins import MOST_LOOKED_AT, PinCheck, has_pin, set_pins, shown, try_pin
from alertnet.store.db.tx import Tx, Unstretched
from alertnet.store.tables import pins
from tests.flows.switchboard import Switchboard
from tests.support.program import QUICK

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


def test_pins_are_kept_as_slow_hashes_of_keyed_ones(set_for_ana: Switchboard) -> None:
    """Neither who has the database knows them, nor at once who has its key too."""
    vault = set_for_ana.runtime.vault
    kept = set_for_ana.rows(pins, owner=ANA)
    keyed = vault.pin_hash(ANA, "47110")

    assert [row.kind for row in kept if row.hash == vault.stretch(QUICK, keyed)] == ["pin"]
    assert {row.cost for row in kept} == {QUICK}
    assert keyed not in [row.hash for row in kept]
    assert "47110" not in str(kept)


def test_no_slow_hash_is_made_inside_a_transaction(set_for_ana: Switchboard) -> None:
    """The flow is undone, and runs again once they are made; one for each thing that the text might be."""
    asked: list[Unstretched] = []

    def as_it_runs(tx: Tx) -> PinCheck:
        try:
            return try_pin(tx, ANA, "47990").check
        except Unstretched as missing:
            asked.append(missing)
            raise

    assert set_for_ana.runtime.transact(as_it_runs) is PinCheck.DURESS

    [needed] = asked
    keyed = set_for_ana.runtime.vault.pin_hash(ANA, "47990")
    assert (QUICK, keyed) in needed.missing
    assert len(needed.missing) == 2


def test_a_closed_door_makes_no_slow_hash(set_for_ana: Switchboard) -> None:
    """B9: whoever floods a number with guesses costs us five of them, of its words too."""
    with pytest.raises(Unstretched):
        set_for_ana.runtime.read(shown, [ANA], "47110 at km 12500", "+573005550001")
    for _ in range(5):
        tries(set_for_ana, "11111")

    # A look can make none.
    assert set_for_ana.runtime.read(shown, [ANA], "47110 at km 12500", "+573005550001").text == "····· at km ·····"
    assert set_for_ana.runtime.read(try_pin, ANA, "47110").check is PinCheck.CLOSED


@pytest.mark.parametrize("written", ["4 7 1 1 0", "47.110", "471-10", "4.7.1.1.0", "47,110", "47 110"])
def test_a_pin_whose_digits_stand_apart_is_hidden_as_well(set_for_ana: Switchboard, written: str) -> None:
    """A9: it is heard as a PIN, so nobody reads it; other numbers stay."""
    read = set_for_ana.runtime.transact(shown, [ANA], f"ALERT {written} 20 L12 12.345 men", "+573005550001")

    assert read.text == f"ALERT {'·' * len(written)} 20 L12 12.345 men"


def test_a_pin_that_an_earlier_version_kept_is_good_and_kept_slow_from_its_use_on(board: Switchboard) -> None:
    """All of its owner's are: of the one for duress nobody waits that it is used."""
    vault = board.runtime.vault

    def as_before(tx: Tx) -> None:
        other = tx.vault.pin_hash(ANA, "other 47990")
        rows = [("pin", tx.vault.pin_hash(ANA, "47110")), ("other", other)]
        tx.session.execute(
            insert(pins), [{"id": kind, "owner": ANA, "kind": kind, "hash": hash} for kind, hash in rows]
        )

    board.runtime.transact(as_before)
    assert tries(board, "11111") is PinCheck.WRONG
    assert {row.cost for row in board.rows(pins, owner=ANA)} == {None}

    assert [tries(board, text) for text in ("47110", "47110", "47990")] == [
        *(PinCheck.TRUE, PinCheck.TRUE),
        PinCheck.DURESS,
    ]

    kept = {row.kind: row.hash for row in board.rows(pins, owner=ANA)}
    assert kept["pin"] == vault.stretch(QUICK, vault.pin_hash(ANA, "47110"))
    assert {row.cost for row in board.rows(pins, owner=ANA)} == {QUICK}


def test_a_pin_is_good_at_what_it_cost_when_it_was_set(set_for_ana: Switchboard) -> None:
    """Another `ALERTNET_PIN_COST` holds for what is set from then on."""
    vars(set_for_ana.runtime.vault)["pin_cost"] = "m=16,t=1"
    set_for_ana.runtime.transact(set_pins, ANA, duress="47991")

    assert [tries(set_for_ana, text) for text in ("47110", "47991")] == [PinCheck.TRUE, PinCheck.DURESS]
    assert {row.cost for row in set_for_ana.rows(pins, owner=ANA)} == {QUICK, "m=16,t=1"}


def test_of_a_text_full_of_numbers_only_the_first_are_looked_at(set_for_ana: Switchboard) -> None:
    """B9: each takes a while, and nobody finds out a PIN by what is hidden."""
    numbers = [f"{number:05}" for number in range(10_000, 10_000 + 3 * MOST_LOOKED_AT)]

    read = set_for_ana.runtime.transact(shown, [ANA], " ".join(["47110", *numbers]), "+573005550001").text.split()

    assert read[0] == "·····"
    assert read[1:MOST_LOOKED_AT] == numbers[: MOST_LOOKED_AT - 1]
    assert set(read[MOST_LOOKED_AT:]) == {"·····"}


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
