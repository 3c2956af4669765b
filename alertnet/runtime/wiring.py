"""Wires a process: makes an engine, a vault, a clock and entropy from the settings, and runs flows with them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine

from alertnet.channels.base import Mailbox
from alertnet.core.codec import replace, value
from alertnet.core.delivery.provider_routes import FIRST, Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import fallbacks
from alertnet.core.notification import Kind
from alertnet.messages.checks.fitting import read_fitted
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.completion import complete
from alertnet.messages.templates.load import Templates
from alertnet.runtime.clock import system_clock
from alertnet.runtime.counting import Counting
from alertnet.runtime.database.group_commit import GroupCommit
from alertnet.runtime.database.outage import Absence
from alertnet.runtime.database.shared_commit import SharedCommit
from alertnet.runtime.database.transactions import Begin, Transactions, surfacing
from alertnet.runtime.database.wakeups import Listener, Wakeups
from alertnet.runtime.entropy import SystemEntropy
from alertnet.runtime.hang_ups import HangUps
from alertnet.runtime.outlets import Outlet, open_mailbox, open_outlets
from alertnet.runtime.settings.settings import Settings, missing_for
from alertnet.runtime.tree_reloader import LivingTrees, Start, Watched
from alertnet.shipped import TEMPLATES, shipped
from alertnet.store.db.engine import for_asking, for_reading, make_engine, server_time
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Entropy, Stretch, Tx, Unstretched
from alertnet.store.db.vault import Vault
from alertnet.store.queues import attempts
from alertnet.store.records import documents
from alertnet.store.records.editions import Edition
from alertnet.store.views import sent_mails
from alertnet.trees import read_network
from alertnet.trees.folder_files import pack

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]

RENDERERS = 8
"""How many editions of the templates are kept ready: those in force, and those pinned by open incidents."""

STRETCHING = 2
"""Threads for slow hashes. Only senders of many texts with numbers wait for these, and nobody else."""


class DatabaseClock:
    """PostgreSQL's time, so that all machines agree: measured, then continued by the monotonic clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.measure()

    def __call__(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic())

    def measure(self) -> None:
        """Ask the database for the time; where `DatabaseAway` is raised the clock goes on as it was."""
        with surfacing(self._engine), self._engine.connect() as connection:
            before = time.monotonic()
            there = server_time(connection)
            middle = (before + time.monotonic()) / 2
        self._base = there.astimezone(UTC) - timedelta(seconds=middle)


