"""PINs: set by an administrator, checked where a phone or page must prove more than its number or link."""

import re
from collections.abc import Collection, Container
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.errors import BadInput
from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH, PIN_APART, PIN_IN_ONE, PIN_LENGTH, digits_of, is_pin
from alertnet.core.limits import NUMBERS_COMPARED, WRONG_PINS, Usage
from alertnet.store.db.tx import Tx
from alertnet.store.records import limits
from alertnet.store.records.credentials import pins
from alertnet.store.records.credentials.pins import Pin, PinKind

HIDDEN = "\u00b7"
"""Replaces each digit of a PIN that was written among other words."""
MOST_LOOKED_AT = 3
"""How many different numbers of a text are compared with the writer's PINs. Each comparison is slow on purpose."""
_PIN_IN_TEXT = re.compile(f"{PIN_IN_ONE.pattern}|{PIN_APART.pattern}")


class PinCheck(StrEnum):
    """What a text proves as somebody's PIN. True as a condition where it is one of theirs, including the duress PIN."""

    TRUE = "true"
    DURESS = "duress"
    WRONG = "wrong"
    ABSENT = "absent"
    """There is a PIN, and none was given."""
    CLOSED = "closed"
    """It was not checked, because too many wrong ones came before."""
    NONE_SET = "none_set"

    def __bool__(self) -> bool:
        return self in (PinCheck.TRUE, PinCheck.DURESS)

    @property
    def suffices(self) -> bool:
        """Whether no more proof can be asked of the owner: the PIN is theirs, or they have none."""
        return bool(self) or self is PinCheck.NONE_SET


@value
class PinTried:
    """The result of a PIN check. `closes`: this was one wrong PIN too many.

    `heard_at`: from when on PINs are checked again. `unheard`: how many were not checked since the last that was.
    """

    check: PinCheck
    closes: bool = False
    heard_at: datetime | None = None
    unheard: int = 0


@value
class Shown:
    """A text as people may read it, without PINs. `forced`: the owners whose PIN for duress stood in it."""

    text: str
    forced: frozenset[str] = frozenset()


def set_pins(
    tx: Tx, owner: str, pin: str | None = None, duress: str | None = None, one_time: Collection[str] = ()
) -> None:
    """Replace the PINs that are given and keep the others. `owner` is `team/member` or `tree/contact`.

    Refuses one of a wrong length (5 digits, 6 for one-time), and one for two purposes; its value is not shown.
    """
    # Of two who renew them at the same moment, the second replaces what the first has set.
    pins.hold_of_owner(tx, owner)
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
    pins.hide_lack_of_duress(tx, owner)
    if pin == duress if pin and duress else _proves_two_things(tx, owner, pin or duress):
        raise BadInput("duress", "*" * PIN_LENGTH, "another PIN than the true one")


def has_pin(tx: Tx, owner: str) -> bool:
    """Whether the owner has a PIN of any kind, and so must prove itself with one."""
    return bool(pins.of_owner(tx, owner))


def digits_of_pin(tx: Tx, owner: str) -> int:
    """How many digits the owner's PIN has: 6 where it has only one-time PINs, 0 where it has none."""
    kinds = {pin.kind for pin in pins.of_owner(tx, owner)}
    return 0 if not kinds else ONE_TIME_PIN_LENGTH if kinds == {PinKind.ONE_TIME} else PIN_LENGTH


def pins_of(tx: Tx, owner: str) -> str:
    """A text that stands for the owner's present PINs; it changes when any of them is replaced."""
    return " ".join(sorted(pin.id for pin in pins.of_owner(tx, owner)))


