"""A call in progress: what it is about, and what may be said and asked in it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.disclosure import Said
from alertnet.core.inbound.code_formats import SPOKEN_CODE_LENGTH
from alertnet.core.notification import ASKING, AttemptStatus, Kind
from alertnet.flows.credentials.pins import digits_of_pin
from alertnet.flows.notifications.contact_pins import owner_of_pin, try_contacts_pin
from alertnet.flows.notifications.wrong_codes import count_wrong_tries, tell_number
from alertnet.flows.sending.locked_attempt import FOLLOW_UP, LockedAttempt, lock_attempt
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials.codes import told_codes
from alertnet.store.records.prompts import Prompt
from alertnet.store.views.placed_call import PlacedCall, placed_call

KEYS_COUNT = timedelta(minutes=5)
"""The keys of a call count for so long after its end. A signature has no date, and could bring them again for ever."""


@value
class KeypadQuestion:
    """A question to be answered with up to `digits` keys, which may interrupt it.

    `try_number` counts tries from 1; None means that no key can be wrong. `silent`: it was asked before, and nothing
    was keyed. `about`: the id of the code of the further matter that it asks about.
    """

    stage: str
    digits: int
    try_number: int | None = None
    silent: bool = False
    about: str | None = None


@value
class Spoken:
    """What a call says next, as stages of its script, and then asks; without a question it hangs up.

    `templates`: the hash of the templates that the incident is pinned to; None for those in force, in a call about no
    incident. `then`: what follows, which may be about another incident.
    """

    kind: Kind
    language: str
    said: Said
    templates: str | None
    stages: tuple[str, ...]
    question: KeypadQuestion | None
    then: "Spoken | None" = None


@value
class Keyed:
    """Keys pressed after a question. Without a `try_number` they count as a try of their own."""

    digits: str
    is_wrong_person: bool = False
    """The listener keyed 9 and the star."""
    try_number: int | None = None
    silent: bool = False
    """The question was asked before, and nothing was keyed."""
    about: str | None = None
    """The further matter that was asked about; None for the code, or for what the call was placed for."""


@dataclass
class Call:
    """An attempt to call a contact, and its incident, both locked."""

    attempt: LockedAttempt
    locked: LockedIncident
    placed: PlacedCall
    """The call as it was when the provider asked what to say."""
    code: str | None
    """Three random digits, valid in this call only; None until somebody picks up."""

    @property
    def listener(self) -> Recipient:
        return self.locked.recipient(self.placed.tree, self.placed.contact)

    @property
    def kind(self) -> Kind:
        """The kind of message for which the call was placed."""
        return self.placed.kind

    @property
    def asks_for_code(self) -> bool:
        """Whether the listener must key a code to prove that a person listens.

        Other kinds of call only say something.
        """
        return (self.kind.is_alert and self.placed.said.expects_answer) or self.kind in ASKING

    @property
    def is_keyed(self) -> bool:
        return self.asks_for_code and self.attempt.status is AttemptStatus.DELIVERED

    @cached_property
    def pin_digits(self) -> int:
        """The number of digits of the contact's PIN; 0 where it has none."""
        return digits_of_pin(self.locked.tx, owner_of_pin(self.listener))

    @property
    def asks_for_pin(self) -> bool:
        """Whether the contact keys its PIN. A contact without a PIN keys the spoken code, or it could never answer."""
        return self.pin_digits > 0

    @property
    def prompt(self) -> Prompt:
        return prompt_store.as_of_now(self.locked.tx.session, self.placed.prompt)

    @property
    def may_answer(self) -> bool:
        """Whether the incident is open, and the contact is neither barred from it nor involved in it (A3)."""
        return self.listener.may_answer(self.placed.address)

    @property
    def is_wanted(self) -> bool:
        """Whether its message is still wanted (A4)."""
        if self.kind in ASKING:
            return self.may_answer and self.prompt.is_open
        return not self.kind.is_alert or (self.may_answer and self.attempt.is_wanted())

    def proves(self, digits: str) -> bool:
        """Whether the digits are the contact's PIN."""
        return bool(try_contacts_pin(self.listener, self.placed.method, digits).check)

    def give_code(self) -> None:
        """Draw the call's code, unless it has one."""
        if self.code is None:
            self.code = self.locked.tx.entropy.digits(SPOKEN_CODE_LENGTH)
            self.attempt.change(spoken_code=self.code)

    def accept(self) -> None:
        """Record that a person listens. The attempt is delivered.

        The call goes on until the provider reports its end.
        """
        now = self.locked.tx.now
        status = AttemptStatus.DELIVERED
        self.attempt.change(status=status, failure=None, error=None, due_at=now + FOLLOW_UP, lease=None, changed_at=now)
        self.attempt.work.show(self.placed.notification, status)
        self.attempt.record("code_keyed")
        self.attempt.work.flush()

    def count_wrong_try(self) -> None:
        """Count a wrong code against the number, together with wrong codes it texts or keys elsewhere (B9).

        A PIN has its own count. The call itself goes on for its own three tries: a number that we call can't be forged.
        """
        if not self.asks_for_pin:
            self.attempt.work.flush()
            tx, number = self.locked.tx, self.placed.address
            told = [each for each in told_codes(tx, number) if each.incident == self.locked.incident.id]
            tell_number(number, count_wrong_tries(tx, number, told, 1))

    def ask_for_code(self, stage: str | None = None, *, try_number: int, silent: bool = False) -> KeypadQuestion:
        """The question for the code or the PIN; `stage` replaces its usual words."""
        if self.asks_for_pin:
            return KeypadQuestion(stage or "pin", self.pin_digits, try_number, silent)
        return KeypadQuestion(stage or "code", SPOKEN_CODE_LENGTH, try_number, silent)

    def say(self, *stages: str, ask: KeypadQuestion | None = None, words: Said | None = None) -> Spoken:
        """Store what was done and say these stages; `words` replace those that the call was placed with."""
        said = replace(words or self.placed.said, spoken_code=None if self.asks_for_pin else self.code)
        self.attempt.change(changed_at=self.locked.tx.now)
        self.attempt.finish()
        self.locked.finish()
        return Spoken(self.kind, self.placed.language, said, self.locked.incident.templates, stages, ask)


def is_long_over(tx: Tx, placed: PlacedCall) -> bool:
    """Whether no key of that call can be on its way any more."""
    return placed.ended_at is not None and placed.ended_at + KEYS_COUNT < tx.now


def take_call(tx: Tx, attempt_id: str) -> Call | None:
    """Lock the call of that attempt, in the order of locks; None where there is none."""
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.locked is None or not attempt.is_call:
        return None
    placed = placed_call(tx.session, attempt_id)
    return Call(attempt, attempt.locked, placed, placed.spoken_code)
