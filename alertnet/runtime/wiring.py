"""The one place that wires: settings become an engine, a vault, a clock and entropy, and flows get their door."""

import asyncio
import os
import string
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, lru_cache
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from alertnet.core.codec import replace, value
from alertnet.core.delivery.circuit_breaker import Breaker
from alertnet.core.delivery.horizon import Horizon
from alertnet.core.delivery.provider_routes import FIRST, Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.notification import Kind
from alertnet.messages.checks.fitting import read_fitted
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.completion import complete
from alertnet.messages.templates.load import Templates
from alertnet.runtime.clock import system_clock
from alertnet.runtime.counting import Counting
from alertnet.runtime.database.group_commit import GroupCommit
from alertnet.runtime.database.outage import Absence
from alertnet.runtime.database.transactions import OwnCommit, Transactions, surfacing
from alertnet.runtime.database.wakeups import Listener, Wakeups
from alertnet.runtime.hang_ups import HangUps
from alertnet.runtime.outlets import Outlet, open_outlets
from alertnet.runtime.settings.settings import Settings, missing_for
from alertnet.runtime.tree_reloader import LivingTrees, Watched
from alertnet.shipped import shipped
from alertnet.store.db.engine import for_asking, for_reading, make_engine, server_time
from alertnet.store.db.statements import session_on
from alertnet.store.db.tx import Entropy, Stretch, Tx, Unstretched
from alertnet.store.db.vault import Vault
from alertnet.store.queues import attempts
from alertnet.store.records import documents
from alertnet.store.records.editions import Edition
from alertnet.trees import Fault, read_network
from alertnet.trees.folder_files import pack

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]

RENDERERS = 8
"""Editions of the templates that are ready at once: those in force, and those that open incidents are pinned to."""

STRETCHING = 2
"""Threads that make slow hashes; whoever sends many texts with numbers in them waits for these, and nobody else."""


