"""API keys: shown once when made, stored as keyed hashes, and found by the id that each contains.

The stored row is authenticated as a whole: a key that was inserted, or given more scopes, without the secret opens
nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from alertnet.core.codec import value
from alertnet.core.errors import BadInput, Unknown
from alertnet.store.db.columns import canonical, vault_of
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Purpose, Vault
from alertnet.store.tables import api_keys

SCOPES = ("raise", "read", "coordinate", "administer")
EVERYTHING = "administer"
DEVICE = "device:"
"""The prefix of the scope of a device's own key, followed by its name; the key raises only that device's alarm."""
_DEVICE = re.compile(r"device:[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
ID_LENGTH = 8
SECRET_BYTES = 24
_IN_FORCE_HERE = "keys_in_force"
KEY = re.compile(r"alertnet_(?P<id>[a-z2-9]{1,16})_[0-9a-f]+")

_UNREVOKED = Prepared(select(api_keys.c.id).where(api_keys.c.id == bindparam("id"), api_keys.c.revoked_at.is_(None)))
_IN_FORCE = Prepared(select(api_keys).where(api_keys.c.id == bindparam("id"), api_keys.c.revoked_at.is_(None)))
_ALL_IN_FORCE = select(api_keys).where(api_keys.c.revoked_at.is_(None)).order_by(api_keys.c.id)
_ADD = Prepared(insert(api_keys))


@value
class ApiKey:
    """A key without its secret. `team` is None if it belongs to no field team."""

    id: str
    team: str | None
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None
    is_dated: bool = False
    """Whether an older secret authenticates it; then call `renew`."""

    def may(self, scope: str) -> bool:
        """Whether it has that scope, or may do everything."""
        return bool(self.scopes & {scope, EVERYTHING})


def is_device(scope: str) -> bool:
    """Whether it is the scope of a device with a name that one may have."""
    return _DEVICE.fullmatch(scope) is not None


def create(tx: Tx, team: str | None, scopes: Iterable[str]) -> tuple[str, str]:
    """Create a key; gives its id and its text `alertnet_<id>_<secret>`, which nobody can read again.

    Refuses a scope that does not exist, or none.
    """
    granted = set(scopes)
    is_known = granted <= set(SCOPES) or (len(granted) == 1 and all(map(is_device, granted)))
    if not granted or not is_known:
        raise BadInput("scopes", ",".join(sorted(granted - set(SCOPES))), SCOPES)
    key_id = tx.entropy.letters(ID_LENGTH, ID_LETTERS)
    key = f"alertnet_{key_id}_{tx.entropy.bytes(SECRET_BYTES).hex()}"
    row = {
        "id": key_id,
        "hash": tx.vault.mac(Purpose.API_KEY, key.encode()),
        "team": team,
        "scopes": sorted(granted),
        "created_at": tx.now,
        "revoked_at": None,
    }
    mac = tx.vault.mac(Purpose.API_KEY_ROW, _whole(row))
    _ADD.each(tx.session, [row | {"mac": mac}])
    return key_id, key


def find(session: Session, key: str) -> ApiKey | None:
    """The key with that text, if we made it and it was not revoked."""
    form = KEY.fullmatch(key)
    if form is None:
        return None
    vault = vault_of(session.dialect)
    row = _IN_FORCE.first(session, {"id": form["id"]})
    if row is None or not is_vouched_for(session, row) or not _is_text_of(vault, row, key):
        return None
    return _key(row, is_dated=_is_dated(vault, row))


def ask_if_in_force(session: Session, key: ApiKey) -> Callable[[], bool]:
    """Ask whether a key found before has not been revoked since: call what this returns.

    Flows that share a transaction ask once.
    """
    known: set[str] = session.info.setdefault(_IN_FORCE_HERE, set())
    if key.id in known:
        return lambda: True
    found = _UNREVOKED.ahead(session, {"id": key.id})

    def is_in_force() -> bool:
        known.update(row.id for row in found())
        return key.id in known

    return is_in_force


def is_vouched_for(session: Session, row: Row[Any]) -> bool:
    """Whether the stored row was written with a listed secret."""
    vault = vault_of(session.dialect)
    return row.mac is not None and vault.is_mac(Purpose.API_KEY_ROW, _whole(row._asdict()), row.mac)


def dated(tx: Tx) -> list[str]:
    """Ids of the keys in force that an older secret authenticates until they are used next."""
    vouched = [row for row in tx.session.execute(_ALL_IN_FORCE) if is_vouched_for(tx.session, row)]
    return [row.id for row in vouched if _is_dated(tx.vault, row)]


def not_vouched_for(session: Session) -> list[str]:
    """Ids of the keys in force that no listed secret authenticates: they open nothing."""
    return [row.id for row in session.execute(_ALL_IN_FORCE) if not is_vouched_for(session, row)]


def vouch_for_all(tx: Tx) -> None:
    """Authenticate the keys from before rows were authenticated."""
    for row in tx.session.execute(select(api_keys).where(api_keys.c.mac.is_(None))).all():
        _vouch(tx, row, {})


def renew(tx: Tx, key: str) -> None:
    """Authenticate a key with the newest secret instead of an older one, so that that one can be dropped."""
    found = find(tx.session, key)
    if found is not None:
        row = tx.session.execute(select(api_keys).where(api_keys.c.id == found.id)).one()
        _vouch(tx, row, {"hash": tx.vault.mac(Purpose.API_KEY, key.encode())})


def revoked_of(session: Session, ids: Sequence[str]) -> frozenset[str]:
    """Those of these keys that were revoked."""
    query = select(api_keys.c.id).where(api_keys.c.id.in_(ids), api_keys.c.revoked_at.is_not(None))
    return frozenset(session.scalars(query))


def list_all(session: Session) -> list[ApiKey]:
    """All keys ever made, oldest first."""
    return [_key(row) for row in session.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))]


def revoke(tx: Tx, key_id: str) -> None:
    """Revoke a key; doing it twice changes nothing."""
    row = tx.session.execute(select(api_keys).where(api_keys.c.id == key_id).with_for_update()).first()
    if row is None:
        raise Unknown("API key", key_id)
    if row.revoked_at is None:
        _vouch(tx, row, {"revoked_at": tx.now})


def _vouch(tx: Tx, row: Row[Any], changes: dict[str, Any]) -> None:
    mac = tx.vault.mac(Purpose.API_KEY_ROW, _whole(row._asdict() | changes))
    tx.session.execute(update(api_keys).where(api_keys.c.id == row.id).values(**changes, mac=mac))
    tx.session.info.pop(_IN_FORCE_HERE, None)


def _is_text_of(vault: Vault, row: Row[Any], key: str) -> bool:
    """Whether the row is that of the key with that text; earlier versions hashed it without the secret."""
    has_none = hmac.compare_digest(row.hash, hashlib.sha256(key.encode()).digest())
    return vault.is_mac(Purpose.API_KEY, key.encode(), row.hash) or has_none


def _is_dated(vault: Vault, row: Row[Any]) -> bool:
    """Whether it was an older secret that authenticated the stored row."""
    return not vault.is_newest_mac(Purpose.API_KEY_ROW, _whole(row._asdict()), row.mac)


def _whole(row: Mapping[str, Any]) -> bytes:
    """The whole stored row as bytes, to be authenticated."""
    revoked_at = row["revoked_at"]
    fields = {
        "id": row["id"],
        "hash": row["hash"].hex(),
        "team": row["team"],
        "scopes": sorted(row["scopes"]),
        "created_at": row["created_at"].isoformat(),
        "revoked_at": revoked_at.isoformat() if revoked_at else None,
    }
    return canonical(fields).encode()


def _key(row: Row[Any], *, is_dated: bool = False) -> ApiKey:
    return ApiKey(row.id, row.team, frozenset(row.scopes), row.created_at, row.revoked_at, is_dated)
