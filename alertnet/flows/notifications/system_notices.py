"""Messages to coordinators about no incident: they carry no code and need no answer."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Said, Subject
from alertnet.core.incident import Severity
from alertnet.core.notification import Kind, send_rank
from alertnet.flows.credentials.known_numbers import words_of
from alertnet.flows.credentials.page_links import post_with_page
from alertnet.flows.unit.unit_of_work import NotificationDraft, UnitOfWork
from alertnet.messages.message import METHODS
from alertnet.store.db.tx import Tx

RANKS = {
    Kind.ALARM: send_rank(Severity.SERIOUS.rank, Kind.ALARM),
    Kind.NOTICE: send_rank(Severity.MODERATE.rank, Kind.NOTICE),
}
"""An alarm ranks as in a serious incident; a notice as in a moderate one, after all that is urgent."""


def tell_coordinators(
    tx: Tx,
    trees: Iterable[ContactTree],
    kind: Kind,
    subject: Subject,
    *,
    ref: str,
    about: str | None = None,
    names: tuple[str, ...] = (),
    besides: str | None = None,
    by: frozenset[MethodKind] = WRITTEN,
    first_only: bool = True,
    leaves_at: datetime | None = None,
    at: datetime | None = None,
) -> None:
    """Tell each coordinator of these trees once, by the first of those methods or by all of them.

    A coordinator without any of them is told by any method that can say it. `ref` is used in place of a reference.
    `besides`: an address of the person it is about, who need not be told. `leaves_at`: not before then. `at`: the
    moment that it names, by default now.
    """
    work = UnitOfWork(tx)
    told: set[str] = set()
    for tree in trees:
        for contact in tree.coordinators:
            is_told = besides in contact.addresses or contact.asked_at <= told
            methods = [] if is_told else _methods_to_tell(contact, kind, by)
            for method in methods[:1] if first_only else methods:
                told |= contact.addresses
                words = words_of(tree, contact)
                words = replace(words, ref=ref, subject=subject, about=about, names=names, at=at or tx.now)
                soonest = leaves_at or tx.now
                leaves = (_quiet_until(soonest, tree, contact, method) if kind is Kind.NOTICE else None) or leaves_at
                post_with_page(work, replace(_draft(tx, kind, tree, contact, method, words), leaves_at=leaves))
    work.flush()


def _methods_to_tell(contact: Contact, kind: Kind, by: frozenset[MethodKind]) -> list[Method]:
    """The methods by which a contact is told, with each address once for each kind."""
    methods = [method for method in contact.methods if method.kind in METHODS[kind]]
    chosen = [method for method in methods if method.kind in by] or methods
    return list({(method.kind, method.address): method for method in chosen}.values())


def _quiet_until(at: datetime, tree: ContactTree, contact: Contact, method: Method) -> datetime | None:
    """When an SMS that can wait may leave, if the contact is in its quiet hours."""
    return None if method.kind is MethodKind.EMAIL else tree.times(contact, Severity.MODERATE).quiet_until(at)


def _draft(tx: Tx, kind: Kind, tree: ContactTree, contact: Contact, method: Method, words: Said) -> NotificationDraft:
    return NotificationDraft(
        kind=kind,
        contact=contact.id,
        method=method.kind,
        address=method.address,
        language=contact.language,
        said=words,
        planned_at=tx.now,
        rank=RANKS[kind],
        tree=tree.id,
        extension=method.extension,
    )
