"""Turns decisions into drafts: what each contact is told, in its language, with its code and link."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.disclosure import Said, Subject, addressed, sent_by
from alertnet.core.escalation.coming import ComingLevel, Until, coming_level
from alertnet.core.escalation.effects import NewAlert
from alertnet.core.escalation.state import LAST_RESORT, State
from alertnet.core.notification import URGENT, Kind
from alertnet.flows.credentials.known_numbers import said_by
from alertnet.flows.credentials.page_links import link_token, post_with_page
from alertnet.flows.credentials.written_codes import written_code
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.db.tx import Tx
from alertnet.store.records import notifications
from alertnet.store.records.notifications import NotificationDraft

_MAIL = frozenset({MethodKind.EMAIL})
LEADS_TO_PAGE = {
    Kind.RECORDED: _MAIL,
    Kind.DECLINED: _MAIL,
    Kind.NOT_UNDERSTOOD: _MAIL,
    Kind.CORRECTION: _MAIL,
    Kind.UPDATE: WRITTEN,
    Kind.ACTION_REMINDER: WRITTEN,
}
"""By which methods a message after the alert carries the link of the contact's page, while the incident is open."""


@value
class Coming:
    """A level that comes next, and the title of its tree. `on_hold`: a coordinator holds it."""

    level: ComingLevel
    tree: str
    on_hold: bool

    @property
    def words(self) -> dict[str, Any]:
        """The fields of `Said` about it."""
        return {"next_level": self.level.name, "automatic_at": self.level.automatic_at, "tree": self.tree}


def said_in(locked: LockedIncident, tree: str) -> Said:
    """What every message of this incident says in that tree."""
    return replace(
        said_by(locked.tree(tree)),
        ref=locked.incident.ref,
        type=locked.facts.type,
        severity=locked.facts.severity,
        drill=locked.facts.drill,
        at=locked.incident.opened_at,
    )


def said(recipient: Recipient) -> Said:
    """The same for a contact: in its time zone, and with the callback number for it."""
    locked, tree, contact = recipient.locked, recipient.tree, recipient.contact
    return replace(
        said_in(locked, tree),
        ref=recipient.ref,
        callback=locked.tree(tree).callback_for(contact, locked.not_to_be_called),
        timezone=contact.timezone,
        expects_answer=contact.answers,
    )


def coming(recipient: Recipient, states: Mapping[str, State]) -> Coming | None:
    """The next level wherever the coordinator's answer counts, which it can hold; None for anybody else.

    `states`: the state of each tree's escalation.
    """
    locked, found = recipient.locked, []
    for each in recipient.same:
        if each.tree not in states or not each.contact.is_coordinator:
            continue
        level = coming_level(locked.plans, states, each.tree, locked.tx.now)
        if level is not None and level.index != LAST_RESORT and level.waits_for is not Until.OTHERS:
            found.append(Coming(level, locked.tree(each.tree).title, states[each.tree].on_hold_since is not None))
    by_itself = [each for each in found if each.level.automatic_at is not None]
    return min(by_itself, key=lambda each: each.level.automatic_at or locked.tx.now, default=next(iter(found), None))


def alert(recipient: Recipient, method: Method, new: NewAlert, escalation: str) -> NotificationDraft:
    """An alert or reminder by one method of a contact; one of whom no answer is expected gets neither code nor link."""
    locked, contact = recipient.locked, recipient.contact
    code, link, token = None, None, None
    if contact.answers:
        code = written_code(recipient)
        link, token = link_token(recipient, method, escalation_id=escalation)
    words = replace(
        addressed(said(recipient), locked.facts, contact, locked.tree(recipient.tree).level(new.level)),
        code=code.text if code else None,
        answerable=code is not None,
        link=token,
        subject=_subject(recipient, new.send.kind),
    )
    draft = draft_to(recipient, new.send.kind, method, words)
    return replace(draft, code_id=code.id if code else None, link_id=link)


def _subject(recipient: Recipient, kind: Kind) -> Subject | None:
    """Why a contact is alerted again whose answer was taken back: else it would think that the answer was lost."""
    escalation = recipient.escalation
    is_again = kind is Kind.ALERT and escalation is not None and recipient.id in escalation.state.revoked
    return Subject.REVOKED if is_again else None


def drafts(
    recipient: Recipient, kind: Kind, words: Said, methods: frozenset[MethodKind] = WRITTEN
) -> Iterator[NotificationDraft]:
    """A message that is neither an alert nor a prompt, by each of the contact's methods of those kinds."""
    its_words = replace(words, timezone=recipient.contact.timezone)
    for method in methods_at_any_hour(recipient, methods):
        yield draft_to(recipient, kind, method, _with_page(recipient, kind, method, its_words))