def try_pin(tx: Tx, owner: str, text: str | None) -> PinTried:
    """Check a text as a PIN of that owner. Only here are PINs accepted, counted and refused (B9).

    A one-time PIN is used up by this, unless checking is closed. Tries at the same moment are judged one by one.
    """
    known = pins.hold_of_owner(tx, owner)
    if not known:
        return PinTried(PinCheck.NONE_SET)
    if not text:
        return PinTried(PinCheck.ABSENT)
    before = limits.usage(tx, WRONG_PINS, owner)
    if WRONG_PINS.is_closed(before, tx.now):
        _keep(tx, owner, before, WRONG_PINS.use(before, tx.now))
        return PinTried(PinCheck.CLOSED, heard_at=before.closed_until)
    check = _proven(tx, pins.matching(tx, owner, text, known))
    if check:
        pins.stretch_keyed(tx, known)
    after = replace(before if check else WRONG_PINS.use(before, tx.now), dropped=0)
    _keep(tx, owner, before, after)
    closes = WRONG_PINS.is_closed(after, tx.now)
    return PinTried(check, closes, after.closed_until if closes else None, before.dropped)


def shown(tx: Tx, owners: Collection[str], text: str, writer: str) -> Shown:
    """Replace each PIN of those owners in the text by dots, since people read the text and no PIN is meant for them.

    Of many numbers only the first are checked. None is while the owners' PINs are closed or after too many texts of
    that writer; all are replaced by dots then.
    """
    numbers = list(numbers_in(text))
    known = {owner: pins.of_owner(tx, owner) for owner in owners} if numbers else {}
    known = {owner: theirs for owner, theirs in known.items() if theirs}
    if not known:
        return Shown(text)
    are_closed = any(WRONG_PINS.is_closed(limits.usage(tx, WRONG_PINS, owner), tx.now) for owner in known)
    if are_closed or not limits.use(tx, NUMBERS_COMPARED, writer):
        return Shown(without_numbers(text))
    found = pins.matching_each(tx, known, numbers[:MOST_LOOKED_AT])
    harmless = {number for number in numbers[:MOST_LOOKED_AT] if not any(found[owner, number] for owner in known)}
    forced = {owner for (owner, _), its in found.items() if any(pin.kind is PinKind.DURESS for pin in its)}
    return Shown(without_numbers(text, harmless), frozenset(forced))


def numbers_in(text: str) -> Collection[str]:
    """All numbers in the text that could be a PIN, in their order."""
    return dict.fromkeys(digits_of(found[0]) for found in _PIN_IN_TEXT.finditer(text)).keys()


def without_numbers(text: str, shown: Container[str] = ()) -> str:
    """Replace everything that could be a PIN by dots, except the numbers in `shown`."""

    def replaced(found: re.Match[str]) -> str:
        return found[0] if digits_of(found[0]) in shown else HIDDEN * len(found[0])

    return _PIN_IN_TEXT.sub(replaced, text)


def _keep(tx: Tx, owner: str, before: Usage, after: Usage) -> None:
    """Store what has changed. The owner's PINs are locked, so that nobody else counts meanwhile."""
    if after != before:
        limits.hold(tx, WRONG_PINS, owner)
        limits.keep(tx, WRONG_PINS, owner, after)


def _proven(tx: Tx, found: list[Pin]) -> PinCheck:
    for pin in found:
        if pin.kind is PinKind.ONE_TIME:
            return PinCheck.TRUE if pins.use_up(tx, pin.id) else PinCheck.WRONG
        return PinCheck.DURESS if pin.kind is PinKind.DURESS else PinCheck.TRUE
    return PinCheck.WRONG


def _check_shape(kind: PinKind, text: str) -> None:
    length = ONE_TIME_PIN_LENGTH if kind is PinKind.ONE_TIME else PIN_LENGTH
    if not (is_pin(text) and len(text) == length):
        # The value is secret even where it is mistyped.
        raise BadInput(kind.value, "*" * len(text), f"{length} digits")


def _proves_two_things(tx: Tx, owner: str, text: str | None) -> bool:
    return text is not None and len(pins.matching(tx, owner, text, pins.of_owner(tx, owner))) > 1
