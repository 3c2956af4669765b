"""A program in the process of the test, whose time the test moves: whatever falls due happens at its own moment."""

from datetime import datetime, timedelta

from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Sandbox
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

    def settles(self) -> None:
        """Let everything that is due now happen, and all that follows from it."""
        self.runtime.hang_ups.finish()
        while self.worker.step() or self._networks_move():
            self.runtime.hang_ups.finish()

    def passes(self, **span: float) -> None:
        """Let time go by from one due moment to the next."""
        end = self.clock.at + timedelta(**span)
        while self.clock.at < end:
            self.settles()
            self.clock.at = min(self._next_moment(end), end)
        self.settles()

    def _networks_move(self) -> bool:
        """Let happen what is due in the networks; whether anything was, also if it told us nothing."""
        moments = {network: network.next_due() for network in self.networks}
        due = [network for network, at in moments.items() if at is not None and at <= self.clock.at]
        for network in due:
            network.settle()
        return bool(due)

    def _next_moment(self, end: datetime) -> datetime:
        moments = (self.worker.next_due(), *(network.next_due() for network in self.networks))
        upcoming = [moment for moment in moments if moment is not None]
        return max(min(upcoming, default=end), self.clock.at + timedelta(milliseconds=1))


def recover(runtime: Runtime) -> None:
    """Run what a worker begins with, one job after the other, before anything is sent."""
    for job in StartupRecovery(runtime).begin().values():
        job()
