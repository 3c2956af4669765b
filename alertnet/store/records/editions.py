"""Trees as pinned by content: kept once, decoded once in a process, and what is in force now as one edition (A8)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.incident import Facts
from alertnet.core.resolution.resolve import Plans, resolve
from alertnet.store.db.tx import Tx
from alertnet.store.records import documents, timeline
from alertnet.store.records.on_call import Roster, roster
from alertnet.store.tables import timeline as entries

IN_FORCE = "trees_in_force"
"""What the system's history calls a change of what new incidents open on."""

_trees: dict[str, ContactTree] = {}
"""Content never changes under its hash, so a decoded tree is good for ever."""


@dataclass(frozen=True)
class Edition:
    """The network in force, with the hash of each of its trees and of the templates."""

    network: Network
    trees: dict[str, str]
    templates: str


@dataclass(frozen=True)
class InForce:
    """The hashes of what incidents open on, and since when; `field` None: put in force by a version that kept none."""

    trees: dict[str, str]
    since: datetime
    field: str | None = None
    templates: str | None = None


def publish(tx: Tx, network: Network, templates: str) -> Edition:
    """Keep the trees and the templates (as one text) under their hashes, so that incidents can be pinned to them.

    So is the field, so that all of it can be put in force again (`last_edition`). The system's history tells when
    others came into force.
    """
    hashes = {}
    for id, tree in network.trees.items():
        hashes[id] = keep(tx, tree)
    edition = Edition(network, hashes, documents.keep(tx, "templates", templates))
    field = documents.keep(tx, "field", _text(replace(network, trees={})))
    latest = in_force(tx.session)
    if latest is None or (latest.trees, latest.field, latest.templates) != (hashes, field, edition.templates):
        entry = {"trees": hashes, "field": field, "templates": edition.templates}
        timeline.append(tx, timeline.SYSTEM, (IN_FORCE, entry))
    return edition


def last_edition(session: Session) -> Edition | None:
    """What was put in force last, whole; None: nothing was yet, or by a version that did not keep the field."""
    latest = in_force(session)
    if latest is None or latest.field is None or latest.templates is None:
        return None
    field = from_plain(Network, json.loads(documents.fetch(session, latest.field)))
    trees = {id: tree(session, hash) for id, hash in latest.trees.items()}
    return Edition(replace(field, trees=trees), latest.trees, latest.templates)


def keep(tx: Tx, tree: ContactTree) -> str:
    """Keep a tree under its hash, and give that."""
    hash = documents.keep(tx, "tree", text_of(tree))
    _trees[hash] = tree
    return hash


def text_of(tree: ContactTree) -> str:
    """The tree as it is kept: its SHA-256 is its name."""
    return _text(tree)


def in_force(session: Session) -> InForce | None:
    """What was put in force last, by whichever process; None on a database that never had any trees."""
    query = select(entries.c.at, entries.c.payload).where(
        entries.c.chain == timeline.SYSTEM, entries.c.kind == IN_FORCE
    )
    row = session.execute(query.order_by(entries.c.seq.desc()).limit(1)).first()
    if row is None or not row.payload:
        return None
    return InForce(row.payload["trees"], row.at, row.payload.get("field"), row.payload.get("templates"))


def tree(session: Session, hash: str) -> ContactTree:
    """The tree of that hash.

    Raises:
        Unknown: nothing was kept under it.
    """
    if hash not in _trees:
        _trees[hash] = from_plain(ContactTree, json.loads(documents.fetch(session, hash)))
    return _trees[hash]


def plans(tx: Tx, facts: Facts, hashes: dict[str, str]) -> Plans:
    """The plan of each of an incident's trees, as its facts stand now, with whoever is on duty now."""
    trees = [tree(tx.session, hash) for hash in hashes.values()]
    return _resolved(facts, tuple(sorted(hashes.items())), roster(tx, trees, besides=facts.raised_from))


def plans_as_written(tx: Tx, facts: Facts, hashes: dict[str, str]) -> Plans:
    """The plans without regard to who is on duty."""
    trees = [tree(tx.session, hash) for hash in hashes.values()]
    return Plans((plan.tree.id, plan) for plan in resolve(facts, trees))


def _text(value: ContactTree | Network) -> str:
    return json.dumps(to_plain(value), sort_keys=True, ensure_ascii=False)


@lru_cache(maxsize=512)
def _resolved(facts: Facts, hashes: tuple[tuple[str, str], ...], on_duty: Roster) -> Plans:
    trees = []
    for id, hash in hashes:
        trees.append(_trees[hash].staffed({contact: officer for of, contact, officer in on_duty if of == id}))
    return Plans((plan.tree.id, plan) for plan in resolve(facts, trees))
