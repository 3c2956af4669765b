"""What goes wrong in a night does go wrong: a fault that has no effect would find nothing, and nobody would notice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertnet.messages.renderer import Renderer
from simulation.night import Night
from simulation.world.database import Database
from simulation.world.world import World

QUIET = 16
"""A night of one machine in which nothing goes wrong by itself."""


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    database = Database(tmp_path)
    database.begin()
    night = Night(World(QUIET, database, Renderer(database.pattern.templates)))
    assert len(night.hosts) == 1
    assert night.world.mischief.quiet
    night.hosts[0].start()
    yield night
    night.end()
    database.end()
    database.close()


@pytest.mark.parametrize("seconds", [0, 60])
def test_while_a_look_hangs_nothing_is_sent(night: Night, seconds: int) -> None:
    """A2: so long is late what only a look can find."""
    [host], time = night.hosts, night.world.time
    began = time.now
    host.hang(seconds)

    time.after(2, night.coordinators.raises)
    time.run(began + timedelta(seconds=50))
    sent_meanwhile = len(night.provider.messages)
    time.run(began + timedelta(seconds=70))

    assert bool(sent_meanwhile) == (seconds == 0)
    assert night.provider.messages
