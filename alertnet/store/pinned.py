"""Trees as pinned by content: kept once, decoded once in a process, and what is in force now as one edition (A8)."""

import json
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.contact_tree import ContactTree, Network
from alertnet.core.incident import Facts
from alertnet.core.resolution import Plan, resolve
from alertnet.store import documents
from alertnet.store.tx import Tx

_trees: dict[str, ContactTree] = {}
"""Content never changes under its hash, so a decoded tree is good for ever."""


@dataclass(frozen=True)
class Edition:
    """The network in force, with the hash of each of its trees and of the templates."""

    network: Network
    trees: dict[str, str]
    templates: str


def publish(tx: Tx, network: Network, templates: str) -> Edition:
    """Keep the trees and the templates (as one text) under their hashes, so that incidents can be pinned to them."""
    hashes = {}
    for id, tree in network.trees.items():
        text = json.dumps(to_plain(tree), sort_keys=True, ensure_ascii=False)
        hashes[id] = documents.keep(tx, "tree", text)
        _trees[hashes[id]] = tree
    return Edition(network, hashes, documents.keep(tx, "templates", templates))


def tree(session: Session, hash: str) -> ContactTree:
    """The tree of that hash.

    Raises:
        Unknown: nothing was kept under it.
    """
    if hash not in _trees:
        _trees[hash] = from_plain(ContactTree, json.loads(documents.fetch(session, hash)))
    return _trees[hash]


def plans(session: Session, facts: Facts, hashes: dict[str, str]) -> dict[str, Plan]:
    """The plan of each of an incident's trees, as its facts stand now."""
    for hash in hashes.values():
        tree(session, hash)
    return _resolved(facts, tuple(sorted(hashes.items())))


@lru_cache(maxsize=512)
def _resolved(facts: Facts, hashes: tuple[tuple[str, str], ...]) -> dict[str, Plan]:
    return {plan.tree.id: plan for plan in resolve(facts, [_trees[hash] for _, hash in hashes])}
