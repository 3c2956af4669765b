"""One night: who is in it, what goes wrong and what people do, each drawn by chance and then run."""

from datetime import timedelta
from functools import partial

from alertnet.core.delivery.provider_routes import Route, route_name
from alertnet.core.directory.contact import MethodKind
from simulation.checks.promises import Promises
from simulation.checks.ringing import Ringing
from simulation.checks.told import Told
from simulation.checks.watch import Watch
from simulation.desk.abroad import Abroad
from simulation.desk.awaited import Awaited
from simulation.desk.families import Families
from simulation.desk.turns import Turns
from simulation.hosts.host import Host, Surroundings, running
from simulation.hosts.web import Web
from simulation.mails.mailbox import mailbox_of
from simulation.mails.writers import Writers
from simulation.outside.caller import Caller, CallsBack
from simulation.outside.code_guesser import CodeGuesser
from simulation.outside.coordinators import Coordinators
from simulation.outside.endpoints import Outside
from simulation.outside.field import Members, Reporter, Traveller
from simulation.outside.office import Erasures, NumberTests, Office
from simulation.outside.outlets import outlets_of
from simulation.outside.people import People
from simulation.outside.pin_guesser import Guesser
from simulation.outside.provider import Provider
from simulation.pages.visitors import Visitors
from simulation.world.faults import Mischief, Span, Trouble
from simulation.world.world import MINUTE, STARTS_WITHIN, World

CALM = 2.5 * MINUTE
"""How long nothing goes wrong at the end, so that everything left can be done."""


