"""What the coordinators are told where no incident is concerned: it carries no code, and nobody has to answer it."""

from collections.abc import Iterable
from dataclasses import replace

from alertnet.core.contact import Contact
from alertnet.core.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.incident import Severity
from alertnet.core.notification import Kind
from alertnet.flows.known_numbers import words_of
from alertnet.flows.letters import WRITTEN
from alertnet.flows.outbox import Letter, Outbox
from alertnet.store.tx import Tx

RANKS = {Kind.ALARM: Severity.SERIOUS.rank * 2, Kind.NOTICE: Severity.MODERATE.rank * 2 + 1}
"""An alarm as one of a serious incident; a notice as one of a moderate one: after all that is urgent."""


def tell_coordinators(
    tx: Tx,
    trees: Iterable[ContactTree],
    kind: Kind,
    subject: Subject,
    *,
    ref: str,
    about: str | None = None,
    besides: str | None = None,
) -> None:
    """One SMS or mail to each coordinator of these trees; `ref` stands where a reference would.

    `besides`: an address of whoever it is about, and need not be told.
    """
    outbox = Outbox(tx)
    told = {besides}
    for tree in trees:
        for contact in tree.coordinators:
            if not contact.addresses & told and (letter := _letter(tx, kind, tree, contact)):
                told |= contact.addresses
                outbox.post(replace(letter, said=replace(letter.said, ref=ref, subject=subject, about=about)))
    outbox.flush()


def _letter(tx: Tx, kind: Kind, tree: ContactTree, contact: Contact) -> Letter | None:
    method = next((method for method in contact.methods if method.kind in WRITTEN), None)
    if method is None:
        return None
    return Letter(
        kind=kind,
        contact=contact.id,
        method=method.kind,
        address=method.address,
        language=contact.language,
        said=replace(words_of(tree, contact), at=tx.now),
        planned_at=tx.now,
        rank=RANKS[kind],
        tree=tree.id,
    )
