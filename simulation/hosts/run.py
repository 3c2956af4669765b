"""One run of the program on a host, step by step, and the clocks that it reads. Any step may be its last."""

from collections.abc import Callable
from datetime import datetime, timedelta

from greenlet import GreenletExit

from alertnet.runtime.database.transactions import DatabaseAway
from simulation.world.time import Life
from simulation.world.world import World


class Clocks:
    """The errors of a host's two clocks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._machine_is_off = timedelta(seconds=world.random.uniform(-3600, 3600))
        self._database_is_off = timedelta()
        self.begin()
        self.measure()

    def begin(self) -> None:
        """Begin with the database's clock as it is."""
        self._put_on = self.world.time.put_on

    def measure(self) -> None:
        """Measure the database's time again; the result is off by a little."""
        self.begin()
        apart = self.world.mischief.clocks_apart or 0.005
        self._database_is_off = timedelta(seconds=self.world.random.uniform(-apart, apart))

    def database(self) -> datetime:
        """The database's time as the process believes it."""
        unseen = timedelta() if self.world.mischief.one_clock else self.world.time.put_on - self._put_on
        return self.world.time.now - unseen + self._database_is_off

    def machine(self) -> datetime:
        """The time of the machine's own clock."""
        return self.world.time.now + self._machine_is_off


class Run:
    """The steps of one run, from its start to its end; `falls` is called when it dies."""

    def __init__(self, world: World, name: str, clocks: Clocks, falls: Callable[[], object]) -> None:
        self.world = world
        self.name = name
        self.clocks = clocks
        self._falls = falls
        self.life = Life(world.time, self._fails)
        self.is_in_transaction = False
        self.hangs_until = world.time.now
        """Until when no look for due work returns."""

    def goes(self, where: str, *, needs_database: bool = True) -> None:
        """Let the running task take a step, during which others go on and anything may happen to the process."""
        if not self.life.alive:
            raise GreenletExit
        self.life.sleep(self.world.random.expovariate(1 / self.world.mischief.step))
        if self.world.may_die():
            self.dies(where)
        if needs_database and self.world.database_is_away:
            raise DatabaseAway

    def hangs(self) -> None:
        """Let the running task wait until its look returns."""
        seconds = (self.hangs_until - self.world.time.now).total_seconds()
        if seconds > 0:
            self.life.sleep(seconds)

    def may_stand_still(self) -> None:
        """Be stopped here, where something stops it: nothing does by itself."""

    def dies(self, where: str) -> None:
        """End the process at this very point of the running task, as by `kill -9`."""
        self.world.story.tell(self.name, f"dies {where}")
        self.ends()

    def ends(self) -> None:
        """Nothing of it goes on from here."""
        self._falls()
        self.life.die()

    def _fails(self, fault: Exception) -> None:
        """A thread ends by an unhandled fault; a database that is away ends none."""
        if isinstance(fault, DatabaseAway):
            self.world.story.tell(self.name, "finds the database away")
        else:
            self.world.story.breaks_promise("A11", f"a thread of {self.name} ends by {fault!r}")
