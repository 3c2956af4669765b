"""A call that somebody picked up, under a flow's hands: what it is about, and what may be said and asked in it."""

from dataclasses import dataclass, replace
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.disclosure import Said
from alertnet.core.inbound.code_formats import SPOKEN_CODE_LENGTH
from alertnet.core.notification import ASKING, AttemptStatus, Kind
from alertnet.flows.credentials.pins import digits_of_pin
from alertnet.flows.escalation.pin_proof import Door, owner_of_pin, try_contacts_pin
from alertnet.flows.notifications.cancel_alerts import is_wanted
from alertnet.flows.sending.locked_attempt import FOLLOW_UP, LockedAttempt, lock_attempt
from alertnet.flows.sms.wrong_codes import count_wrong_tries
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials.codes import told_codes
from alertnet.store.records.notifications import coverage_of
from alertnet.store.records.prompts import Prompt
from alertnet.store.views.placed_call import PlacedCall, placed_call


@value
class KeypadQuestion:
    """A stage that is answered with keys, and that they may interrupt. `digits`: how many at most.

    `try_number` counts the tries from 1; None: no key is wrong. `silent`: nothing was keyed when it was asked before.
    `about`: the further matter that it asks about, by the id of its code.
    """

    stage: str
    digits: int
    try_number: int | None = None
    silent: bool = False
    about: str | None = None


@value
class Spoken:
    """What a call says next, as stages of its script, and what it then asks; without a question it hangs up.

    `templates`: the hash of those that the incident is pinned to; None: those in force, since it is about no incident.
    `then`: what it goes on with, in the words of another incident perhaps.
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
    """What was keyed to which question; `try_number` None: not known, so it counts as a try of its own."""

    digits: str
    is_wrong_person: bool = False
    """9 and the star."""
    try_number: int | None = None
    silent: bool = False
    """Nothing was keyed when this question was asked before."""
    about: str | None = None
    """The further matter that was asked about; None: the code, or what the call was placed for."""


@dataclass
class Call:
    """One attempt to call a contact, and the incident it belongs to."""

    attempt: LockedAttempt
    locked: LockedIncident
    placed: PlacedCall
    """As it was when its provider asked what to say."""
    code: str | None
    """Three digits, random for this call and valid in it alone; None until somebody picks up."""

    @property
    def kind(self) -> Kind:
        """The kind of message that the call was placed for."""
        return self.placed.kind

    @property
    def asks_for_code(self) -> bool:
        """Whether somebody has to prove that a person listens; the other kinds only say what they have to."""
        return (self.kind.is_alert and self.placed.said.expects_answer) or self.kind in ASKING

    @property
    def is_keyed(self) -> bool:
        """Whether the call's code was keyed."""
        return self.asks_for_code and self.attempt.status is AttemptStatus.DELIVERED

    @cached_property
    def pin_digits(self) -> int:
        """How many digits the contact's PIN has; 0 where none is on record."""
        return digits_of_pin(self.locked.tx, owner_of_pin(self.locked, self.placed.tree, self.placed.contact))

    @property
    def asks_for_pin(self) -> bool:
        """Whether the contact keys its PIN; one that has none on record keys the spoken code, or could never answer."""
        return self.pin_digits > 0

    @property
    def prompt(self) -> Prompt:
        """The prompt that the call rings for."""
        return prompt_store.get(self.locked.tx.session, self.placed.prompt)

    @property
    def may_answer(self) -> bool:
        """Whether the incident is open, and the contact neither barred from it nor involved in it (A3)."""
        return self.locked.may_answer(self.placed.tree, self.placed.contact, self.placed.address)

    @property
    def is_wanted(self) -> bool:
        """Whether what it says is still wanted (A4)."""
        if self.kind in ASKING:
            return self.may_answer and self.prompt.is_open
        if not self.kind.is_alert:
            return True
        coverage = coverage_of(self.locked.tx.session, self.placed.notification)
        return self.may_answer and any(is_wanted(self.locked, each) for each in coverage)

    def proves(self, digits: str) -> bool:
        """Whether the digits are the contact's PIN."""
        door = Door(self.placed.tree, self.placed.contact, self.placed.method)
        return bool(try_contacts_pin(self.locked, door, digits).check)

    def give_code(self) -> None:
        """Draw the code of this call, unless it has one."""
        if self.code is None:
            self.code = self.locked.tx.entropy.digits(SPOKEN_CODE_LENGTH)
            self.attempt.change(spoken_code=self.code)

    def accept(self) -> None:
        """A person listens: the attempt is delivered, while the call goes on until the provider reports its end."""
        now = self.locked.tx.now
        status = AttemptStatus.DELIVERED
        self.attempt.change(status=status, failure=None, error=None, due_at=now + FOLLOW_UP, lease=None, changed_at=now)
        self.attempt.work.show(self.placed.notification, status)
        self.attempt.record("code_keyed")
        self.attempt.work.flush()

    def count_wrong_try(self) -> None:
        """Count a wrong code against the number, with those that it texts or keys elsewhere; a PIN has its own count.

        This call goes on by its own three tries: whoever hears its code was called by us, and can't be forged.
        """
        if not self.asks_for_pin:
            self.attempt.work.flush()
            told = [
                each
                for each in told_codes(self.locked.tx, self.placed.address)
                if each.incident == self.locked.incident.id
            ]
            count_wrong_tries(self.locked.tx, self.placed.address, told, 1, by_text=False)

    def ask_for_code(self, stage: str | None = None, *, try_number: int, silent: bool = False) -> KeypadQuestion:
        """The question after the code or the PIN; `stage` in place of the usual words."""
        if self.asks_for_pin:
            return KeypadQuestion(stage or "pin", self.pin_digits, try_number, silent)
        return KeypadQuestion(stage or "code", SPOKEN_CODE_LENGTH, try_number, silent)

    def say(self, *stages: str, ask: KeypadQuestion | None = None, words: Said | None = None) -> Spoken:
        """Write down what was done, and say this; `words`: in place of those that the call was placed with."""
        said = replace(words or self.placed.said, spoken_code=None if self.asks_for_pin else self.code)
        self.attempt.change(changed_at=self.locked.tx.now)
        self.attempt.finish()
        self.locked.finish()
        return Spoken(self.kind, self.placed.language, said, self.locked.incident.templates, stages, ask)


def take_call(tx: Tx, attempt_id: str) -> Call | None:
    """The call of that attempt, held in the order of locks; None when there is none."""
    locked = lock_attempt(tx, attempt_id)
    if locked is None or locked.locked is None or not locked.is_call:
        return None
    placed = placed_call(tx.session, attempt_id)
    return Call(locked, locked.locked, placed, placed.spoken_code)
