"""Stored page links: the token of a link opens one contact's page about one thing (B4)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, func, select

from alertnet.core.codec import from_plain, value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.errors import Purged
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared, by_incident
from alertnet.store.db.tx import Tx
from alertnet.store.tables import acknowledgements, alarms, incidents, links, notice_links, notifications


@value
class PageLink:
    """A contact's link, sent by one of its methods; it is about an escalation, a prompt or an answer."""

    id: str
    token: str
    incident_id: str
    tree: str
    contact: str
    method: str
    address: str
    escalation_id: str | None = None
    prompt_id: str | None = None
    acknowledgement_id: str | None = None
    """The answer that a coordinator can revoke there."""

    @property
    def about(self) -> str:
        return self.escalation_id or self.prompt_id or self.acknowledgement_id or ""

    @property
    def prompt(self) -> str:
        assert self.prompt_id is not None
        return self.prompt_id

    @property
    def acknowledgement(self) -> str:
        assert self.acknowledgement_id is not None
        return self.acknowledgement_id


@value
class NewPageLink(PageLink, NewRow):
    table = links
    stored_as = (("prompt_id", "alarm_id"),)

    method: MethodKind
    token_hash: bytes = field(kw_only=True)
    created_at: datetime = field(kw_only=True)
    pin_tries: int = 0


_ABOUT = links.c["tree", "contact", "method", "address", "escalation_id", "alarm_id", "acknowledgement_id"]
_OF_INCIDENTS = Prepared(
    select(*links.c["id", "token", "incident_id"], *_ABOUT).where(links.c.incident_id.in_(bindparam("incidents")))
)
_ITS = func.coalesce(alarms.c.incident_id, acknowledgements.c.incident_id, links.c.incident_id)
"""The incident of what a link is about, which a merge or split may have moved since the link was made."""
_OF_TOKEN = Prepared(
    select(links.c.id, links.c.token, _ITS, *_ABOUT, incidents.c.ref, incidents.c.purged_at)
    .outerjoin(alarms, alarms.c.id == links.c.alarm_id)
    .outerjoin(acknowledgements, acknowledgements.c.id == links.c.acknowledgement_id)
    .join(incidents, incidents.c.id == _ITS)
    .where(links.c.token_hash == bindparam("hash"))
)


def find(tx: Tx, token: str) -> PageLink | None:
    """The link with that token, if ever given. Which incident acts for its own may change until that is locked.

    Raises `Purged` once its incident was.
    """
    row = _OF_TOKEN.first(tx.session, {"hash": tx.vault.token_hash(token)})
    if row is None:
        return None
    _refuse_purged(row.ref, row.purged_at)
    return PageLink(*tuple(row)[:-2])


def of_incidents(session: Session, incidents: Collection[str]) -> dict[str, list[PageLink]]:
    return by_incident(session, _OF_INCIDENTS, incidents, lambda row: PageLink(*tuple(row)))


def _refuse_purged(ref: str, purged_at: datetime | None) -> None:
    if purged_at is not None:
        raise Purged(ref, purged_at)


@value
class NewNoticeLink(NewRow):
    table = notice_links

    token_hash: bytes
    notification_id: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice for its page; `incident` is None if it is about none."""

    incident: str | None
    link: PageLink
    language: str
    said: Said


_NOTICE = Prepared(
    select(
        *notifications.c["id", "incident_id", "tree", "contact", "method", "address", "language", "said"],
        incidents.c.ref,
        incidents.c.purged_at,
    )
    .join(notice_links, notice_links.c.notification_id == notifications.c.id)
    .outerjoin(incidents, incidents.c.id == notifications.c.incident_id)
    .where(notice_links.c.token_hash == bindparam("hash"))
)


def find_notice(tx: Tx, token: str) -> Notice | None:
    """The notice whose page has that token, if any; none where its words were erased.

    Raises `Purged` once its incident was.
    """
    row = _NOTICE.first(tx.session, {"hash": tx.vault.token_hash(token)})
    if row is None:
        return None
    _refuse_purged(row.ref, row.purged_at)
    if not row.said:
        return None
    link = PageLink(row.id, token, row.incident_id or "", row.tree, row.contact, row.method, row.address)
    return Notice(row.incident_id, link, row.language, from_plain(Said, row.said))
