"""Messages to coordinators about no incident: they carry no code and need no answer."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact, Method, MethodKind, once_each
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import NoRef, Said, Subject
from alertnet.core.incident import Severity
from alertnet.core.notification import ANNOUNCED_BY, Kind, send_rank
from alertnet.flows.credentials.known_numbers import said_by
from alertnet.flows.credentials.page_links import post_with_page
from alertnet.flows.notifications.compose import draft_of
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.messages.message import METHODS
from alertnet.store.db.tx import Tx
from alertnet.store.records.notifications import NotificationDraft

RANKS = {
    Kind.ALARM: send_rank(Severity.SERIOUS.rank, Kind.ALARM),
    Kind.NOTICE: send_rank(Severity.MODERATE.rank, Kind.NOTICE),
    Kind.TEST: send_rank(Severity.WATCH.rank, Kind.TEST),
}
"""An alarm ranks as in a serious incident, a notice as in a moderate one, after all that is urgent, and a test last."""


@value
class Announcement:
    """What coordinators are told about no incident. `ref` stands in place of a reference; `at`: by default now."""

    kind: Kind
    subject: Subject
    ref: str = NoRef.OURSELVES
    about: str | None = None
    names: tuple[str, ...] = ()
    at: datetime | None = None


def tell_coordinators(
    tx: Tx,
    trees: Iterable[ContactTree],
    announced: Announcement,
    *,
    besides: str | None = None,
    engaged: str | None = None,
    by: frozenset[MethodKind] | None = None,
    leaves_at: datetime | None = None,
) -> None:
    """Tell each coordinator of these trees once: of an alarm by all methods `ANNOUNCED_BY`, of a notice by the first.

    `by`: other methods. A coordinator without any of them is told by any method that can say it. `besides`: an address
    of the person it is about, who need not be told. `engaged`: a telephone that must be free for a call that is put
    through to it; it gets no call of ours, unless it is all that there is. `leaves_at`: not before then.
    """
    work = UnitOfWork(tx)
    told: set[str] = set()
    for tree in trees:
        for contact in tree.coordinators:
            is_told = besides in contact.addresses or contact.asked_at <= told
            methods = [] if is_told else _methods_to_tell(contact, announced.kind, by)
            for method in methods if announced.kind is Kind.ALARM else methods[:1]:
                told |= contact.addresses
                if method.kind is MethodKind.CALL and method.address == engaged and len(methods) > 1:
                    continue
                words, rank = _words(tx, announced, tree, contact), RANKS[announced.kind]
                draft = draft_of(tx, announced.kind, tree.id, contact, method, words, rank)
                quiet_until = _quiet_until(leaves_at or tx.now, tree, contact, draft)
                post_with_page(work, replace(draft, leaves_at=quiet_until or leaves_at))
    work.flush()


def _methods_to_tell(contact: Contact, kind: Kind, by: frozenset[MethodKind] | None) -> list[Method]:
    """The methods by which a contact is told, with each address once for each kind."""
    methods = [method for method in contact.methods if method.kind in METHODS[kind]]
    wanted = ANNOUNCED_BY[kind] if by is None else by
    return once_each([method for method in methods if method.kind in wanted] or methods)


def _quiet_until(at: datetime, tree: ContactTree, contact: Contact, draft: NotificationDraft) -> datetime | None:
    """When an SMS that can wait may leave, if the contact is in its quiet hours."""
    can_wait = draft.kind is Kind.NOTICE and draft.method is not MethodKind.EMAIL
    return tree.times(contact, Severity.MODERATE).quiet_until(at) if can_wait else None


def _words(tx: Tx, announced: Announcement, tree: ContactTree, contact: Contact) -> Said:
    return replace(
        said_by(tree, contact),
        ref=announced.ref,
        subject=announced.subject,
        about=announced.about,
        names=announced.names,
        at=announced.at or tx.now,
    )
