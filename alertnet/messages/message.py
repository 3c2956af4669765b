"""Rendered messages and call scripts, and which kind of message goes by which method."""

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import Action
from alertnet.core.notification import Kind


@value
class Message:
    """A message in the recipient's language. Fields that its method does not use stay empty."""

    language: str
    """BCP 47 tag of the text, or of the voice for a call."""
    text: str = ""
    """The SMS, or the plain-text part of a mail."""
    subject: str = ""
    html: str = ""
    sentences: tuple[str, ...] = ()
    """The sentences of a call, in the order of its template."""


@value
class CallScript:
    """All sentences that a call may say, by stage. The flow of the call picks the stage."""

    language: str
    """BCP 47 tag of the voice: en-GB, fr-FR, es-MX."""
    sentences: dict[str, str]
    foreign: tuple[str, str] = ("", "")
    """A name in another language that occurs in the sentences, and the tag of the voice for it."""

    def spoken(self, stage: str) -> tuple[tuple[str, str], ...]:
        """The sentence of that stage in pieces, each with the voice that says it."""
        text, (name, voice) = self.sentences[stage], self.foreign
        if not name or name not in text:
            return ((text, self.language),)
        before, _, after = text.partition(name)
        pieces = ((before.rstrip(" ,"), self.language), (name, voice), (after.lstrip(" ,."), self.language))
        return tuple(each for each in pieces if each[0])

    def parts(self, stage: str) -> tuple[str, ...]:
        """The sentence of that stage, split at its pauses."""
        return tuple(part.strip() for part in self.sentences[stage].split(PAUSE))


OPEN_MATTERS = "open_matters"
"""The folder of the SMS that lists all matters open for a coordinator, instead of only the newest."""

PAUSE = "…"
"""A pause of one second in a sentence of a call."""

STAGES = (
    "greeting",
    "code",
    "pin",
    "again",
    "after",
    "next",
    "nothing_recorded",
    "taken_care_of",
    "gone_ahead",
    "wrong_person",
    "thanks_acknowledged",
    "thanks_relayed",
    "thanks_declined",
    "thanks_go",
    "thanks_hold",
    "goodbye",
    "further",
    "no_incident",
)
"""The stages of a call's script.

Only `greeting` is fit for a voicemail. `after` is said only once a code was accepted and committed, and `next` only
after a coordinator's answer. `no_incident` is all that a call about no incident says.
"""

_SMS = frozenset({MethodKind.SMS})
_WRITTEN = _SMS | {MethodKind.EMAIL}
_ALL = _WRITTEN | {MethodKind.CALL}

METHODS: dict[Kind, frozenset[MethodKind]] = {
    Kind.ALERT: _ALL,
    Kind.REMINDER: _ALL,
    Kind.DECISION: _ALL,
    Kind.ALARM: _ALL,
    Kind.TASK: _ALL,
    Kind.NOTICE: _WRITTEN,
    Kind.RECORDED: _ALL,
    Kind.DECLINED: _WRITTEN,
    Kind.NOT_UNDERSTOOD: _WRITTEN,
    Kind.ALREADY_CLOSED: _WRITTEN,
    Kind.RECEIPT: _SMS,
    Kind.FIELD_STATUS: _SMS,
    Kind.UPDATE: _ALL,
    Kind.CORRECTION: _ALL,
    Kind.STAND_DOWN: _ALL,
    Kind.ACTION_REMINDER: _ALL,
    Kind.TEST: _ALL,
}
"""The methods of each kind. A contact that was alerted only by phone is also told what follows by phone."""

_QUESTIONS = (Subject.VERIFY, Subject.LEVEL, Subject.CONFIRM, Subject.CHANGE, Subject.TASK)
_ANY_NEWS = tuple(subject for subject in Subject if subject not in _QUESTIONS)
_NEVER_RUNG = (
    *(Subject(f"action_{action}") for action in Action),
    Subject.DUTY_BEGINS,
    Subject.DRILL_COMES,
    Subject.DRILL_SKIPPED,
    Subject.NOT_PURGED,
)

SUBJECTS: dict[Kind, tuple[Subject, ...]] = {
    Kind.DECISION: (Subject.LEVEL, Subject.VERIFY, Subject.CONFIRM, Subject.CHANGE),
    Kind.TASK: (Subject.TASK,),
    Kind.ALARM: tuple(subject for subject in _ANY_NEWS if subject not in _NEVER_RUNG),
    Kind.NOTICE: _ANY_NEWS,
    Kind.RECORDED: (Subject.ACKNOWLEDGED, Subject.RELAYED, Subject.ACTION, Subject.GO, Subject.HOLD),
    Kind.CORRECTION: (Subject.NEWS, Subject.REOPENED),
    Kind.NOT_UNDERSTOOD: (Subject.NOT_UNDERSTOOD, Subject.WRONG_CODES),
    Kind.ALREADY_CLOSED: (Subject.CLOSED, Subject.ACKNOWLEDGED),
    Kind.RECEIPT: (
        Subject.VERIFIED,
        Subject.VERIFY,
        Subject.WITHDRAWAL,
        Subject.NOT_WITHDRAWN,
        Subject.LOW_BATTERY,
        Subject.TESTED,
        Subject.LANGUAGE,
        Subject.CHECKED_IN,
        Subject.NOT_COUNTED,
    ),
    Kind.FIELD_STATUS: (
        Subject.ACKNOWLEDGED,
        Subject.NOBODY,
        Subject.CLOSED,
        Subject.REOPENED,
        Subject.CHECK_IN_DUE,
        Subject.ROLL_CALL,
    ),
}
"""The possible subjects of each kind that has one; the first is the default."""
