"""Virtual time: a queue of events in order. A running task may wait in the middle, while others go on.

A `Life` is one run of a process, from its start to its death. Its tasks are greenlets: they run until they wait.
Between two waits nothing else happens, so that a seed gives the same night each time.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from greenlet import GreenletExit, getcurrent, greenlet

Do = Callable[[], object]


class Ticker:
    """Rings every so many seconds from a moment on; most rings would find nothing, and are left out."""

    def __init__(self, ring: Do, start: datetime, seconds: float) -> None:
        self.ring = ring
        self._start = start
        self._every = timedelta(seconds=seconds)
        self.at = start + self._every

    def pass_over(self, until: datetime) -> None:
        """Leave out the rings before that moment."""
        if self.at < until:
            steps = -((self._start - until) // self._every)
            self.at = self._start + steps * self._every

    def advance(self) -> None:
        """Move to the next ring."""
        self.at += self._every

    def shift(self, by: timedelta) -> None:
        """Go on as before on a clock that was put on by so much."""
        self._start += by
        self.at += by


class Time:
    """The queue of events. `idle_until` gives the moment before which no ticker would find anything to do."""

    def __init__(self, start: datetime, idle_until: Callable[[], datetime]) -> None:
        self.now = start
        self.put_on = timedelta()
        """By how much the clock was put on since the start; less than nothing where it was put back."""
        self.over = False
        self._until = start
        self.tickers: list[Ticker] = []
        self._idle_until = idle_until
        self._queue: list[tuple[datetime, int, Do]] = []
        self._order = count()

    def at(self, moment: datetime, do: Do) -> None:
        """Run that at the moment."""
        heapq.heappush(self._queue, (max(moment, self.now), next(self._order), do))

    def after(self, seconds: float, do: Do) -> None:
        """Run that after so many seconds."""
        self.at(self.now + timedelta(seconds=seconds), do)

    @property
    def true(self) -> datetime:
        """The time of everybody else, whose clocks go on."""
        return self.now - self.put_on

    def put(self, by: timedelta) -> None:
        """Put the clock on by so much; what was to come comes as soon as before."""
        self.now, self.put_on, self._until = self.now + by, self.put_on + by, self._until + by
        self._queue = [(at + by, order, do) for at, order, do in self._queue]
        for ticker in self.tickers:
            ticker.shift(by)

    def run(self, until: datetime) -> None:
        """Run everything up to that moment, or until `over` is set."""
        self._until = until
        while not self.over:
            until = self._until
            upcoming = self._queue[0][0] if self._queue else until
            ticker = self._next_ticker(min(upcoming, until))
            if ticker is not None:
                self.now = max(self.now, ticker.at)
                ticker.advance()
                ticker.ring()
            elif upcoming > until or not self._queue:
                self.now = until
                return
            else:
                self.now, _, do = heapq.heappop(self._queue)
                do()

    def _next_ticker(self, before: datetime) -> Ticker | None:
        if not self.tickers:
            return None
        idle_until = self._idle_until()
        if idle_until > before:
            return None
        for ticker in self.tickers:
            ticker.pass_over(max(idle_until, self.now))
        first = min(self.tickers, key=lambda ticker: ticker.at)
        return first if first.at < before else None


class Life:
    """One run of a process. While it is stopped nothing of it happens; once it has ended nothing ever will."""

    def __init__(self, time: Time, on_fault: Callable[[Exception], object]) -> None:
        self.time = time
        self._on_fault = on_fault
        self.alive = True
        self._stopped_until = time.now
        self._held_up: list[Do] = []
        self._hub = getcurrent()
        self._tasks: list[greenlet] = []
        self._tickers: list[Ticker] = []
        self._is_still = False

    @property
    def is_stopped(self) -> bool:
        """Whether its machine gives it no time (SIGSTOP)."""
        return self.time.now < self._stopped_until

    def stop(self, until: datetime) -> None:
        """Stop it until that moment, unless it is resumed."""
        self._stopped_until = until
        self.time.at(until, self._go_on)

    def shift(self, by: timedelta) -> None:
        """Go on as before on a clock that was put on by so much."""
        self._stopped_until += by

    def resume(self) -> None:
        self._stopped_until = min(self._stopped_until, self.time.now)
        self._go_on()

    def after(self, seconds: float, do: Do) -> None:
        """Run that in this life after so many seconds, or as soon as it is no longer stopped."""
        self.time.after(seconds, partial(self._do, do))

    def spawn(self, work: Do, after: float = 0.0) -> None:
        self.after(after, partial(self._begin, work))

    def tick(self, do: Do, seconds: float) -> None:
        """Begin a task every so many seconds; those that fall while it is stopped are left out."""
        ticker = Ticker(partial(self._tick, do), self.time.now, seconds)
        self._tickers.append(ticker)
        self.time.tickers.append(ticker)

    def repeat(self, do: Do, seconds: float, is_worth_it: Callable[[], bool] = lambda: True) -> None:
        """Begin a task every so many seconds, whatever is due, for work that no queue knows of."""

        def ring() -> None:
            if not self._is_still:
                if is_worth_it():
                    self.spawn(do)
                self.after(seconds, ring)

        self.after(seconds, ring)

    def still(self) -> None:
        """End all ticks."""
        self._is_still = True
        self.time.tickers = [each for each in self.time.tickers if each not in self._tickers]

    def sleep(self, seconds: float) -> None:
        """Let the running task wait."""
        self.after(seconds, partial(self._resume, getcurrent()))
        self.park()

    def park(self) -> None:
        """Let the running task wait until somebody resumes it."""
        if not self.alive:
            raise GreenletExit
        self._hub.switch()

    def waker(self) -> Do:
        """A function that resumes the task running now, once it is parked."""
        return partial(self.after, 0.0, partial(self._resume, getcurrent()))

    def die(self) -> None:
        """End at this very point, from within one of its tasks, which never returns."""
        self.alive = False
        self.time.after(0.0, self.end)
        self._hub.switch()

    def end(self) -> None:
        """End from outside; nothing of it is finished."""
        self.alive = False
        self.still()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.throw(GreenletExit)

    def _tick(self, do: Do) -> None:
        if not self.is_stopped:
            self.spawn(do)

    def _go_on(self) -> None:
        if not self.is_stopped:
            held_up, self._held_up = self._held_up, []
            for do in held_up:
                self.time.after(0.0, partial(self._do, do))

    def _do(self, do: Do) -> None:
        if not self.alive:
            return
        if self.is_stopped:
            self._held_up.append(do)
        else:
            do()

    def _begin(self, work: Do) -> None:
        task = greenlet(partial(self._run, work))
        self._tasks = [each for each in self._tasks if not each.dead]
        self._tasks.append(task)
        task.switch()

    def _run(self, work: Do) -> None:
        try:
            work()
        except Exception as fault:
            self._on_fault(fault)

    def _resume(self, task: greenlet) -> None:
        if not task.dead:
            task.switch()