class Night:
    """Everybody in one night; each knows only those made before it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hosts: list[Host] = []
        self.promises = Promises(world, self.hosts)
        self.watch = Watch(world, self.hosts)
        self.told = Told(world, self.watch)
        self.web = Web(world, self.hosts)
        self.people = People(world, self.web, self.promises)
        self.provider = Provider(world, self.web, self.people, self.promises, Ringing(world, self.hosts))
        self.outside = Outside(world, self.web, self.watch)
        self.guesser = Guesser(world, self.web, self.people)
        self.code_guesser = CodeGuesser(world, self.web, self.people)
        self.coordinators = Coordinators(world, self.web, self.people, self.promises)
        self.families = Families(world, self.coordinators)
        self.turns = Turns(world, self.web, self.people)
        self.abroad = Abroad(world, self.people)
        self.number_tests = NumberTests(world, self.web)
        self.traveller = Traveller(world, self.people)
        self.members = Members(world, self.web, self.people, self.traveller)
        is_free = not (self.traveller.travels or self.members.does or self.coordinators.merges)
        self.caller = Caller(world, self.web, self.provider, is_free=is_free)
        is_free = is_free and not self.caller.calls
        self.reporter = Reporter(world, self.people, is_free=is_free and not self.coordinators.sortings)
        is_last = is_free and not (self.reporter.tells or self.coordinators.sortings)
        self.awaited = Awaited(world, self.people, self.coordinators, is_free=is_last)
        self.calls_back = CallsBack(world, self.web, self.people)
        self.writers = Writers(world, self.people)
        self.visitors = Visitors(world, self.web, self.people)
        self.office = Office(world, self.web, is_free=is_free and not self.reporter.tells)
        self.erasures = Erasures(world, self.web)
        self._place_hosts()

    def live(self) -> None:
        """Run the night, and its calm end."""
        world = self.world
        for host in self.hosts:
            world.time.after(world.random.uniform(0, STARTS_WITHIN), host.start)
        self._plan_faults(world.mischief)
        self._plan_deeds()
        self.coordinators.begin()
        self.families.begin()
        self.turns.begin()
        self.abroad.begin()
        self.guesser.begin()
        self.code_guesser.begin()
        self.number_tests.begin()
        self.traveller.begin()
        self.members.begin()
        self.reporter.begin()
        self.awaited.begin()
        self.caller.begin()
        self.calls_back.begin()
        self.office.begin()
        self.erasures.begin()
        self.writers.begin()
        self.visitors.begin()
        self.watch.begin()
        self.told.begin()
        world.time.run(world.moment(world.length))
        self.calms_down()
        world.time.run(world.time.now + timedelta(seconds=CALM))

    def end(self) -> None:
        """End it; nothing of it goes on."""
        for process in running(self.hosts):
            process.life.end()

    def calms_down(self) -> None:
        """End all that goes wrong, and let everybody run."""
        self.world.calms_down()
        for host in self.hosts:
            host.start()
            if host.process is not None:
                host.process.life.resume()
            if host.runs_since is not None:
                host.runs_since = min(host.runs_since, self.world.time.now)

    def _place_hosts(self) -> None:
        choices = [("both",), ("both",), ("both", "both"), ("web", "worker"), ("both", "worker")]
        self.around = Surroundings(
            outlets=partial(outlets_of, self.provider, self.promises),
            mailbox=mailbox_of,
            ping=self.outside.ping_of,
            late_by=self._thread_is_late_by,
            has_left=self.promises.has_left,
        )
        for place, kind in enumerate(self.world.random.choice(choices), 1):
            name, serves, works = f"{kind}-{place}", kind != "worker", kind != "web"
            self.hosts.append(Host(self.world, self.around, self.hosts, name, serves=serves, works=works))

    def _thread_is_late_by(self, pool: str) -> float:
        """Seconds before a thread begins its work. Threads that send may be slow, and something happens just then."""
        random, mischief = self.world.random, self.world.mischief
        is_sender = pool in list(MethodKind)
        if is_sender and not self.world.is_calm and random.random() < mischief.thread_late:
            late = random.choice([1.0, 10.0, 45.0]) * random.uniform(0.5, 1.2)
            self.people.hurry(late)
            if random.random() < 0.2 and mischief.deeds:
                self.world.time.after(random.uniform(0, late), self.coordinators.does_something)
            return late
        return random.expovariate(1 / 0.002)

    # What is planned

    def _plan_deeds(self) -> None:
        time, random, length = self.world.time, self.world.random, self.world.length
        time.after(2.0, self.coordinators.raises)
        for _ in range(random.choice([0] * 6 + [1])):
            time.after(random.uniform(3, length / 2), self.coordinators.raises)
        if random.random() < 0.08:
            time.after(random.uniform(3, length / 2), self.people.raise_by_sms)
        if random.random() < 0.08:
            time.after(
                random.choice([random.uniform(0.5, 2), random.uniform(3, length / 2)]), self.people.write_in_words
            )
        if self.coordinators.merges:
            time.after(random.uniform(3, length / 3), self.coordinators.raises)
            time.after(random.uniform(length / 3, length / 2), self.coordinators.sees_one_event)
        if self.coordinators.sortings:
            for _ in range(2):
                time.after(random.uniform(3, length / 2), self.coordinators.raises)
        for _ in range(self.coordinators.sortings):
            time.after(self.coordinators.sorts_at(length), self.coordinators.sorts_reports)
        for _ in range(self.coordinators.takings_back):
            time.after(self.coordinators.doubts_at(length), self.coordinators.takes_back)
        if self.coordinators.edits_at is not None:
            time.after(self.coordinators.edits_at, self.coordinators.edits)
        if self.world.mischief.edits:
            time.after(random.uniform(5, length * 0.7), self.coordinators.edits)
        for _ in range(self.world.mischief.deeds):
            time.after(random.uniform(10, length), self.coordinators.does_something)

    def _plan_faults(self, mischief: Mischief) -> None:
        after, random = self.world.time.after, self.world.random
        for span in mischief.stops:
            host = random.choice(self.hosts)
            after(span.begin, partial(host.stop, span.end - span.begin))
        for span in mischief.hangs:
            host = random.choice([host for host in self.hosts if host.works])
            after(span.begin, partial(host.hang, span.end - span.begin))
        for span in mischief.way_in_closed:
            after(span.begin, partial(self._way_in, span))
        for moment in mischief.leaves:
            after(moment, random.choice(self.hosts).leave)
        for span in mischief.database_away:
            after(span.begin, partial(self._database, span))
        for moment, seconds in mischief.steps:
            after(moment, partial(self._puts_clock, timedelta(seconds=seconds)))
        for route, trouble, span in mischief.provider:
            after(span.begin, partial(self._trouble, route, trouble, span))

    def _database(self, span: Span) -> None:
        self.world.story.tell("database", f"is away for {span.end - span.begin:.1f} s")
        self.world.database_is_away = True
        self.world.time.after(span.end - span.begin, self.world.database_returns)

    def _puts_clock(self, by: timedelta) -> None:
        self.watch.fine_until = min(self.watch.fine_until, self.world.time.now)
        for host in self.hosts:
            host.shift(by)
        self.world.puts_clock(by)

    def _way_in(self, span: Span) -> None:
        self.world.story.tell("network", f"lets nobody through to us for {span.end - span.begin:.0f} s")
        self.world.way_in_is_closed = True
        self.world.time.after(span.end - span.begin, self._way_in_is_open)

    def _way_in_is_open(self) -> None:
        self.world.way_in_is_closed = False

    def _trouble(self, route: Route, trouble: Trouble, span: Span) -> None:
        seconds = span.end - span.begin
        self.world.story.tell("provider", f"{route_name(route)}: {trouble} for {seconds:.0f} s")
        self.world.troubles[route] = trouble
        self.world.time.after(seconds, lambda: self.world.troubles.pop(route, None))
