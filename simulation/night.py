"""One night by its seed: who is there, what goes wrong, what happened, and which promises were broken."""

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from alertnet.channels.base import Outgoing
from alertnet.core.delivery.provider_routes import Way, way_name
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.messages.renderer import Renderer
from alertnet.store.records import editions
from simulation.checks.end_of_night import reckon
from simulation.checks.promises import Promises
from simulation.checks.watch import Watch
from simulation.hosts.database import Database
from simulation.hosts.host import Host, Process, running
from simulation.hosts.web import Web
from simulation.outside.code_guesser import CodeGuesser
from simulation.outside.coordinator_desk import Desk
from simulation.outside.endpoints import Outside
from simulation.outside.people import People
from simulation.outside.pin_guesser import Guesser
from simulation.outside.provider import Provider
from simulation.world.cast import FIELD_PHONE, NEWCOMER, draw_network, edit
from simulation.world.faults import Mischief, Span, Trouble, draw_mischief, draw_watched
from simulation.world.story import Story
from simulation.world.time import Time

START = datetime(2026, 11, 27, 2, 14, 0, 123457, tzinfo=UTC)
MINUTE = 60.0
CALM = 2.5 * MINUTE
"""How long nothing goes wrong at the end, so that all that was left can be done."""
QUIET_LENGTH = 35 * MINUTE
"""Long enough for the end of a tree and its second round; where nothing happens besides, it costs little."""
LEAD = 1.05
"""Seconds before anything is due: a tick that is not within them finds nothing, and sets no alarm that a later one
would not set. That spares most of them."""


