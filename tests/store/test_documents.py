"""Trees and templates by content."""

import hashlib

import pytest
from sqlalchemy import func, select

from alertnet.core.errors import Unknown
from alertnet.store.db.tx import Tx
from alertnet.store.records.documents import fetch, keep
from alertnet.store.tables import documents


def test_a_document_is_found_by_the_hash_of_its_content(tx: Tx) -> None:
    """A8: running plans are pinned."""
    name = keep(tx, "tree", "tree: colombia\ntitle: Red de apoyo en Bogotá")

    assert name == hashlib.sha256("tree: colombia\ntitle: Red de apoyo en Bogotá".encode()).hexdigest()
    assert fetch(tx.session, name) == "tree: colombia\ntitle: Red de apoyo en Bogotá"


def test_the_same_content_is_kept_once(tx: Tx) -> None:
    assert keep(tx, "tree", "tree: colombia") == keep(tx, "tree", "tree: colombia")

    assert tx.session.scalar(select(func.count()).select_from(documents)) == 1


def test_a_hash_that_was_never_kept_is_named(tx: Tx) -> None:
    with pytest.raises(Unknown, match="'0123'"):
        fetch(tx.session, "0123")
