"""Trees and templates as they were when an incident opened: each content is kept once, under its hash (A8)."""

import hashlib

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alertnet.core.errors import Unknown
from alertnet.store.db.engine import insert_once
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Unreadable
from alertnet.store.tables import documents


def keep(tx: Tx, kind: str, content: str) -> str:
    """Keep a content under its hash (SHA-256, 64 hexadecimal digits), and give that. `kind` says what it is."""
    name = hash_of(content)
    if not is_kept(tx, content):
        insert_once(tx.session, documents, {"hash": name, "kind": kind, "content": content})
    return name


def is_kept(tx: Tx, content: str) -> bool:
    """Whether that content is kept."""
    return bool(tx.session.scalar(select(exists().where(documents.c.hash == hash_of(content)))))


def hash_of(content: str) -> str:
    """What a content is kept under."""
    return hashlib.sha256(content.encode()).hexdigest()


def fetch(session: Session, name: str) -> str:
    """The content of that hash.

    Raises:
        Unknown: nothing was kept under it.
    """
    content: str | None = session.scalar(select(documents.c.content).where(documents.c.hash == name))
    if content is None:
        raise Unknown("document", name)
    return content


def are_readable(session: Session) -> bool:
    """Whether the secrets of this process open what is kept, as far as one content shows it."""
    try:
        session.scalar(select(documents.c.content).limit(1))
    except Unreadable:
        return False
    return True
