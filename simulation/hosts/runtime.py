"""The program's runtime for a process of a night: each step to the database takes time, or is its last."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from random import Random
from typing import Concatenate, ParamSpec, TypeVar

from alertnet.channels.base import Mailbox
from alertnet.core.codec import replace
from alertnet.core.delivery.provider_routes import Route
from alertnet.flows.system.self_monitoring import keep_watch
from alertnet.messages.templates.load import Templates
from alertnet.runtime.database.transactions import OwnCommit
from alertnet.runtime.database.wakeups import Hook, Wakeups
from alertnet.runtime.outlets import Outlet
from alertnet.runtime.tree_reloader import LivingTrees, Start, Watched
from alertnet.runtime.wiring import Clock, Runtime
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.records.editions import Edition
from alertnet.worker.due_work import find_due
from simulation.hosts.platform import LateBy
from simulation.hosts.run import Run
from simulation.world.world import World

P = ParamSpec("P")
T = TypeVar("T")


class SeededEntropy:
    """Random values determined by a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def digits(self, count: int) -> str:
        return f"{self._random.randrange(10**count):0{count}d}"

    def letters(self, count: int, alphabet: str) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(count))

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


class NotifyingWakeups(Wakeups):
    """Tells the other processes what one leaves due, as NOTIFY does; they may never receive it."""

    tell_others: Callable[[], None]

    def fire(self, also: list[Hook] | None = None) -> None:
        super().fire(also)
        if also is not None:
            self.tell_others()


class HostRuntime(Runtime):
    """A process's access to the database: each step takes time, and may be its last."""

    run: Run
    late_by: LateBy

    def transact(self, flow: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        name = getattr(flow, "__name__", "commit")
        if flow is keep_watch:
            self.run.may_stand_still()
        self.run.goes(f"before the commit of {name}")
        self.run.is_in_transaction = True
        try:
            value = super().transact(flow, *args, **kwargs)
        finally:
            self.run.is_in_transaction = False
        self.run.world.has_committed()
        self.run.goes(f"after the commit of {name}", needs_database=False)
        return value

    def read(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.run.goes(f"before a look ({getattr(query, '__name__', 'read')})")
        if query is find_due:
            self.run.hangs()
        return super().read(query, *args, **kwargs)

    def ask(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.read(query, *args, **kwargs)

    def hang_up_soon(self, calls: Iterable[str]) -> None:
        for call in calls:
            self.run.life.spawn(partial(self.hang_up, [call]), self.late_by("hang_up"))

    def measure_clock(self) -> None:
        self.run.clocks.measure()

    def listen(self) -> None:
        """Nothing to start: the night itself notifies it."""


def runtime_of(
    run: Run,
    outlets: Mapping[Route, Outlet],
    mailbox: Mailbox | None,
    late_by: LateBy,
    tell_others: Callable[[], None],
) -> HostRuntime:
    """The runtime of one run of the program, made from the night's pattern."""
    world, clock, pattern = run.world, run.clocks.database, run.world.database.pattern
    entropy, wakeups = SeededEntropy(world.entropy), NotifyingWakeups()
    vars(wakeups)["tell_others"] = tell_others

    def begin(session: Session) -> Tx:
        return Tx(session, clock(), entropy, pattern.vault)

    own = {
        "settings": world.database.settings[world.mischief.providers, world.reads_mail],
        "clock": clock,
        "entropy": entropy,
        "start": replace(pattern.start, network=world.network),
        "wakeups": wakeups,
        "transactions": OwnCommit(pattern.engine, begin, wakeups),
    }
    common = {each.name: getattr(pattern, each.name) for each in fields(Runtime) if each.default_factory is MISSING}
    runtime = HostRuntime(**(common | own))
    # What takes long to make is made once, and put where the properties find it.
    vars(runtime).update(
        run=run,
        late_by=late_by,
        trees=SharedTrees(world, clock),
        renderer=lambda _hash: world.renderer,
        outlets=outlets,
        mailbox=mailbox,
    )
    return runtime


class SharedTrees(LivingTrees):
    """The trees as the night has them in the database: each process loads an edit at once."""

    def __init__(self, world: World, now: Clock) -> None:
        pattern = world.database.pattern
        start, watched = Start(world.network, Templates()), Watched(Path(), pattern.read, pattern.transact)
        super().__init__(start, watched, lambda _: (), now)
        self._world = world

    @property
    def edition(self) -> Edition:
        return self._world.edition
