"""Page links on the record: whoever has the token of one opens the page of one contact, about one thing (B4)."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.new_row import NewRow
from alertnet.store.tables import links


@dataclass(frozen=True, slots=True)
class NewPageLink(NewRow):
    """A link that is being made."""

    table = links
    stored_as = (("prompt_id", "alarm_id"),)

    id: str
    token: str
    token_hash: bytes
    incident_id: str
    escalation_id: str | None
    prompt_id: str | None
    acknowledgement_id: str | None
    tree: str
    contact: str
    method: MethodKind
    address: str
    created_at: datetime
    pin_tries: int = 0
