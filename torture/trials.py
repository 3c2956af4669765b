"""The trials: what is done to the processes while incidents are reported."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from torture.ground import Ground, ground
from torture.load import Load
from torture.reckoning import Reckoning

LEASE_SECONDS = 30
AWAY_SECONDS = 30
KILLS, WITHIN_SECONDS = 6, 10
STRIKE_EVERY_SECONDS = 3.0
MOST_EXTRAS = 0.02
"""The most extras for each incident, where everything is killed once."""


@dataclass(frozen=True)
class Plan:
    """How long a trial does harm, how many incidents are reported meanwhile, and the seed of its chance."""

    seconds: float
    incidents: int
    seed: int


@dataclass(frozen=True)
class Trial:
    """What is done to so many workers, and to all else, while incidents are reported."""

    harm: Callable[[Ground, Load, Plan], None]
    workers: int
    most_extras: float = 1.0
    """The most extras for each incident."""

    def __call__(self, plan: Plan) -> Reckoning:
        """Carry it out on an installation of its own, and reckon up once all is done."""
        with ground(self.workers, Random(plan.seed)) as there:
            load = Load(there.installation, plan.incidents, plan.seconds)
            with load.under_way():
                self.harm(there, load, plan)
            there.installation.sandbox.recovers()
            there.settles(len(load.accepted))
            there.is_whole()
            return there.reckons(load, self.most_extras)


def storm(there: Ground, _: Load, plan: Plan) -> None:
    """Everything at once: workers, web and database are killed, workers hang past their lease, the provider errs."""
    strikes: list[Callable[[], None]] = [
        there.loses_worker,
        there.loses_web,
        there.troubles_provider,
        there.troubles_provider,
        lambda: there.loses_database(there.random.uniform(0.5, 4)),
    ]
    hanging = threading.Thread(target=_hang_now_and_then, args=(there, plan.seconds))
    hanging.start()
    until = time.monotonic() + plan.seconds
    while time.monotonic() < until:
        time.sleep(there.random.uniform(0, STRIKE_EVERY_SECONDS))
        there.supervises()
        there.random.choice(strikes)()
    hanging.join()
    there.supervises()


def restart(there: Ground, load: Load, _: Plan) -> None:
    """Kill everything at a random moment, and start it again."""
    load.wait_for(there.random.random())
    there.loses_everything()


def away(there: Ground, load: Load, _: Plan) -> None:
    """Kill the database server, which is away for half a minute; nothing else is restarted."""
    load.wait_for(0.3)
    there.loses_database(AWAY_SECONDS)


def stopped(there: Ground, _load: Load, _plan: Plan) -> None:
    """Stop a worker for longer than its lease; then it goes on as if nothing had happened."""
    for worker in there.workers:
        time.sleep(there.random.uniform(1, 3))
        there.hangs(worker, LEASE_SECONDS + there.random.uniform(1, 10))


def kills(there: Ground, load: Load, _: Plan) -> None:
    """Kill workers and web six times in ten seconds."""
    load.wait_for(0.1)
    began = time.monotonic()
    for number in range(KILLS):
        time.sleep(max(0.0, began + number * WITHIN_SECONDS / KILLS - time.monotonic()))
        there.random.choice([there.loses_worker, there.loses_worker, there.loses_web])()


TRIALS = {
    "storm": Trial(storm, workers=3),
    "restart": Trial(restart, workers=2, most_extras=MOST_EXTRAS),
    "away": Trial(away, workers=2),
    "stopped": Trial(stopped, workers=2),
    "kills": Trial(kills, workers=3),
}


def _hang_now_and_then(there: Ground, seconds: float) -> None:
    """Stop one worker after another past its lease."""
    random = Random(there.random.random())
    until = time.monotonic() + seconds
    while time.monotonic() + LEASE_SECONDS < until:
        there.hangs(random.choice(there.workers), LEASE_SECONDS + random.uniform(1, 5))
