"""What is asked of coordinators in an open incident, as values: the open prompts, and contacts whom nothing reaches."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.languages import Title
from alertnet.core.disclosure import ABOUT_NOBODY, NO_DETAILS, Details, Subject, details_of
from alertnet.core.incident import Severity, consent_of
from alertnet.core.limits import LATEST
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.reported import unsaid
from alertnet.store.db.vault import Unreadable
from alertnet.store.records.prompts import Prompt
from alertnet.store.views import timeline_view

MOST_WORDS = 3
CALL = "call"
"""The kind of a matter that has no prompt."""


@value
class Matter:
    """One thing asked of coordinators. `subject` and `about` are the prompt's.

    `names`: those to be told next, or called.

    `calls`: (tree, contact) of those to be called; names would not do, since two may share one and one of them may be
    barred. `neutral`: the subject for users who may not act, whatever a PIN has revealed. `title`: that of the tree.
    `held`: somebody (`held_by`) has put it off, and it is asked again at `again_at`; `taken_by`: who is calling
    meanwhile. `is_text`: about a text that has no incident yet. `details`: what is to be judged and who reported it,
    only for users who may act.
    """

    id: str
    ref: str
    type: str
    severity: Severity
    kind: str
    subject: str
    neutral: str
    names: tuple[str, ...]
    consent: str
    zone: str
    is_text: bool = False
    about: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    why: tuple[str, ...] = ()
    title: Title | None = None
    automatic_at: datetime | None = None
    again_at: datetime | None = None
    asked: int = 0
    held: bool = False
    held_by: str = ""
    taken_by: str | None = None
    details: Details = NO_DETAILS
    reported_by: tuple[str, ...] = ()
    besides: tuple["Matter", ...] = ()
    """Other alarms of its incident, which the same answer takes on."""

    @property
    def is_decision(self) -> bool:
        """Whether it is answered by go or hold."""
        return self.kind == PromptKind.DECISION

    @property
    def is_task(self) -> bool:
        """Whether it asks to call somebody."""
        return self.kind == PromptKind.TASK

    @property
    def is_call(self) -> bool:
        """Whether it asks to call somebody whom no message reaches, for which there is no prompt."""
        return self.kind == CALL

    @property
    def is_put_off(self) -> bool:
        """Whether somebody has put it off or is seeing to it, so that nothing is asked now."""
        return self.held or self.taken_by is not None

    @property
    def put_off_as(self) -> str:
        """How somebody has put it off, if anybody has."""
        return PromptAnswer.HOLD.value if self.held else PromptAnswer.TAKEN.value if self.taken_by else ""

    def order(self, acts: bool) -> tuple[object, ...]:
        """Sort key: not put off first, then what must be read first, the most severe, what proceeds soonest by itself.

        Only whoever may act (`acts`) is to know by its place what must be read first.
        """
        soonest = self.automatic_at.timestamp() if self.automatic_at else float("inf")
        is_first = self.said_to(acts)[0][0] == Subject.READ_FIRST
        return self.is_put_off, not is_first, self.severity.rank, not self.is_decision, soonest

    def said_to(self, acts: bool) -> list[tuple[str, str, str]]:
        """Each (subject, about, type) of it and the alarms beside it once; one that must be read first leads.

        Whoever may not act reads neutral subjects.
        """
        every = ((each.subject if acts else each.neutral, each) for each in (self, *self.besides))
        said = [(subject, "" if subject in ABOUT_NOBODY else each.about, each.type) for subject, each in every]
        return sorted(dict.fromkeys(said), key=lambda each: each[0] != Subject.READ_FIRST)


def matter_of(locked: LockedIncident, prompt: Prompt, to_go_on: Sequence[str], reporter: str, zone: str) -> Matter:
    """The matter of a prompt. `to_go_on`: who would be told if the incident, reported by `reporter`, were genuine."""
    tree = locked.tree_of(prompt.escalation_id) if prompt.escalation_id else ""
    level = prompts.asked_level(locked, prompt) if prompt.subject == Subject.LEVEL else None
    names = [locked.contact(tree, id).called for id in level.names] if level else []
    if prompt.subject == Subject.VERIFY:
        names = [*to_go_on]
    judged = (Subject.VERIFY, Subject.LEVEL)
    is_judged = (locked.facts.lone_text or prompt.subject in judged) and not locked.facts.duress
    return Matter(
        id=prompt.id,
        ref=locked.incident.ref,
        type=locked.facts.type,
        severity=locked.facts.severity,
        kind=prompt.kind,
        is_text=locked.facts.lone_text,
        subject=prompts.subject_of(locked, prompt).value,
        neutral=prompt.subject,
        about=_called(locked, tree, prompt),
        names=tuple(dict.fromkeys(names)),
        why=level.why if level else (),
        title=locked.tree(tree).title_to_read if tree else None,
        automatic_at=None if prompt.is_call_cut else (level or prompt).automatic_at,
        again_at=prompt.due_at,
        asked=prompt.asked,
        held=prompt.answer == PromptAnswer.HOLD,
        held_by=prompt.answered_by or "" if prompt.answer == PromptAnswer.HOLD else "",
        taken_by=prompt.answered_by if prompt.answer == PromptAnswer.TAKEN else None,
        details=_to_judge(locked) if is_judged else NO_DETAILS,
        reported_by=tuple(filter(None, (reporter, locked.facts.raised_from))) if is_judged else (),
        consent=consent_of(locked.facts).value,
        zone=zone,
    )


def with_alarms_joined(matters: Sequence[Matter]) -> list[Matter]:
    """The matters of an incident, in which all alarms that ring are one.

    None is left out for its subject: observers, who see neutral ones, would know by it what a PIN has revealed.
    """
    alarms = [each for each in matters if each.kind == PromptKind.ALARM and not (each.is_text or each.is_put_off)]
    if len(alarms) < 2:
        return [*matters]
    first, *besides = sorted(alarms, key=lambda each: each.again_at or LATEST)
    return [*(each for each in matters if each not in alarms), replace(first, besides=tuple(besides))]


def calls_of(locked: LockedIncident, calls: Sequence[tuple[str, str]], zone: str) -> Iterable[Matter]:
    """The matter that those contacts, (tree, contact), should be called; nothing where there are none."""
    if calls:
        facts, ref = locked.facts, locked.incident.ref
        yield Matter(
            id=f"call-{ref}",
            ref=ref,
            type=facts.type,
            severity=facts.severity,
            kind=CALL,
            subject=CALL,
            neutral=CALL,
            names=tuple(dict.fromkeys(locked.contact(*each).called for each in calls)),
            consent=consent_of(facts).value,
            zone=zone,
            calls=tuple(calls),
        )


def numbered(tree: ContactTree, index: int) -> str:
    """A level as a number and of how many, so that nobody takes it for a contact."""
    return f"{index + 1}/{len(tree.levels)}\u00a0·\u00a0{tree.levels[index].name}"


def _to_judge(locked: LockedIncident) -> Details:
    """What is known and was written.

    If somebody may be standing beside the team, it is shown only behind that warning.
    """
    known = details_of(locked.facts, Disclosure.FULL)
    try:
        texts = timeline_view.texts_of(locked.tx.session, locked.incident.id)
    except (Unreadable, ValueError):
        texts = []  # The incident's page says that part of it can't be read (A11).
    # Contacts' answers are no report, and would push it out.
    said = [each.words for each in texts if each.contact is None or locked.facts.lone_text][-MOST_WORDS:]
    earlier = (unsaid(each, said) for each in known.texts)
    return replace(known, texts=tuple(dict.fromkeys(filter(None, (*earlier, *said)))))


def _called(locked: LockedIncident, tree: str, prompt: Prompt) -> str:
    """The subject of a prompt: a contact by its name, else as it was written."""
    about = prompt.about or ""
    contacts = locked.tree(tree).contacts if tree else {}
    if prompt.subject == Subject.LEVEL and prompt.level_index is not None:
        return numbered(locked.tree(tree), prompt.level_index)
    return contacts[about].called if about in contacts else about
