"""A program in the process of the test, whose time the test moves: whatever falls due happens at its own moment."""

from datetime import datetime, timedelta

from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Sandbox
from alertnet.store.queues import workers
from alertnet.worker.service import Worker
from alertnet.worker.startup_recovery import StartupRecovery
from tests.support.clock import Clock


class TimedProgram:
    """Its runtime and worker, the network around it, and the clock of both."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox, clock: Clock) -> None:
        self.runtime = runtime
        self.sandbox = sandbox
        self.networks = [sandbox]
        """All that settle with it, as a second provider does."""
        self.clock = clock
        self.worker = Worker(runtime)
        self._commits = 0
        """How many there were when nothing more was due."""

    def settles(self) -> None:
        """Let everything that is due now happen, and all that follows from it."""
        self._does_what_is_due()
        self._follows_the_networks()

    def passes(self, **span: float) -> None:
        """Let time go by from one due moment to the next."""
        end = self.clock.at + timedelta(**span)
        self.settles()
        while self.clock.at < end:
            self._goes_on(end)

    def _goes_on(self, end: datetime) -> None:
        """Let the next moment come at which something is due, all before having settled, and what is due happen.

        Where nothing of ours is due by then, as the last look has found, only the networks move.
        """
        looked = self.worker.looked
        moments = (looked.next_at, *(network.next_due() for network in self.networks))
        upcoming = [moment for moment in moments if moment is not None]
        self.clock.at = min(max(min(upcoming, default=end), self.clock.at + timedelta(milliseconds=1)), end)
        if looked.is_due or (looked.next_at is not None and looked.next_at <= self.clock.at):
            self._does_what_is_due()
        self._follows_the_networks()

    def _does_what_is_due(self) -> None:
        self.runtime.hang_ups.finish()
        while self.worker.step() and self.worker.looked.is_due:
            pass
        self._commits = self.runtime.transactions.commits

    def _follows_the_networks(self) -> None:
        """Let them move, and whatever follows here from what they told us: without a commit nothing does."""
        while self._networks_move():
            if self.runtime.transactions.commits != self._commits:
                self._does_what_is_due()

    def _networks_move(self) -> bool:
        """Let happen what is due in the networks; whether anything was, also if it told us nothing."""
        moments = {network: network.next_due() for network in self.networks}
        due = [network for network, at in moments.items() if at is not None and at <= self.clock.at]
        for network in due:
            network.settle()
        return bool(due)


def recover(runtime: Runtime) -> None:
    """Run what a worker begins with, one job after the other, before anything is sent."""
    jobs = StartupRecovery(runtime).begin()
    runtime.transact(workers.beat, "worker")
    for job in jobs.values():
        job()
