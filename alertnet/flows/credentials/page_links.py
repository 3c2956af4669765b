"""Page links: one for each contact, method and subject. Its token is the only key to the page (B4)."""

from typing_extensions import TypedDict, Unpack

from alertnet.core.codec import replace
from alertnet.core.directory.contact import Method
from alertnet.core.disclosure import Said
from alertnet.core.notification import Kind
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Entropy
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.page_links import NewNoticeLink, NewPageLink
from alertnet.store.records.notifications import NotificationDraft

LINK_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LINK_LENGTH = 16  # of 32 characters: 80 bits
COORDINATORS = frozenset({Kind.DECISION, Kind.ALARM, Kind.NOTICE, Kind.TASK})
"""The kinds of messages whose link leads to the coordinator's page; that of any other leads to the contact's."""


class LinkedTo(TypedDict, total=False):
    """What a page is about: one of these."""

    escalation_id: str
    prompt_id: str
    acknowledgement_id: str


def path_of(kind: Kind, token: str) -> str:
    """The path of the page to which that token leads from a message of that kind."""
    return f"{'c' if kind in COORDINATORS else 'a'}/{token}"


def with_page(kind: Kind, said: Said, public_url: str) -> Said:
    """The words of a message with the URL of the page in place of its token."""
    return replace(said, link=f"{public_url}/{path_of(kind, said.link)}") if said.link else said


def draw_token(entropy: Entropy) -> str:
    return entropy.letters(LINK_LENGTH, LINK_CHARACTERS)


def link_token(recipient: Recipient, method: Method, **about: Unpack[LinkedTo]) -> tuple[str, str]:
    """The id and token of the contact's link by one method to one subject; made when first needed."""
    locked, [subject] = recipient.locked, about.values()
    key = (str(subject), *recipient.name, method.kind, method.address)
    made = _known_links_of(locked)
    if key not in made:
        id, token = locked.tx.entropy.id(), draw_token(locked.tx.entropy)
        locked.work.add(
            NewPageLink(
                id=id,
                token=token,
                token_hash=locked.tx.vault.token_hash(token),
                incident_id=locked.incident.id,
                tree=recipient.tree,
                contact=recipient.id,
                method=method.kind,
                address=method.address,
                created_at=locked.tx.now,
                **about,
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


def post_with_page(work: UnitOfWork, draft: NotificationDraft) -> None:
    """Post a notice with a link to a page that says what to do about it."""
    token = draw_token(work.tx.entropy)
    id = work.post(replace(draft, said=replace(draft.said, link=token)))
    work.add(NewNoticeLink(work.tx.vault.token_hash(token), id))
