"""What is in force, as the system's history tells it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import WrongState
from alertnet.store.db.tx import Tx
from alertnet.store.records import editions
from alertnet.store.records.editions import Authorship
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


def test_editions_are_numbered_and_keep_author_reason_and_files(tx: Tx) -> None:
    network = read_network(TREES)
    edited = replace(network, trees={**network.trees, "colombia": replace(network.trees["colombia"], rounds=9)})
    editions.publish(tx, network, "{}", Authorship("root", files="{}"))

    second = editions.publish(tx, edited, "{}", Authorship("ana", "a reason", "publish", '{"a": "b"}'), after=1)
    # Read again by a start with other messages: nobody edited anything.
    third = editions.publish(tx, edited, '{"other": "messages"}')

    first, published, restarted = editions.history(tx.session)
    assert (first.number, second.number, third.number, editions.newest(tx.session)) == (1, 2, 3, 3)
    assert (published.by, published.why, published.command) == ("ana", "a reason", "publish")
    assert (restarted.by, restarted.command, restarted.files) == (None, "publish", published.files)
    assert editions.network_of(tx.session, published) == edited


def test_an_edition_that_was_made_from_another_than_the_one_in_force_is_refused(tx: Tx) -> None:
    """In the transaction itself, so that of two at the same moment one is."""
    network = read_network(TREES)
    edited = replace(network, trees={**network.trees, "colombia": replace(network.trees["colombia"], rounds=9)})
    editions.publish(tx, network, "{}")
    editions.publish(tx, edited, "{}", Authorship("luis"), after=1)

    with pytest.raises(WrongState, match="@2"):
        editions.publish(tx, network, "{}", Authorship("ana"), after=1)

    assert editions.newest(tx.session) == 2


def test_the_index_serves_the_look_that_each_process_takes_twice_a_second(sqlite_engine: Engine) -> None:
    """The history has a row for everything that ever happened, and few of them are editions."""
    with sqlite_engine.connect() as connection:
        statement = "EXPLAIN QUERY PLAN SELECT count(*) FROM timeline WHERE kind = 'trees_in_force'"

        plan = str(connection.exec_driver_sql(statement).all())

    assert "ix_timeline_editions" in plan
