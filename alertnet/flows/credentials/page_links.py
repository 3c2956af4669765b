"""Page links: one for each contact, method and subject. Its token is the only key to the page (B4)."""

from dataclasses import replace

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.flows.unit.unit_of_work import NotificationDraft, UnitOfWork
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.page_links import NewNoticeLink, NewPageLink

LINK_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LINK_LENGTH = 16  # of 32 characters: 80 bits


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
    """The id and token of the contact's link by one method to one subject; made when first needed."""
    key = (escalation or prompt or acknowledgement or "", tree, contact.id, method, address)
    made = _known_links_of(locked)
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


def _known_links_of(locked: LockedIncident) -> dict[tuple[str, str, str, str, str], tuple[str, str]]:
    if locked.known_links is None:
        known = locked.prefetch.read(page_links.of_incidents, locked.incident.id)
        locked.known_links = {
            (each.about, each.tree, each.contact, each.method, each.address): (each.id, each.token) for each in known
        }
    return locked.known_links


def post_with_page(work: UnitOfWork, draft: NotificationDraft) -> str:
    """Post a notice with a link to a page that says what to do about it; returns the notification's id."""
    token = work.tx.entropy.letters(LINK_LENGTH, LINK_CHARACTERS)
    id = work.post(replace(draft, said=replace(draft.said, link=token)))
    work.add(NewNoticeLink(work.tx.vault.token_hash(token), id))
    return id