class Night:
    """Everything there is in one night; its parts know one another through it."""

    def __init__(self, seed: int, database: Database, renderer: Renderer) -> None:
        self.seed = seed
        self.random = Random(f"night {seed}")
        self.chance = Random(f"chance {seed}")
        self.database = database
        self.renderer = renderer
        self.network = draw_network(self.random)
        self.length = self.random.choice([3, 4, 5, 6, 10]) * MINUTE
        # With a chance of its own, so that all other nights are the same whatever there is to go wrong in it.
        self.mischief = draw_watched(Random(f"watch {seed}"), draw_mischief(self.random, self.length), self.length)
        if self.mischief.quiet:
            self.length = QUIET_LENGTH
        self.mischief_was = self.mischief
        self.is_calm = self.mischief.quiet
        self.calm_since = START + timedelta(seconds=self.length)
        self.deaths = 0
        self.database_is_away = False
        self.way_in_is_closed = False
        self.time = Time(START, self._idle_until)
        self.story = Story(lambda: self.time.now)
        self.names = {
            address: contact.id
            for tree in self.network.trees.values()
            for contact in tree.contacts.values()
            for address in contact.addresses
        } | {NEWCOMER.address: "newcomer"}
        self.edition = self._publish(self.network)
        self.edited_at: datetime | None = None
        """Since when the trees in force are others than `network`."""
        self.provider = Provider(self)
        self.outside = Outside(self)
        self.people = People(self)
        self.guesser = Guesser(self)
        self.code_guesser = CodeGuesser(self)
        self.promises = Promises(self)
        self.web = Web(self)
        self.desk = Desk(self)
        self.hosts = self._hosts()
        self.watch = Watch(self)
        self._earliest: datetime | None = None

    def live(self) -> None:
        """Let the night happen, and reckon at its end."""
        for host in self.hosts:
            self.time.after(self.random.uniform(0, 1), host.start)
        self._plan_faults(self.mischief)
        self._plan_deeds()
        self.guesser.begin()
        self.code_guesser.begin()
        self.watch.begin()
        self.time.run(self._at(self.length))
        self._calms_down()
        self.time.run(self._at(self.length + CALM))
        if not self.story.breaks:
            reckon(self)
        for process in running(self.hosts):
            process.life.end()

    # What the parts ask of it

    def has_committed(self) -> None:
        """Something may be due sooner, or no longer."""
        self._earliest = None

    def may_die(self) -> bool:
        """Whether the process that takes a step dies at it."""
        if self.is_calm or not self.mischief.dies or self.deaths >= self.mischief.most_deaths:
            return False
        dies = self.random.random() < self.mischief.dies
        self.deaths += dies
        return dies

    def draw_clock(self, host: Host) -> None:
        """How far what the host takes for the database's time is off."""
        apart = self.mischief.clocks_apart or 0.005
        host.database_clock_off = timedelta(seconds=self.random.uniform(-apart, apart))

    def thread_is_late_by(self, pool: str) -> float:
        """When a thread takes up its work; those that send may take their time, and just then something happens."""
        is_sender = pool in list(MethodKind)
        if is_sender and not self.is_calm and self.random.random() < self.mischief.thread_late:
            late = self.random.choice([1.0, 10.0, 45.0]) * self.random.uniform(0.5, 1.2)
            self.people.hurry(late)
            if self.random.random() < 0.2 and self.mischief.deeds:
                self.time.after(self.random.uniform(0, late), self.desk.does_something)
            return late
        return self.random.expovariate(1 / 0.002)

    def tell_others(self, teller: Process) -> None:
        """NOTIFY: each other process hears of it, or not."""
        for process in running(self.hosts):
            if process is not teller and self.random.random() >= self.mischief.notify_lost:
                process.life.after(self.random.uniform(0.001, 0.01), process.runtime.wakeups.fire)

    def edit_trees(self) -> None:
        """New incidents open on other trees from now on; those that are open go on as they were (A8)."""
        self.story.tell("desk", "edits the trees: each level waits half as long, and a newcomer is told")
        self.edition = self._publish(edit(self.random, self.network))
        self.edited_at = self.time.now
        self.has_committed()

    def _publish(self, network: Network) -> editions.Edition:
        pattern = self.database.pattern
        return pattern.transact(editions.publish, network, pattern.templates.to_text())

    def describe(self, outgoing: Outgoing) -> str:
        """A message, for the story."""
        return f"{outgoing.method} {outgoing.attempt[:4]} to {self.name_of(outgoing.to)}"

    def name_of(self, address: str) -> str:
        """Whose number or mailbox it is."""
        return "the field" if address == FIELD_PHONE else self.names.get(address, address)

    # What is planned

    def _hosts(self) -> list[Host]:
        layout = self.random.choice([("both",), ("both",), ("both", "both"), ("web", "worker"), ("both", "worker")])
        return [
            Host(self, f"{kind}-{place}", serves=kind != "worker", works=kind != "web")
            for place, kind in enumerate(layout, 1)
        ]

    def _plan_deeds(self) -> None:
        self.time.after(2.0, self.desk.raises)
        for _ in range(self.random.choice([0] * 6 + [1])):
            self.time.after(self.random.uniform(3, self.length / 2), self.desk.raises)
        if self.random.random() < 0.08:
            self.time.after(self.random.uniform(3, self.length / 2), self.people.raise_by_sms)
        if self.mischief.edits:
            self.time.after(self.random.uniform(5, self.length * 0.7), self.desk.edits)
        for _ in range(self.mischief.deeds):
            self.time.after(self.random.uniform(10, self.length), self.desk.does_something)

    def _plan_faults(self, mischief: Mischief) -> None:
        for span in mischief.stops:
            host = self.random.choice(self.hosts)
            self.time.after(span.begin, partial(host.stop, span.end - span.begin))
        for span in mischief.hangs:
            host = self.random.choice([host for host in self.hosts if host.works])
            self.time.after(span.begin, partial(host.hang, span.end - span.begin))
        for span in mischief.way_in_closed:
            self.time.after(span.begin, partial(self._way_in, span))
        for moment in mischief.leaves:
            self.time.after(moment, self.random.choice(self.hosts).leave)
        for span in mischief.database_away:
            self.time.after(span.begin, partial(self._database, span))
        for way, trouble, span in mischief.provider:
            self.time.after(span.begin, partial(self._trouble, way, trouble, span))

    def _database(self, span: Span) -> None:
        self.story.tell("database", f"is away for {span.end - span.begin:.1f} s")
        self.database_is_away = True
        self.time.after(span.end - span.begin, self._database_is_back)

    def _database_is_back(self) -> None:
        if self.database_is_away:
            self.story.tell("database", "is back")
            self.database_is_away = False
            self.watch.database_back_at = self.time.now

    def _way_in(self, span: Span) -> None:
        self.story.tell("network", f"lets nobody through to us for {span.end - span.begin:.0f} s")
        self.way_in_is_closed = True
        self.time.after(span.end - span.begin, self._way_in_is_open)

    def _way_in_is_open(self) -> None:
        self.way_in_is_closed = False

    def _trouble(self, way: Way, trouble: Trouble, span: Span) -> None:
        seconds = span.end - span.begin
        self.story.tell("provider", f"{way_name(way)}: {trouble} for {seconds:.0f} s")
        self.provider.troubles[way] = trouble
        self.time.after(seconds, lambda: self.provider.troubles.pop(way, None))

    def _calms_down(self) -> None:
        self.story.tell("night", "nothing goes wrong any more")
        self.is_calm = True
        self._database_is_back()
        self._way_in_is_open()
        self.provider.troubles.clear()
        was = self.mischief
        self.mischief = Mischief(
            providers=was.providers, rate=was.rate, clocks_apart=was.clocks_apart, watched=was.watched
        )
        for host in self.hosts:
            host.start()
            if host.process is not None:
                host.process.life.resume()
            if host.runs_since is not None:
                host.runs_since = min(host.runs_since, self.time.now)

    def _at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    def _idle_until(self) -> datetime:
        if self._earliest is None:
            lead = LEAD + 2 * self.mischief.clocks_apart
            self.earliest_due = self.database.earliest_due()
            self._earliest = self.earliest_due - timedelta(seconds=lead)
        return self._earliest
