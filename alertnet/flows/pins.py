"""PINs: set by an administrator, checked where a phone or a page must prove more than its number or link."""

from collections.abc import Collection
from enum import StrEnum

from alertnet.core.codes import ONE_TIME_PIN_LENGTH, PIN_LENGTH, is_pin
from alertnet.core.errors import BadInput
from alertnet.store import pins
from alertnet.store.pins import PinKind
from alertnet.store.tx import Tx


class PinCheck(StrEnum):
    """What a text proves as somebody's PIN; true in a condition where it is a PIN of theirs, also under duress."""

    TRUE = "true"
    DURESS = "duress"
    WRONG = "wrong"
    ABSENT = "absent"
    """There is one, and none was given."""
    NONE_SET = "none_set"

    def __bool__(self) -> bool:
        return self in (PinCheck.TRUE, PinCheck.DURESS)


def set_pins(
    tx: Tx, owner: str, pin: str | None = None, duress: str | None = None, one_time: Collection[str] = ()
) -> None:
    """Replace the PINs that are given, leave the others. `owner` is `team/member` or `tree/contact`.

    Raises:
        BadInput: a PIN of another shape (5 digits, 6 for one-time), or one for two purposes; its value is not shown.
    """
    given = {
        PinKind.PIN: [] if pin is None else [pin],
        PinKind.DURESS: [] if duress is None else [duress],
        PinKind.ONE_TIME: one_time,
    }
    for kind, texts in given.items():
        for text in texts:
            _check_shape(kind, text)
        if texts:
            pins.replace(tx, owner, kind, dict.fromkeys(texts))
    if any(_proves_two_things(tx, owner, text) for text in (pin, duress) if text):
        raise BadInput("duress", "*" * PIN_LENGTH, "another PIN than the true one")


def has_pin(tx: Tx, owner: str) -> bool:
    """Whether the owner has a PIN that is good for more than one use."""
    return any(row.kind == PinKind.PIN.value for row in pins.of_owner(tx, owner))


def check_pin(tx: Tx, owner: str, text: str | None) -> PinCheck:
    """What the text proves. A one-time PIN is used up by this and wrong from then on."""
    known = pins.of_owner(tx, owner)
    if not known:
        return PinCheck.NONE_SET
    if not text:
        return PinCheck.ABSENT
    hashes = tx.vault.pin_hashes(owner, text)
    for row in known:
        if row.hash not in hashes:
            continue
        if row.kind == PinKind.ONE_TIME.value:
            return PinCheck.TRUE if pins.use_up(tx, row.id) else PinCheck.WRONG
        return PinCheck.DURESS if row.kind == PinKind.DURESS.value else PinCheck.TRUE
    return PinCheck.WRONG


def _check_shape(kind: PinKind, text: str) -> None:
    length = ONE_TIME_PIN_LENGTH if kind is PinKind.ONE_TIME else PIN_LENGTH
    if not (is_pin(text) and len(text) == length):
        # The value is a secret also when it has a slip in it.
        raise BadInput(kind.value, "*" * len(text), f"{length} digits")


def _proves_two_things(tx: Tx, owner: str, text: str) -> bool:
    hashes = tx.vault.pin_hashes(owner, text)
    return sum(row.hash in hashes for row in pins.of_owner(tx, owner)) > 1