@value
class Runtime:
    """Everything that a process needs to run flows. Make one with `make_runtime`, and close it at the end."""

    settings: Settings
    engine: Engine
    vault: Vault
    entropy: Entropy
    clock: Clock
    start: Start
    """What this process began with; `edition` has what is in force."""
    wakeups: Wakeups
    transactions: Transactions
    _reading: Engine
    _asking: Engine
    absence: Absence = field(default_factory=Absence)
    """Why this process can't use the database, while that lasts."""
    make_renderer: Callable[[Templates], Renderer] = Renderer
    """Makes the renderer of those templates."""
    _listeners: list[Listener] = field(default_factory=list)

    @property
    def network(self) -> Network:
        """The trees that this process began with."""
        return self.start.network

    @property
    def templates(self) -> Templates:
        """The templates that this process began with."""
        return self.start.templates

    @property
    def on_commit(self) -> list[Callable[[], object]]:
        """Called after each commit whose flow called `tx.leaves_due`; add to it freely."""
        return self.wakeups.hooks

    @property
    def watched(self) -> Watched:
        """The folder of the settings, and access to what was published."""
        return Watched(self.settings.contact_trees, self.read, self.transact, self.settings.trees_are_examples)

    @cached_property
    def trees(self) -> LivingTrees:
        """The trees in force, as the folder of the settings is edited."""
        return LivingTrees(self.start, self.watched, lambda kinds: missing_for(self.settings, kinds), self.now)

    @cached_property
    def counting(self) -> Counting:
        """The counters of this process, for monitoring."""
        return Counting(self.transact)

    @property
    def edition(self) -> Edition:
        """The trees and templates for new incidents."""
        return self.trees.edition

    @cached_property
    def renderer(self) -> Callable[[str], Renderer]:
        """Gives the renderer of the templates stored under a hash, such as `edition.templates`."""
        return lru_cache(maxsize=RENDERERS)(self._read_renderer)

    @cached_property
    def outlets(self) -> dict[Route, Outlet]:
        """The outlets, for the methods and providers whose settings are there."""
        return open_outlets(self.settings)

    @cached_property
    def mailbox(self) -> Mailbox | None:
        """The mailbox to which answers to our mails come, if the settings name one."""
        return open_mailbox(
            self.settings, lambda ids: self.read(sent_mails.known, ids), lambda: self.edition.network.mailboxes
        )

    def now(self) -> datetime:
        """The database's time, aware UTC."""
        return self.clock()

    def measure_clock(self) -> None:
        """Compare the clock with the database's again; does nothing where they are the same clock."""
        if isinstance(self.clock, DatabaseClock):
            with self.absence.noticed(writing=False):
                self.clock.measure()

    def transact(self, flow: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `flow(tx, *args, **kwargs)` and return its value after the commit; then its effects follow.

        Raises `DatabaseAway` where there is no answer; after anything that the flow raises nothing of it was done.
        """
        stretched: dict[Stretch, bytes] = {}
        while True:
            try:
                with self.absence.noticed(writing=True):
                    value, tx = self.transactions.transact(
                        lambda tx: (flow(replace(tx, stretched=stretched), *args, **kwargs), tx)
                    )
            except Unstretched as flow_needs:
                self._stretch(flow_needs.missing, stretched)
            else:
                self._has_committed(tx)
                return value

    async def transact_soon(self, flow: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a flow without blocking the event loop."""
        stretched: dict[Stretch, bytes] = {}
        while True:
            try:
                with self.absence.noticed(writing=True):
                    value, tx = await self.transactions.transact_soon(
                        lambda tx: (flow(replace(tx, stretched=stretched), *args, **kwargs), tx)
                    )
            except Unstretched as flow_needs:
                # Not on the threads that answer requests or keep open pages up to date.
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._stretching, self._stretch, flow_needs.missing, stretched)
            else:
                self._has_committed(tx)
                return value

    def read(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(tx, *args, **kwargs)` on one snapshot and return its value; any write is undone or refused.

        Raises `DatabaseAway` where there is no answer.
        """
        with self._looking(self._reading) as tx:
            return query(tx, *args, **kwargs)

    def ask(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query that is one statement: PostgreSQL is contacted once instead of three times."""
        with self._looking(self._asking) as tx:
            return query(tx, *args, **kwargs)

    @contextmanager
    def _looking(self, engine: Engine) -> Iterator[Tx]:
        with (
            self.absence.noticed(writing=False),
            surfacing(engine),
            engine.connect() as connection,
            Session(connection) as session,
        ):
            if engine is self._reading:
                connection.begin()
            yield Tx(session, self.now(), self.entropy, self.vault)

    @cached_property
    def _stretching(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(STRETCHING, "stretch")

    def _stretch(self, missing: Iterable[Stretch], stretched: dict[Stretch, bytes]) -> None:
        """Make the slow hashes that a flow needs to run again; it holds no lock meanwhile."""
        stretched.update({each: self.vault.stretch(*each) for each in missing})

    def _has_committed(self, tx: Tx) -> None:
        for each in tx.counted:
            self.counting.add(each)
        self.hang_up_soon(tx.calls_to_end)

    def make_ready(self) -> None:
        """Prepare what the first alert needs: the outlets, the edition, its templates in its contacts' languages."""
        read = {(contact.language, tree.language) for tree, contact in self.edition.network.all_contacts}
        languages = {each for its_own, of_tree in read for each in fallbacks(its_own, of_tree)}
        self.renderer(self.edition.templates).compile(Kind.ALERT, "call", "mail", languages=languages)
        self.outlets  # noqa: B018

    def hang_up(self, calls: Iterable[str]) -> None:
        """End calls, by the provider's ids. Waits for the provider: never call it in a transaction or a request."""
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

    def hang_up_soon(self, calls: Iterable[str]) -> None:
        """End calls in the background, by the provider's ids."""
        if ids := list(calls):
            self.hang_ups.soon(ids)

    def listen(self) -> None:
        """Call `on_commit` also for what other processes leave due; on SQLite nothing is to be heard."""
        if self.engine.dialect.name == "postgresql" and not self._listeners:
            self._listeners.append(Listener(self._direct, self.wakeups))

    def close(self) -> None:
        """Finish what was asked, end the threads, close the database."""
        for listener in self._listeners:
            listener.close()
        self.trees.close()
        self.hang_ups.close()
        self._stretching.shutdown(cancel_futures=True)
        self.counting.close()
        self.transactions.close()
        self.engine.dispose()
        self._direct.dispose()

    @cached_property
    def _direct(self) -> Engine:
        """Our own sessions, where the engine's are lent for one transaction."""
        url = self.settings.listen_url
        return make_engine(url.get_secret_value(), self.vault) if url else self.engine

    def _read_renderer(self, hash: str) -> Renderer:
        templates, latest = self._read_templates(hash), self.edition.templates
        return self.make_renderer(templates if hash == latest else complete(templates, self._read_templates(latest)))

    def _read_templates(self, hash: str) -> Templates:
        if hash == documents.hash_of(self.templates.to_text()):
            return self.templates
        return Templates.from_text(self.read(lambda tx: documents.fetch(tx.session, hash)))


def make_runtime(settings: Settings, *, clock: Clock | None = None) -> Runtime:
    """Make the runtime with the trees and templates of the settings' folders; raises `Misconfigured`, or as `wire`."""
    files, network = pack(settings.contact_trees), read_network(settings.contact_trees)
    templates = read_fitted(settings.message_templates, shipped(TEMPLATES)).templates
    return wire(settings, network, templates, files=files, clock=clock)


def wire(
    settings: Settings,
    network: Network | None = None,
    templates: Templates | None = None,
    *,
    files: str | None = None,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    transactions_on: Callable[[Engine, Begin, Wakeups], Transactions] | None = None,
) -> Runtime:
    """Make the runtime with a network and templates; `DatabaseAway` where PostgreSQL can't be asked for its time.

    `files`: those from which the network was read, packed. `transactions_on`: how it commits, by default as befits the
    database.
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

    transactions = (transactions_on or (SharedCommit if on_postgres else GroupCommit))(engine, begin, wakeups)
    reading = for_reading(engine)
    # A pooler's session has our settings only during a transaction.
    asking = reading if is_pooled else for_asking(engine)
    start = Start(network or Network(), templates or Templates(), files)
    return Runtime(settings, engine, vault, entropy, clock, start, wakeups, transactions, reading, asking)
