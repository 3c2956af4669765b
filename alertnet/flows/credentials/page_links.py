"""Links: one for each contact, method and thing that it is about; its token is the only key to the page (B4)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select
from sqlalchemy.orm import Session

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.by_incident import by_incident
from alertnet.store.db.prepared import Prepared
from alertnet.store.records.credentials.page_links import NewPageLink
from alertnet.store.tables import links

LINK_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LINK_LENGTH = 16  # of 32 characters: 80 bits

_INCIDENTS: BindParameter[Any] = bindparam("incidents", expanding=True)
_LINKS = Prepared(
    select(
        links.c.incident_id,
        links.c.id,
        links.c.token,
        links.c.escalation_id,
        links.c.alarm_id,
        links.c.acknowledgement_id,
        links.c.tree,
        links.c.contact,
        links.c.method,
        links.c.address,
    ).where(links.c.incident_id.in_(_INCIDENTS))
)


def link_token(
    locked: LockedIncident,
    tree: str,
    contact: Contact,
    method: MethodKind,
    address: str,
    *,
    escalation: str | None = None,
    prompt: str | None = None,
    acknowledgement: str | None = None,
) -> tuple[str, str]:
    """The id and token of the contact's link, by one method, to what it is about; made at the first need."""
    key = (escalation or prompt or acknowledgement or "", tree, contact.id, method.value, address)
    made = known_links_of(locked)
    if key not in made:
        id, token = locked.tx.entropy.id(), locked.tx.entropy.letters(LINK_LENGTH, LINK_CHARACTERS)
        locked.work.add(
            NewPageLink(
                id=id,
                token=token,
                token_hash=locked.tx.vault.token_hash(token),
                incident_id=locked.incident.id,
                escalation_id=escalation,
                prompt_id=prompt,
                acknowledgement_id=acknowledgement,
                tree=tree,
                contact=contact.id,
                method=method,
                address=address,
                created_at=locked.tx.now,
            )
        )
        made[key] = (id, token)
    return made[key]


def known_links_of(locked: LockedIncident) -> dict[tuple[str, str, str, str, str], tuple[str, str]]:
    if locked.known_links is None:
        rows = locked.prefetch.read(_read_links, locked.incident.id)
        locked.known_links = {
            (_about(row), row.tree, row.contact, row.method, row.address): (row.id, row.token) for row in rows
        }
    return locked.known_links


def _about(link: Row[Any]) -> str:
    return str(link.escalation_id or link.alarm_id or link.acknowledgement_id or "")


def _read_links(session: Session, incidents: Collection[str]) -> dict[str, list[Row[Any]]]:
    return by_incident(session, _LINKS, incidents, lambda row: row)
