"""API keys: shown once when they are made, stored as hashes, and recognised by the id that each carries."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from alertnet.core.errors import BadInput, Unknown
from alertnet.store.tables import api_keys
from alertnet.store.tx import Tx

SCOPES = ("raise", "read", "coordinate", "administer")
EVERYTHING = "administer"
ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
ID_LENGTH = 8
SECRET_BYTES = 24
KEY = re.compile(r"alertnet_(?P<id>[a-z2-9]{1,16})_[0-9a-f]+")

_IN_FORCE = select(api_keys).where(api_keys.c.id == bindparam("id"), api_keys.c.revoked_at.is_(None))


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret. `team` is None for one that speaks for no field team."""

    id: str
    team: str | None
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None

    def may(self, scope: str) -> bool:
        """Whether it has that scope, or may do everything."""
        return bool(self.scopes & {scope, EVERYTHING})


def create(tx: Tx, team: str | None, scopes: Iterable[str]) -> tuple[str, str]:
    """A new key's id, and its text `alertnet_<id>_<secret>`, which nobody can read again.

    Raises:
        BadInput: no scope, or one that does not exist.
    """
    granted = set(scopes)
    if not granted or not granted <= set(SCOPES):
        raise BadInput("scopes", ",".join(sorted(granted - set(SCOPES))), SCOPES)
    key_id = tx.chance.letters(ID_LENGTH, ID_LETTERS)
    key = f"alertnet_{key_id}_{tx.chance.bytes(SECRET_BYTES).hex()}"
    row = {"id": key_id, "hash": _hash(key), "team": team, "scopes": sorted(granted), "created_at": tx.now}
    tx.session.execute(insert(api_keys), row)
    return key_id, key


def find(session: Session, key: str) -> ApiKey | None:
    """The key with that text, if there is one and it was not revoked."""
    form = KEY.fullmatch(key)
    if form is None:
        return None
    row = session.execute(_IN_FORCE, {"id": form["id"]}).first()
    if row is None or not hmac.compare_digest(row.hash, _hash(key)):
        return None
    return ApiKey(row.id, row.team, frozenset(row.scopes), row.created_at, row.revoked_at)


def list_all(session: Session) -> list[ApiKey]:
    """Every key ever made, oldest first."""
    rows = session.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
    return [ApiKey(row.id, row.team, frozenset(row.scopes), row.created_at, row.revoked_at) for row in rows]


def revoke(tx: Tx, key_id: str) -> None:
    """From now on the key opens nothing; a second time changes nothing.

    Raises:
        Unknown: there is no such key.
    """
    if tx.session.scalar(select(api_keys.c.id).where(api_keys.c.id == key_id)) is None:
        raise Unknown("API key", key_id)
    this = (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
    tx.session.execute(update(api_keys).where(this).values(revoked_at=tx.now))


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
