"""Turns of duty that change during the night: the desk sets or swaps them, and officers take or leave theirs by SMS."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from starlette.responses import Response

from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.system.duty import set_duty, swap_duty
from alertnet.runtime.wiring import Runtime
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.people import People
from simulation.world.cast import ON_DUTY
from simulation.world.expected_turns import WEEK, Arranged, begins, week_of, whose_turn
from simulation.world.world import World

PINS = {"noor": "31415", "paz": "27182"}


class Turns:
    """Changes them in some of the nights with a rota; all other nights are unchanged."""

    def __init__(self, world: World, web: Web, people: People) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("turns")
        posts = [] if world.mischief.quiet or not self.random.comes() else world.network.with_duty
        self.posts = [(tree, f"{tree.id}/{contact.id}", duty) for tree, contact, duty in posts]

    def begin(self) -> None:
        """Give the officers their PINs, and plan the changes."""
        for name, pin in PINS.items() if self.posts else ():
            self.world.database.pattern.transact(set_pins, f"staff/{name}", pin)
        for _ in range(self.random.choice([2, 4, 8]) if self.posts else 0):
            act = self.random.choice([self._sets, self._sets, self._writes, self._swaps])
            self.world.time.after(self.random.uniform(1, self.world.length), act)

    def _sets(self) -> None:
        """Put somebody on duty or off it at the desk, at once or soon, for a while or until the turn changes."""
        [(tree, owner, duty)] = self.posts
        name, is_on = self.random.choice(sorted(ON_DUTY)), self.random.random() < 0.6
        begins_at = self._in_minutes() if self.random.random() < 0.3 else None
        ends_at = (begins_at or self._in_minutes()) + timedelta(minutes=2) if self.random.random() < 0.5 else None
        first = begins_at or self.world.time.now
        last = ends_at or begins(duty, tree.timezone, week_of(duty, tree.timezone, first) + 1)
        said = self._says(owner, name, first, last, is_on=is_on)

        def act(runtime: Runtime) -> Response:
            set_ = partial(set_duty, is_on=is_on, starts_at=begins_at, ends_at=ends_at, by="the desk")
            runtime.transact(set_, runtime.edition.network, owner, name)
            return Response(status_code=204)

        spent = f"from {first:%H:%M:%S} to {last:%d %H:%M:%S}"
        self.world.story.tell("desk", f"puts {name} {'on' if is_on else 'off'} duty {spent}")
        self.web.request("a turn of duty", act, self._hears(said))

    def _swaps(self) -> None:
        """Let the two exchange their turns, of the week that goes on or the next."""
        [(tree, owner, duty)] = self.posts
        zone, known = tree.timezone, self.world.asked.turns
        week = week_of(duty, zone, self.world.time.now) + self.random.choice([0, 1])
        gives = whose_turn(duty, zone, begins(duty, zone, week), known)
        later = range(week + 1, week + 4)
        back = next((each for each in later if whose_turn(duty, zone, begins(duty, zone, each), known) != gives), None)
        if gives is None or back is None:
            return
        takes = next(phone for phone in ON_DUTY.values() if phone != gives)
        names = {phone: name for name, phone in ON_DUTY.items()}
        both = [(takes, begins(duty, zone, week)), (gives, begins(duty, zone, back))]
        said = [self._says(owner, names[phone], at, at + WEEK, is_on=True) for phone, at in both]
        monday = begins(duty, zone, week).date() - timedelta(days=duty.weekday)

        def act(runtime: Runtime) -> Response:
            swap = partial(swap_duty, owner=owner, by="the desk")
            runtime.transact(swap, runtime.edition.network, (names[takes], names[gives]), monday)
            return Response(status_code=204)

        self.world.story.tell("desk", f"gives {names[gives]}'s turn of {monday:%d %b} to {names[takes]}")
        self.web.request("a swap of turns", act, self._hears(*said))

    def _writes(self) -> None:
        """Take the turn by SMS, or leave it to the other."""
        [(tree, owner, duty)] = self.posts
        name, is_on = self.random.choice(sorted(ON_DUTY)), self.random.random() < 0.5
        now = self.world.time.now
        ends_at = begins(duty, tree.timezone, week_of(duty, tree.timezone, now) + 1)
        said = self._says(owner, name, now, ends_at, is_on=is_on)
        text = f"{'ON' if is_on else 'OFF'} {PINS[name]}"
        self.people.write(ON_DUTY[name], text, partial(self._hears(said), Response()))

    def _says(self, owner: str, name: str, begins_at: datetime, ends_at: datetime, *, is_on: bool) -> Arranged:
        said = Arranged(owner, ON_DUTY[name], is_on, begins_at, ends_at, self.world.time.now)
        self.world.asked.turns.append(said)
        return said

    def _hears(self, *said: Arranged) -> Callable[[WebAnswer], None]:
        """Note that it is so; what was answered last was done last."""
        turns, [(tree, _, duty)] = self.world.asked.turns, self.posts

        def hears(answer: WebAnswer) -> None:
            if answer is not None:
                for each in said:
                    turns.remove(each)
                # Where the turn had just changed meanwhile, nobody knows until when it is so.
                moments = (said[0].asked_at, self.world.time.now)
                each_week = {week_of(duty, tree.timezone, at) for at in moments}
                for each in said if isinstance(answer, Response) else ():
                    each.is_done = len(each_week) == 1
                    turns.append(each)

        return hears

    def _in_minutes(self) -> datetime:
        return self.world.time.now + timedelta(seconds=self.random.uniform(20, 240))
