"""What is in force, as the system's history tells it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alertnet.core.contact_tree import Network
from alertnet.store import pinned
from alertnet.store.tx import Tx
from alertnet.trees import read_network

TREES = Path(__file__).parents[2] / "contact_trees"


def test_it_is_told_which_trees_are_in_force_and_since_when(tx: Tx) -> None:
    """Publishing the same again is no change."""
    network = read_network(TREES)
    later = replace(tx, now=tx.now + timedelta(hours=1))

    assert pinned.in_force(tx.session) is None

    first, again = pinned.publish(tx, network, "{}"), pinned.publish(later, network, "{}")

    assert again == first
    assert pinned.in_force(tx.session) == pinned.InForce(first.trees, tx.now)


def test_an_edited_tree_comes_into_force(tx: Tx) -> None:
    network = read_network(TREES)
    edited = Network({**network.trees, "colombia": replace(network.trees["colombia"], rounds=9)}, {}, {})
    later = replace(tx, now=tx.now + timedelta(hours=1))
    pinned.publish(tx, network, "{}")

    edition = pinned.publish(later, edited, "{}")

    assert pinned.in_force(tx.session) == pinned.InForce(edition.trees, later.now)
