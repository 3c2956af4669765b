"""What stands around alertnet, over real HTTP: the front at its public URL, and whoever waits for its heartbeat."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alertnet.runtime.http_ping import ping
from alertnet.worker.self_monitoring import HEAD_HEADER, beat
from tests.scenarios.world import World
from tests.support.listening import Quiet, listening

BEAT = timedelta(seconds=20)
"""Less often than in earnest, and well within what counts as silence."""

Served = tuple[int, Mapping[str, str]]
"""Status and headers."""


@dataclass
class Place:
    """A server of this machine; `serve` answers (method, path, body, headers)."""

    url: str = ""
    serve: Callable[[str, str, bytes, Mapping[str, str]], Served] = lambda *_: (200, {})


@contextmanager
def a_place() -> Iterator[Place]:
    """A place at which somebody listens."""
    place = Place()

    class Handler(Quiet):
        def do_GET(self) -> None:
            status, headers = place.serve(self.command, self.path, self.received(), dict(self.headers.items()))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        do_POST = do_GET

    with listening(Handler) as port:
        place.url = f"http://127.0.0.1:{port}"
        yield place


class DeadMan:
    """Whoever waits for the heartbeat, and rings when none comes; `redirect`: it sends elsewhere instead."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.pings: list[datetime] = []
        self.heads: list[str] = []
        """The head of the record that each ping carried."""
        self.redirect: str | None = None
        self.clock: Callable[[], datetime] | None = None
        place.serve = self._take

    def _take(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Served:
        assert self.clock is not None
        self.pings.append(self.clock())
        self.heads.append(headers[HEAD_HEADER])
        assert path.endswith(f"&head={self.heads[-1]}")
        return (302, {"Location": self.redirect}) if self.redirect else (200, {})


class Front:
    """What answers at our public URL, and passes on; `is_up` False: it has lost us."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.is_up = True
        self.world: World | None = None
        place.serve = self._pass_on

    def _pass_on(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Served:
        if not self.is_up or self.world is None:
            return 502, {}
        answer = self.world.client.request(method, path, content=body, headers=dict(headers))
        return answer.status_code, {}


class Night:
    """A world in which somebody keeps watch: time goes by with a beat of the worker every 20 seconds."""

    def __init__(self, world: World, dead_man: DeadMan, front: Front) -> None:
        self.world = world
        self.dead_man = dead_man
        self.front = front
        self.watches = [partial(beat, world.runtime, "a worker", ping)]
        dead_man.clock = world.clock
        front.world = world

    def passes(self, *, working: bool = True, **span: float) -> None:
        """Time goes by; `working` False: the worker beats, but does nothing of what is due."""
        end = self.world.clock.at + timedelta(**span)
        while self.world.clock.at < end:
            step = min(BEAT, end - self.world.clock.at)
            if working:
                self.world.passes(seconds=step.total_seconds())
            else:
                self.world.clock.at += step
            self.beats()

    def beats(self) -> None:
        """Every worker shows that it is alive, looks, and runs its checks."""
        for watch in self.watches:
            for check in watch().values():
                check()

    @property
    def silence(self) -> timedelta:
        """For how long no heartbeat came."""
        return self.world.clock.at - max(self.dead_man.pings)
