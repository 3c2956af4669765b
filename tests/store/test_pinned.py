"""What is in force, as the system's history tells it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alertnet.core.directory.contact_tree import Network
from alertnet.store.db.tx import Tx
from alertnet.store.records import editions
from alertnet.trees import read_network

TREES = Path(__file__).parents[2] / "contact_trees"


def test_it_is_told_which_trees_are_in_force_and_since_when(tx: Tx) -> None:
    """Publishing the same again is no change."""
    network = read_network(TREES)
    later = replace(tx, now=tx.now + timedelta(hours=1))

    assert editions.in_force(tx.session) is None

    first, again = editions.publish(tx, network, "{}"), editions.publish(later, network, "{}")

    assert again == first
    latest = editions.in_force(tx.session)
    assert latest
    assert (latest.trees, latest.since) == (first.trees, tx.now)


def test_an_edited_tree_comes_into_force(tx: Tx) -> None:
    network = read_network(TREES)
    edited = Network({**network.trees, "colombia": replace(network.trees["colombia"], rounds=9)}, {}, {})
    later = replace(tx, now=tx.now + timedelta(hours=1))
    editions.publish(tx, network, "{}")

    edition = editions.publish(later, edited, "{}")

    latest = editions.in_force(tx.session)
    assert latest
    assert (latest.trees, latest.since) == (edition.trees, later.now)


def test_the_last_edition_is_had_back_whole_from_the_database(tx: Tx) -> None:
    """A8: trees, teams and people, as they were put in force last; putting it in force again is no change."""
    network = read_network(TREES)
    assert editions.last_edition(tx.session) is None

    edition = editions.publish(tx, network, "{}")
    editions._trees.clear()
    last = editions.last_edition(tx.session)

    assert last == edition
    assert last.network.teams["north"].members["ana"].phone == "+573005550001"
    assert editions.publish(replace(tx, now=tx.now + timedelta(hours=1)), last.network, "{}") == edition
    latest = editions.in_force(tx.session)
    assert latest is not None
    assert latest.since == tx.now