class SystemEntropy:
    """Entropy from the operating system's source of secrets."""

    def id(self) -> str:
        # It begins with the moment, in milliseconds: what is written together stands together in every index, so that
        # a commit touches few pages. The other 80 bits are chance.
        return ((time.time_ns() // 1_000_000).to_bytes(6) + os.urandom(10)).hex()

    def digits(self, count: int) -> str:
        return self.letters(count, string.digits)

    def letters(self, count: int, alphabet: str) -> str:
        letter_of, unfair = _fair_letters(alphabet)
        letters = b""
        while len(letters) < count:
            letters += os.urandom(2 * count).translate(letter_of, unfair)
        return letters[:count].decode()

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


@cache
def _fair_letters(alphabet: str) -> tuple[bytes, bytes]:
    """For each value of a byte the letter that it stands for, and those left out for each letter to have as many."""
    times, left = divmod(256, len(alphabet))
    return (alphabet * times).encode("ascii").ljust(256), bytes(range(256 - left, 256))


class DatabaseClock:
    """PostgreSQL's time, so that all machines agree: measured, then carried on by the monotonic clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.measure()

    def __call__(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic())

    def measure(self) -> None:
        """Ask the database what time it is.

        Raises:
            DatabaseAway: it can't be reached; the clock goes on as it was.
        """
        with surfacing(self._engine), self._engine.connect() as connection:
            before = time.monotonic()
            there = server_time(connection)
            middle = (before + time.monotonic()) / 2
        self._base = there.astimezone(UTC) - timedelta(seconds=middle)


@value
class Runtime:
    """Everything a process needs to run flows. Make one with `make_runtime`, and close it at the end."""

    settings: Settings
    engine: Engine
    vault: Vault
    entropy: Entropy
    clock: Clock
    network: Network
    """The trees as this process began; `edition` has those in force."""
    templates: Templates
    wakeups: Wakeups
    transactions: Transactions
    _reading: Engine
    _asking: Engine
    files: str | None = None
    """The files that `network` was read from, packed; None: they are not known."""
    broken: tuple[Fault, ...] = ()
    """What kept the trees of the folder from being in force at the start: `network` is the last good one."""
    templates_broken: tuple[Fault, ...] = ()
    """The same of the templates."""
    breakers: dict[Route, Breaker] = field(default_factory=dict)
    """What this process last saw of them: a look at the queues reads them, an attempt moves them."""
    lengths: dict[tuple[MethodKind, Kind, str], int] = field(default_factory=dict)
    """How many segments the last message of a method, kind and language took: what the next one is thought to take."""
    absence: Absence = field(default_factory=Absence)
    """What keeps this process from the database, while something does."""
    queues: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    """Which providers waiting messages wait for, by the index of their number, while one keeps others waiting."""
    paced: dict[MethodKind, tuple[datetime, datetime]] = field(default_factory=dict)
    """When it was seen that none of our numbers was free for a method, and from when one will be."""
    horizon: Horizon = field(default_factory=Horizon)
    """How far back its looks have to go."""
    make_renderer: Callable[[Templates], Renderer] = Renderer
    """What puts messages into words by those templates."""
    _listeners: list[Listener] = field(default_factory=list)

    @property
    def on_commit(self) -> list[Callable[[], object]]:
        """Called after each commit whose flow called `tx.leaves_due`; add to it freely."""
        return self.wakeups.hooks

    @property
    def watched(self) -> Watched:
        """The folder of the settings, beside what was published."""
        return Watched(self.settings.contact_trees, self.read, self.transact, self.settings.trees_are_examples)

    @cached_property
    def trees(self) -> LivingTrees:
        """The trees in force, as the folder of the settings is edited."""
        return LivingTrees(
            self.network,
            self.watched,
            self.templates.to_text(),
            lambda kinds: missing_for(self.settings, kinds),
            self.now,
            self.files,
            self.broken,
            self.templates_broken,
        )

    @cached_property
    def counting(self) -> Counting:
        """What this process counts for those who keep watch."""
        return Counting(self.transact)

    @property
    def edition(self) -> Edition:
        """The trees and templates that new incidents open on."""
        return self.trees.edition

    @cached_property
    def renderer(self) -> Callable[[str], Renderer]:
        """Gives the renderer of the templates that were kept under a hash, such as `edition.templates`."""
        return lru_cache(maxsize=RENDERERS)(self._read_renderer)

    @cached_property
    def outlets(self) -> dict[Route, Outlet]:
        """The outlets, for those methods and providers whose settings are there."""
        return open_outlets(self.settings)

    def now(self) -> datetime:
        """The database's time, aware UTC."""
        return self.clock()

    def measure_clock(self) -> None:
        """Compare the clock with the database's again; does nothing where they are the same."""
        if isinstance(self.clock, DatabaseClock):
            with self.absence.noticed_by_reader():
                self.clock.measure()

    def transact(self, flow: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `flow(tx, *args, **kwargs)`, after the commit that holds what it did; its effects follow.

        Raises:
            DatabaseAway: there is no answer; anything that the flow itself raises: nothing of it was done.
        """
        stretched: dict[Stretch, bytes] = {}
        while True:
            try:
                with self.absence.noticed_by_writer():
                    value, tx = self.transactions.transact(
                        lambda tx: (flow(replace(tx, stretched=stretched), *args, **kwargs), tx)
                    )
            except Unstretched as flow_needs:
                self._stretch(flow_needs.missing, stretched)
            else:
                self._has_committed(tx)
                return value

    async def transact_soon(self, flow: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for whoever is on an event loop, which goes on meanwhile."""
        stretched: dict[Stretch, bytes] = {}
        while True:
            try:
                with self.absence.noticed_by_writer():
                    value, tx = await self.transactions.transact_soon(
                        lambda tx: (flow(replace(tx, stretched=stretched), *args, **kwargs), tx)
                    )
            except Unstretched as flow_needs:
                # Not by the threads that requests are answered by, or that open pages are kept new by.
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._stretching, self._stretch, flow_needs.missing, stretched)
            else:
                self._has_committed(tx)
                return value

    def read(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `query(tx, *args, **kwargs)` over one snapshot; whatever it writes is undone or refused.

        Raises:
            DatabaseAway: there is no answer; anything that the query itself raises.
        """
        with self._looking(self._reading) as tx:
            return query(tx, *args, **kwargs)

    def ask(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same of a query that is one statement alone: PostgreSQL is spoken to once, and not three times."""
        with self._looking(self._asking) as tx:
            return query(tx, *args, **kwargs)

    @contextmanager
    def _looking(self, engine: Engine) -> Iterator[Tx]:
        with (
            self.absence.noticed_by_reader(),
            surfacing(engine),
            engine.connect() as connection,
            session_on(connection) as session,
        ):
            if engine is self._reading:
                connection.begin()
            yield Tx(session, self.now(), self.entropy, self.vault)

    @cached_property
    def _stretching(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(STRETCHING, "stretch")

    def _stretch(self, missing: Iterable[Stretch], stretched: dict[Stretch, bytes]) -> None:
        """Make what a flow needs to run again; it holds nothing meanwhile."""
        stretched.update({each: self.vault.stretch(*each) for each in missing})

    def _has_committed(self, tx: Tx) -> None:
        for each in tx.counted:
            self.counting.add(each)
        self.hang_up_soon(tx.calls_to_end)

    def make_ready(self) -> None:
        """Prepare what the first alert needs: the outlets, the edition, and the templates that say it compiled."""
        self.renderer(self.edition.templates).compile(Kind.ALERT, "call", "mail")
        self.outlets  # noqa: B018

    def hang_up(self, calls: Iterable[str]) -> None:
        """End calls, by the provider's ids; waits for the provider, so never inside a transaction or a request."""
        ids = list(calls)
        lines = {provider: outlet for (kind, provider), outlet in self.outlets.items() if kind is MethodKind.CALL}
        if not ids or not lines:
            return
        placed_by = self.read(lambda tx: attempts.providers_of(tx.session, ids)) if len(lines) > 1 else {}
        for id in ids:
            outlet = lines.get(placed_by.get(id, FIRST)) or next(iter(lines.values()))
            outlet.channel.hang_up(id)

    @cached_property
    def hang_ups(self) -> HangUps:
        """The thread pool of this process that ends calls."""
        return HangUps(lambda call: self.hang_up([call]))

    def finish_hang_ups(self) -> None:
        """Wait until the calls that were to be ended are."""
        if "hang_ups" in vars(self):
            self.hang_ups.finish()

    def hang_up_soon(self, calls: Iterable[str]) -> None:
        """End calls, by the provider's ids, while whoever asks for it goes on."""
        if ids := list(calls):
            self.hang_ups.soon(ids)

    def listen(self) -> None:
        """From now on call `on_commit` for what other processes leave due too; on SQLite there is nobody to hear."""
        if self.engine.dialect.name == "postgresql" and not self._listeners:
            self._listeners.append(Listener(self._direct, self.wakeups))

    def close(self) -> None:
        """Finish what was asked, end the threads, let go of the database."""
        for listener in self._listeners:
            listener.close()
        self.trees.close()
        if "hang_ups" in vars(self):
            self.hang_ups.close()
        if "_stretching" in vars(self):
            self._stretching.shutdown(cancel_futures=True)
        self.counting.close()
        self.transactions.close()
        self.engine.dispose()
        self._direct.dispose()

    @cached_property
    def _direct(self) -> Engine:
        """Sessions of our own, where those of the engine are lent for one transaction."""
        url = self.settings.listen_url
        return make_engine(url.get_secret_value(), self.vault) if url else self.engine

    def _read_renderer(self, hash: str) -> Renderer:
        templates, latest = self._read_templates(hash), self.edition.templates
        return self.make_renderer(templates if hash == latest else complete(templates, self._read_templates(latest)))

    def _read_templates(self, hash: str) -> Templates:
        if hash == documents.hash_of(self.templates.to_text()):
            return self.templates
        return Templates.from_text(self.read(lambda tx: documents.fetch(tx.session, hash)))


def make_runtime(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    make_renderer: Callable[[Templates], Renderer] = Renderer,
) -> Runtime:
    """The runtime with the trees and templates of the folders that the settings name.

    Raises:
        Misconfigured: trees or templates that can't be used.
        DatabaseAway: PostgreSQL can't be asked for its time.
    """
    files, network = pack(settings.contact_trees), read_network(settings.contact_trees)
    templates = read_fitted(settings.message_templates, shipped("message_templates")).templates
    runtime = wire(settings, network, templates, clock=clock, entropy=entropy)
    return replace(runtime, files=files, make_renderer=make_renderer)


def wire(
    settings: Settings,
    network: Network,
    templates: Templates,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> Runtime:
    """The runtime around a network and templates that are already read.

    Raises:
        DatabaseAway: PostgreSQL can't be asked for its time.
    """
    vault = Vault([secret.get_secret_value() for secret in settings.secret_keys], settings.pin_cost)
    is_pooled = settings.listen_url is not None
    engine = make_engine(settings.database_url.get_secret_value(), vault, pooled=is_pooled)
    on_postgres = engine.dialect.name == "postgresql"
    clock = clock or (DatabaseClock(engine) if on_postgres else system_clock)
    entropy = entropy or SystemEntropy()
    wakeups = Wakeups()

    def begin(session: Session) -> Tx:
        return Tx(session, clock(), entropy, vault)

    transactions = (OwnCommit if on_postgres else GroupCommit)(engine, begin, wakeups)
    reading = for_reading(engine)
    # A pooler's session has our settings for the length of a transaction.
    asking = reading if is_pooled else for_asking(engine)
    return Runtime(settings, engine, vault, entropy, clock, network, templates, wakeups, transactions, reading, asking)
