"""Requests to us from the provider, phones and coordinators, to whichever process accepts them."""

from collections.abc import Callable, Sequence
from functools import partial

from starlette.responses import Response

from alertnet.core.errors import AlertnetError
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.web.throttle import Throttle
from simulation.hosts.host import Host, running
from simulation.world.cast import SECRET
from simulation.world.world import World

IN_CLEAR = ("text/xml", "text/html")
"""What calls speak, replies write and pages show: behind a link that travelled in clear, to whoever has it."""
PATIENCE = 15.0  # Seconds to wait for an answer.

WebAnswer = Response | AlertnetError | None
"""What came back: an answer, a refusal in words, or nothing in time."""

Heard = Callable[[WebAnswer], object]


class Web:
    """Stands before our processes, and knows only whether a machine accepts connections."""

    def __init__(self, world: World, hosts: Sequence[Host]) -> None:
        self.world = world
        self.hosts = hosts
        self.throttle = Throttle(lambda _: None)

    def request(
        self,
        what: str,
        act: Callable[[Runtime], Response],
        heard: Heard = lambda _: None,
        *,
        twice: bool = False,
        is_proved: bool = False,
    ) -> None:
        """Let a process answer a request, two at once if it is made `twice`; `heard` is called with the answer.

        `is_proved`: whoever asks has entered a PIN, and may read the details.
        """
        up = [each for each in running(self.hosts) if each.host.serves and not each.is_leaving]
        if self.world.way_in_is_closed or not up:
            self.world.story.tell("network", f"finds nobody of ours to take {what}")
            self.world.time.after(1.0, partial(heard, None))
            return
        waiting = [heard]

        def hear(answer: WebAnswer) -> None:
            while waiting:
                waiting.pop()(answer)

        for process in self.world.random.choices(up, k=2 if twice else 1):
            process.life.spawn(partial(self._serve, process.runtime, what, act, hear, is_proved=is_proved), 0.005)
        self.world.time.after(PATIENCE, partial(hear, None))

    def _serve(
        self, runtime: Runtime, what: str, act: Callable[[Runtime], Response], hear: Heard, *, is_proved: bool
    ) -> None:
        try:
            response = act(runtime)
        except DatabaseAway:
            return self._return(None, hear)
        except AlertnetError as refusal:
            return self._return(refusal, hear)
        except Exception as fault:
            self.world.story.breaks_promise("A11", f"{what} fails by {type(fault).__name__}: {fault}")
            return None
        if not is_proved and response.media_type in IN_CLEAR and SECRET in bytes(response.body).decode():
            self.world.story.breaks_promise("A9", f"the answer to {what} names a person or a place")
        return self._return(response, hear)

    def _return(self, answer: WebAnswer, hear: Heard) -> None:
        self.world.time.after(self.world.random.uniform(0.005, 0.05), partial(hear, answer))
