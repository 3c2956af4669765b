"""Requests to us: from the provider, from phones and from coordinators, to whichever process takes them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import Response

from alertnet.core.errors import AlertnetError
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from simulation.hosts.host import running

if TYPE_CHECKING:
    from simulation.night import Night

PATIENCE = 15.0  # seconds for which an answer is waited for

Answer = Response | AlertnetError | None
"""What came back: an answer, a refusal in words, or nothing in time."""

Heard = Callable[[Answer], object]


class Web:
    """What stands before our processes, and knows only whether a machine takes connections."""

    def __init__(self, night: "Night") -> None:
        self.night = night

    def request(
        self, what: str, act: Callable[[Runtime], Response], heard: Heard = lambda _: None, *, twice: bool = False
    ) -> None:
        """Let a process do that, two at once where the request is made `twice`; `heard` is called with the answer."""
        up = [each for each in running(self.night.hosts) if each.host.serves and not each.is_leaving]
        if self.night.way_in_is_closed or not up:
            self.night.story.tell("network", f"finds nobody of ours to take {what}")
            self.night.time.after(1.0, partial(heard, None))
            return
        waiting = [heard]

        def hear(answer: Answer) -> None:
            while waiting:
                waiting.pop()(answer)

        for process in self.night.random.choices(up, k=2 if twice else 1):
            process.life.spawn(partial(self._serve, process.runtime, what, act, hear), 0.005)
        self.night.time.after(PATIENCE, partial(hear, None))

    def _serve(self, runtime: Runtime, what: str, act: Callable[[Runtime], Response], hear: Heard) -> None:
        try:
            response = act(runtime)
        except DatabaseAway:
            return self._return(None, hear)
        except AlertnetError as refusal:
            return self._return(refusal, hear)
        except Exception as fault:
            self.night.story.breaks_promise("A11", f"{what} fails by {type(fault).__name__}: {fault}")
            return None
        return self._return(response, hear)

    def _return(self, answer: Answer, hear: Heard) -> None:
        self.night.time.after(self.night.random.uniform(0.005, 0.05), partial(hear, answer))
