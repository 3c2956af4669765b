"""Texts that are meant to do harm, through the very door that the provider uses (B4, A12)."""

import random
from collections.abc import Iterator

import pytest

from alertnet.flows.credentials.pins import set_pins
from alertnet.store.tables import inbound, incidents, notifications
from tests.flows.switchboard import Switchboard
from tests.support.program import example_trees

TRUE, DURESS = "47110", "47990"
OPENINGS = (
    "SOS",
    "ALERTA",
    "47119 20",
    "NEWS",
    "FALSE",
    "OK",
    "GO",
    "ARR",
    "WAIT",
    "LOW",
    "TEST",
    "LANG",
    "4711",
    "STOP",
    "ON",
    "",
)
REST = (
    "47119",
    "471199",
    "20",
    "13",
    "C3",
    "P7 P9",
    "L12",
    "A-7K3M",
    "4711",
    "5823",
    "18:00",
    "2H",
    "verified",
    "<b>",
    "٤٧١١٩",
    "x" * 300,
)
SENDERS = ("ana", "mary", "coordinator", "ombuds", "stranger")
COORDINATION = "coordinator"
CLOSED_EVERY = 150


def hostile(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """(sender, text) of whoever has forged a number, and knows no PIN and no code."""
    chance = random.Random(seed)
    for place in range(count):
        words = [chance.choice(OPENINGS), *chance.choices(REST, k=chance.randrange(5)), str(place)]
        yield chance.choice(SENDERS), chance.choice((" ", ",", "\u00a0")).join(words)


def told_beyond_coordination(board: Switchboard) -> set[str]:
    """The contacts that were told anything and are no coordinators, nor the phones that wrote."""
    known = {id for tree in example_trees().trees.values() for id, each in tree.contacts.items() if each.is_coordinator}
    told = {row.contact for row in board.rows(notifications)}
    return {each for each in told if each not in known and "/" not in each and each != "field"}


def sends(board: Switchboard, count: int) -> None:
    for who in ("north/ana", "north/mary"):
        board.runtime.transact(set_pins, who, TRUE, DURESS)
    for place, (sender, text) in enumerate(hostile(42, count)):
        board.texts(sender, text)
        board.passes(minutes=0.2)
        if place % CLOSED_EVERY == 0:
            close_all(board)


def close_all(board: Switchboard) -> None:
    """A coordinator has looked into it: else what was opened a day ago would ring on, and each minute cost more."""
    for incident in board.rows(incidents, status="open"):
        board.closes(incident.id)


def test_hostile_texts_raise_no_alarm_beyond_coordination(board: Switchboard) -> None:
    """A wrong PIN opens nothing beyond coordination, and is not dropped."""
    sends(board, 100)

    assert len(board.rows(inbound)) == 100
    assert len(board.rows(incidents)) > 3
    assert COORDINATION in {row.contact for row in board.rows(notifications)}
    assert told_beyond_coordination(board) == set()


@pytest.mark.long
def test_nor_do_ten_thousand(board: Switchboard) -> None:
    sends(board, 10_000)

    assert len(board.rows(inbound)) == 10_000
    assert told_beyond_coordination(board) == set()
