"""Written codes, and the numbers that hold each: for every number a text stands for one incident (B4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from alertnet.core.incident import IncidentStatus
from alertnet.store.db.new_row import NewRow
from alertnet.store.db.prepared import Prepared
from alertnet.store.records.credentials import lost_codes
from alertnet.store.tables import code_numbers, codes, incidents


@dataclass(frozen=True, slots=True)
class NewCode(NewRow):
    """A code that is being made; `contact` None: of a decision, for any coordinator."""

    table = codes
    stored_as = (("text", "code"), ("prompt_id", "alarm_id"))

    id: str
    incident_id: str
    tree: str | None
    contact: str | None
    text: str
    code_hash: bytes
    created_at: datetime
    prompt_id: str | None
    wrong_tries: int = 0


@dataclass(frozen=True, slots=True)
class NewCodeNumber(NewRow):
    """A number that a code is good from, and whose it is."""

    table = code_numbers

    code_id: str
    number_index: bytes
    code_hash: bytes
    tree: str
    contact: str
    relays: bool
    open: bool = True


# Statements are made once: making one costs as much as running it.
_HOLDERS = Prepared(
    select(codes.c.code_hash, code_numbers.c.number_index)
    .join(code_numbers, code_numbers.c.code_id == codes.c.id)
    .join(incidents, incidents.c.id == codes.c.incident_id)
    .where(codes.c.code_hash.in_(bindparam("hashes", expanding=True)), codes.c.voided_at.is_(None))
    .where((incidents.c.status == IncidentStatus.OPEN.value) | (incidents.c.closed_at > bindparam("closed_after")))
    .union_all(lost_codes.HELD)
)

_MINE, _THEIRS, _OTHERS = code_numbers.alias(), code_numbers.alias(), codes.alias()
_BESIDE_ANOTHER = Prepared(
    select(codes.c.id).where(
        codes.c.id.in_(bindparam("ids", expanding=True)),
        select(_OTHERS.c.id)
        .join(_THEIRS, _THEIRS.c.code_id == _OTHERS.c.id)
        .join(_MINE, _MINE.c.number_index == _THEIRS.c.number_index)
        .where(_MINE.c.code_id == codes.c.id, _THEIRS.c.open, _OTHERS.c.incident_id != codes.c.incident_id)
        .exists(),
    )
)


def holders(session: Session, hashes: Collection[bytes], closed_after: datetime) -> list[tuple[bytes, bytes]]:
    """(hash, number's index) of who holds a code of these hashes: of an incident open, closed after that, or lost."""
    values = {"hashes": list(hashes), "closed_after": closed_after}
    return [(row.code_hash, row.number_index) for row in _HOLDERS.all(session, values)]


def beside_another(session: Session, ids: Collection[str]) -> set[str]:
    """Those of the codes one of whose numbers has an open code of another incident, too."""
    return set(_BESIDE_ANOTHER.scalars(session, {"ids": list(ids)}))
