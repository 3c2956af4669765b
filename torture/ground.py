"""The installation of a trial: web and workers as processes, a PostgreSQL that can be killed, a simulated network."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.sandbox import Fault
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts, escalations
from benchmarks.trees import COUNTRIES, trees
from tests.postgres import Server, fresh_database, own_server
from tests.processes.installation import Installation, Process
from torture.load import Load
from torture.reckoning import Reckoning, read_record, reckon

LEVEL_SECONDS = 20
"""Seconds from the first level to the second, so that decisions fall due in the middle of the trial."""
TOLD = ("coordinator", "embassy")
SETTLING_SECONDS = 300
LIST_DELAY = timedelta(seconds=SETTLING_SECONDS)
"""Longer than anybody asks, so that what is listed so late is as good as never listed."""
UNSETTLED = ("queued", "sending", "unknown")
SERVER_OPTIONS = "-c max_connections=200"

TROUBLES = (
    (Fault.DRIP,),
    (Fault.LOSE_ANSWER,),
    (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER),
    (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER, Fault.LIST_LATE),
    (Fault.CALL_BACK_TWICE,),
    (Fault.CALL_BACK_EARLY,),
    (Fault.CALL_BACK_NEVER,),
    (Fault.ERROR_503,),
)
"""The provider's misbehaviours: it answers after the deadline, drops the answer, and so on."""


class Ground:
    """An installation with its processes, and methods to harm them; chance is seeded."""

    def __init__(self, installation: Installation, server: Server, workers: int, random: Random) -> None:
        self.installation = installation
        self.server = server
        self.random = random
        self.faults: list[str] = []
        self.web = installation.serves("--no-worker")
        self.workers = [installation.works() for _ in range(workers)]
        installation.is_up(self.web, *self.workers, workers=workers)

    def supervises(self) -> None:
        """Restart what has ended: a process that finds no database at its start leaves that to its supervisor."""
        if self.web.has_ended:
            self.web = self.installation.serves("--no-worker")
        self.workers = [self.installation.works() if each.has_ended else each for each in self.workers]

    def loses_worker(self) -> None:
        """Kill -9 one worker; another one takes its place."""
        place = self.random.randrange(len(self.workers))
        self.workers[place].killed()
        self.workers[place] = self.installation.works()

    def loses_web(self) -> None:
        """Kill -9 the web process, which is started again."""
        self.web.killed()
        self.web = self.installation.serves("--no-worker")

    def loses_everything(self) -> None:
        """Kill -9 web and workers, all of which are started again."""
        for process in (self.web, *self.workers):
            process.killed()
        self.web = self.installation.serves("--no-worker")
        self.workers = [self.installation.works() for _ in self.workers]

    def loses_database(self, seconds: float) -> None:
        """Kill -9 the database server, which comes back after so many seconds."""
        self.server.is_killed()
        time.sleep(seconds)
        self.server.starts()

    def hangs(self, worker: Process, seconds: float) -> None:
        """Stop the worker for so many seconds (SIGSTOP); then it goes on as if nothing had happened, unless killed."""
        with suppress(ProcessLookupError):
            worker.paused()
            time.sleep(seconds)
            worker.resumed()

    def troubles_provider(self) -> None:
        """Let the provider misbehave over the next few messages."""
        for fault in self.random.choice(TROUBLES):
            self.installation.sandbox.misbehaves(fault, times=self.random.randint(1, 4), delay=LIST_DELAY)

    def settles(self, incidents: int) -> None:
        """Wait until every second level is open, and nothing is under way or in doubt any more."""
        until = time.monotonic() + SETTLING_SECONDS
        while left := self._unsettled(incidents):
            if time.monotonic() > until:
                self.faults.append(f"after {SETTLING_SECONDS} s there are still {left}")
                return
            time.sleep(1)

    def reckons(self, load: Load, most_extras: float) -> Reckoning:
        """The reckoning of the trial, with every fault seen on the way."""
        messages = list(self.installation.sandbox.network.messages.values())
        record = self.installation.runtime.read(read_record, messages)
        found = reckon(record, set(load.accepted.values()), TOLD, most_extras)
        twice = len(record.refs) - len(load.accepted)
        also = [*self.faults, *load.faults, *([f"{twice} incidents that nobody was told of"] if twice else [])]
        return Reckoning(**(vars(found) | {"faults": (*found.faults, *also)}))

    def is_whole(self) -> None:
        """Note every process that has ended by itself."""
        for process in (self.web, *self.workers):
            try:
                process.is_up()
            except AssertionError as error:
                self.faults.append(f"a process has ended by itself: {error}")

    def _unsettled(self, incidents: int) -> str:
        try:
            return self.installation.runtime.read(_unsettled, incidents)
        except DatabaseAway:
            return "all, perhaps: the database can't be reached"


@contextmanager
def ground(workers: int, random: Random) -> Iterator[Ground]:
    """A fresh installation, deleted afterwards."""
    with TemporaryDirectory(prefix="alertnet-torture-") as name, own_server(SERVER_OPTIONS) as server:
        folder = Path(name)
        installation = Installation(folder, fresh_database(server.url), trees=_trees(folder))
        try:
            yield Ground(installation, server, workers, random)
        finally:
            installation.close()


def _trees(folder: Path) -> Path:
    written = folder / "trees"
    written.mkdir()
    for name, text in trees(dict.fromkeys(COUNTRIES, LEVEL_SECONDS)).items():
        (written / name).write_text(text)
    return written


def _unsettled(tx: Tx, incidents: int) -> str:
    """What is not done yet, in words; empty where all is."""
    count = select(func.count())
    later = tx.session.scalar(count.select_from(escalations).where(escalations.c.level == "Embassies")) or 0
    by_status = select(attempts.c.status, func.count()).where(attempts.c.status.in_(UNSETTLED))
    left = {row.status: row[1] for row in tx.session.execute(by_status.group_by(attempts.c.status))}
    if later < incidents:
        left["incidents at the first level"] = incidents - later
    return ", ".join(f"{number} {what}" for what, number in left.items())
