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


Trial = Callable[[Plan], Reckoning]


def storm(plan: Plan) -> Reckoning:
    """Everything at once: workers, web and database are killed, workers hang past their lease, the provider errs."""
    with ground(3, Random(plan.seed)) as there:
        load = Load(there.installation, plan.incidents, plan.seconds)
        strikes: list[Callable[[], None]] = [
            there.loses_worker,
            there.loses_web,
            there.troubles_provider,
            there.troubles_provider,
            lambda: there.loses_database(there.random.uniform(0.5, 4)),
        ]
        with load.under_way():
            hanging = threading.Thread(target=_hang_now_and_then, args=(there, plan.seconds))
            hanging.start()
            until = time.monotonic() + plan.seconds
            while time.monotonic() < until:
                time.sleep(there.random.uniform(0, STRIKE_EVERY_SECONDS))
                there.supervises()
                there.random.choice(strikes)()
            hanging.join()
            there.supervises()
        there.installation.sandbox.recovers()
        return _ended(there, load)


def restart(plan: Plan) -> Reckoning:
    """Kill everything at a random moment, and start it again."""
    with ground(2, Random(plan.seed)) as there:
        load = Load(there.installation, plan.incidents, plan.seconds)
        with load.under_way():
            load.wait_for(there.random.random())
            there.loses_everything()
        return _ended(there, load, MOST_EXTRAS)


def away(plan: Plan) -> Reckoning:
    """Kill the database server, which is away for half a minute; nothing else is restarted."""
    with ground(2, Random(plan.seed)) as there:
        load = Load(there.installation, plan.incidents, plan.seconds)
        with load.under_way():
            load.wait_for(0.3)
            there.loses_database(AWAY_SECONDS)
        return _ended(there, load)


def stopped(plan: Plan) -> Reckoning:
    """Stop a worker for longer than its lease; then it goes on as if nothing had happened."""
    with ground(2, Random(plan.seed)) as there:
        load = Load(there.installation, plan.incidents, plan.seconds)
        with load.under_way():
            for worker in there.workers:
                time.sleep(there.random.uniform(1, 3))
                there.hangs(worker, LEASE_SECONDS + there.random.uniform(1, 10))
        return _ended(there, load)


def kills(plan: Plan) -> Reckoning:
    """Kill workers and web six times in ten seconds."""
    with ground(3, Random(plan.seed)) as there:
        load = Load(there.installation, plan.incidents, plan.seconds)
        with load.under_way():
            load.wait_for(0.1)
            began = time.monotonic()
            for number in range(KILLS):
                time.sleep(max(0.0, began + number * WITHIN_SECONDS / KILLS - time.monotonic()))
                there.random.choice([there.loses_worker, there.loses_worker, there.loses_web])()
        return _ended(there, load)


TRIALS: dict[str, Trial] = {each.__name__: each for each in (storm, restart, away, stopped, kills)}


def _hang_now_and_then(there: Ground, seconds: float) -> None:
    """Stop one worker after another past its lease."""
    random = Random(there.random.random())
    until = time.monotonic() + seconds
    while time.monotonic() + LEASE_SECONDS < until:
        there.hangs(random.choice(there.workers), LEASE_SECONDS + random.uniform(1, 5))


def _ended(there: Ground, load: Load, most_extras: float = 1.0) -> Reckoning:
    there.settles(len(load.accepted))
    there.is_whole()
    return there.reckons(load, most_extras)
