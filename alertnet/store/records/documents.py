"""Trees and templates as they were when an incident opened: each text is stored once, under its hash (A8)."""

import hashlib
from functools import lru_cache

from sqlalchemy import bindparam, select

from alertnet.core.errors import Unknown
from alertnet.store.db.engine import insert_once
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Unreadable
from alertnet.store.tables import documents

_IS_KEPT = Prepared(select(documents.c.hash).where(documents.c.hash == bindparam("hash")))


def keep(tx: Tx, kind: str, content: str) -> str:
    """Store a text under its hash (SHA-256, 64 hexadecimal digits), and give the hash. `kind` says what it is."""
    if not is_kept(tx, content):
        insert_once(tx.session, documents, {"hash": hash_of(content), "kind": kind, "content": content})
    return hash_of(content)


def is_kept(tx: Tx, content: str) -> bool:
    return bool(_IS_KEPT.all(tx.session, {"hash": hash_of(content)}))


@lru_cache(maxsize=64)
def hash_of(content: str) -> str:
    """The hash under which a text is stored; each start asks three times for that of all templates."""
    return hashlib.sha256(content.encode()).hexdigest()


def fetch(session: Session, name: str) -> str:
    """The text with that hash. Raises `Unknown` where there is none."""
    content: str | None = session.scalar(select(documents.c.content).where(documents.c.hash == name))
    if content is None:
        raise Unknown("document", name)
    return content


def are_readable(session: Session) -> bool:
    """Whether the secrets of this process can decrypt what is stored, judged by one text."""
    try:
        session.scalar(select(documents.c.content).limit(1))
    except Unreadable:
        return False
    return True