def _with_page(recipient: Recipient, kind: Kind, method: Method, words: Said) -> Said:
    """The words with the link of the contact's page, where that is where it goes on from this message."""
    if method.kind not in LEADS_TO_PAGE.get(kind, ()) or not recipient.contact.answers:
        return words
    escalation = recipient.escalation
    if escalation is None or not recipient.may_answer(method.address):
        return words
    _, token = link_token(recipient, method, escalation_id=escalation.id)
    return replace(words, link=token)


def methods_at_any_hour(recipient: Recipient, kinds: frozenset[MethodKind]) -> list[Method]:
    """All the contact's methods of those kinds, `when_closed` ones too if it is closed, with each address once."""
    return _reach(recipient).at_any_hour(recipient.locked.tx.now, kinds)


def notify_coordinators(
    locked: LockedIncident,
    subject: Subject,
    about: str | None = None,
    *,
    besides: Recipient | None = None,
    acknowledgement: str | None = None,
    leaves_at: datetime | None = None,
    besides_knows: bool = True,
) -> None:
    """Draft a notice to each coordinator who was told of the incident, or to all where none was: one SMS or mail.

    Where all who were told turned out to be strangers it goes to those untold, else to last resort. In a coordinator's
    quiet hours it is a mail, or else an SMS at their end, unless it tells of duress. `leaves_at`: not before then.
    `besides`: who needs none; unless `besides_knows`, somebody else has to hear all the same. `acknowledgement`: the
    answer that it is about; it then has a link to the page where the answer can be revoked and its giver's actions
    read.
    """
    everybody, at = locked.coordinators, leaves_at or locked.tx.now
    told = set() if locked.fresh else notifications.told(locked.tx.session, locked.incident.every_id, URGENT)
    spared = besides.names if besides else set()
    circles = (
        [each for each in everybody if told & each.names],
        everybody,
        [Recipient(locked, *each) for each in locked.plans.last_resort],
    )
    reached = (
        [(each, by) for each in circle if (by := _for_a_notice(each, subject, at)) or each.name in spared]
        for circle in circles
    )
    heard = (found for found in reached if besides_knows or any(each.name not in spared for each, _ in found))
    for recipient, by in next(filter(None, heard), ()):
        if by is None or recipient.name in spared:
            continue
        words = replace(said(recipient), subject=subject, about=about, at=locked.tx.now)
        if words.ref == about:
            # It knows the merged report alone, and is to read what that is part of.
            words = replace(words, ref=locked.incident.ref)
        _notice(recipient, words, acknowledgement, *by)


def _notice(recipient: Recipient, words: Said, acknowledgement: str | None, method: Method, at: datetime) -> None:
    draft = replace(draft_to(recipient, Kind.NOTICE, method, words), leaves_at=at)
    if acknowledgement is None:
        post_with_page(recipient.locked.work, draft)
        return
    link, token = link_token(recipient, method, acknowledgement_id=acknowledgement)
    recipient.locked.work.post(replace(draft, link_id=link, said=replace(words, link=token)))


def _for_a_notice(recipient: Recipient, subject: Subject, at: datetime) -> tuple[Method, datetime] | None:
    """The method for a notice, and when it may leave; that somebody is under duress can't wait for the morning."""
    reach = _reach(recipient)
    return (Reach(reach.contact) if subject is Subject.READ_FIRST else reach).for_a_notice(at)


def _reach(recipient: Recipient) -> Reach:
    """The methods by which the contact may be written to or called: none that turned out to be a stranger's."""
    locked, contact = recipient.locked, recipient.contact
    if strangers := locked.strangers:
        contact = contact.without(strangers)
    return Reach(contact, locked.plans[recipient.tree].times[contact.id])


def draft_to(recipient: Recipient, kind: Kind, method: Method, words: Said) -> NotificationDraft:
    locked, contact = recipient.locked, recipient.contact
    draft = draft_of(locked.tx, kind, recipient.tree, contact, method, sent_by(words, method), locked.rank(kind))
    return replace(draft, incident_id=locked.incident.id)


def draft_of(
    tx: Tx, kind: Kind, tree: str, contact: Contact, method: Method, words: Said, rank: int
) -> NotificationDraft:
    """A message by one method of a contact, about no incident."""
    return NotificationDraft(
        kind=kind,
        contact=contact.id,
        method=method.kind,
        address=method.address,
        language=contact.language,
        said=words,
        planned_at=tx.now,
        rank=rank,
        tree=tree,
        extension=method.extension,
    )
