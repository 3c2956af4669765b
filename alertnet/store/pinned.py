"""Trees as pinned by content: kept once, decoded once in a process, and what is in force now as one edition (A8)."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.contact_tree import ContactTree, Network
from alertnet.core.incident import Facts
from alertnet.core.resolution import Plan, resolve
from alertnet.store import documents, timeline
from alertnet.store.duty import Roster, roster
from alertnet.store.tables import timeline as entries
from alertnet.store.tx import Tx

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
    """The hash of each tree that incidents open on, and since when."""

    trees: dict[str, str]
    since: datetime


def publish(tx: Tx, network: Network, templates: str) -> Edition:
    """Keep the trees and the templates (as one text) under their hashes, so that incidents can be pinned to them.

    The system's history tells when others came into force.
    """
    hashes = {}
    for id, tree in network.trees.items():
        hashes[id] = keep(tx, tree)
    edition = Edition(network, hashes, documents.keep(tx, "templates", templates))
    latest = in_force(tx.session)
    if latest is None or latest.trees != hashes:
        timeline.append(tx, timeline.SYSTEM, (IN_FORCE, {"trees": hashes, "templates": edition.templates}))
    return edition


def keep(tx: Tx, tree: ContactTree) -> str:
    """The hash under which the tree is kept from now on."""
    hash = documents.keep(tx, "tree", text_of(tree))
    _trees[hash] = tree
    return hash


def text_of(tree: ContactTree) -> str:
    """The tree as it is kept: its SHA-256 is its name."""
    return json.dumps(to_plain(tree), sort_keys=True, ensure_ascii=False)


def in_force(session: Session) -> InForce | None:
    """What was put in force last, by whichever process; None on a database that never had any trees."""
    query = select(entries.c.at, entries.c.payload).where(
        entries.c.chain == timeline.SYSTEM, entries.c.kind == IN_FORCE
    )
    row = session.execute(query.order_by(entries.c.seq.desc()).limit(1)).first()
    return InForce(row.payload["trees"], row.at) if row and row.payload else None


def tree(session: Session, hash: str) -> ContactTree:
    """The tree of that hash.

    Raises:
        Unknown: nothing was kept under it.
    """
    if hash not in _trees:
        _trees[hash] = from_plain(ContactTree, json.loads(documents.fetch(session, hash)))
    return _trees[hash]


def plans(tx: Tx, facts: Facts, hashes: dict[str, str]) -> dict[str, Plan]:
    """The plan of each of an incident's trees, as its facts stand now, with whoever is on duty now."""
    trees = [tree(tx.session, hash) for hash in hashes.values()]
    return _resolved(facts, tuple(sorted(hashes.items())), roster(tx, trees, besides=facts.raised_from))


def plans_as_written(tx: Tx, facts: Facts, hashes: dict[str, str]) -> dict[str, Plan]:
    """The same, whoever is on duty."""
    return {plan.tree.id: plan for plan in resolve(facts, [tree(tx.session, hash) for hash in hashes.values()])}


@lru_cache(maxsize=512)
def _resolved(facts: Facts, hashes: tuple[tuple[str, str], ...], on_duty: Roster) -> dict[str, Plan]:
    trees = []
    for id, hash in hashes:
        trees.append(_trees[hash].staffed({contact: officer for of, contact, officer in on_duty if of == id}))
    return {plan.tree.id: plan for plan in resolve(facts, trees)}
