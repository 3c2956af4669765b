"""Somebody tries the numbers of contacts while all else goes on; whoever gets a test answers it or not (A6, A9)."""

from random import Random

from starlette.responses import Response

from alertnet.core.directory.number_tests import testable
from alertnet.flows.notifications.number_tests import send_tests
from alertnet.runtime.wiring import Runtime
from simulation.hosts.web import Web
from simulation.world.world import World

CHANCE = 0.5


class NumberTests:
    """The desk that tries numbers; nights in which it does not are as they were."""

    def __init__(self, world: World, web: Web) -> None:
        self.world = world
        self.web = web
        self.random = Random(f"number tests {world.seed}")

    def begin(self) -> None:
        """Plan when some are tried, if any are."""
        if not self.world.mischief.quiet and self.random.random() < CHANCE:
            self.world.time.after(self.random.uniform(1, self.world.length / 2), self._try_some)

    def _try_some(self) -> None:
        network = self.world.edition.network
        able = list(testable(network))
        chosen = self.random.sample(able, min(len(able), self.random.choice([1, 2, 4])))
        self.world.story.tell("desk", f"tries the numbers of {', '.join(contact.id for _, contact in chosen)}")

        def send(runtime: Runtime) -> Response:
            runtime.transact(send_tests, network, chosen, "the desk")
            return Response(status_code=204)

        self.web.request("tests of numbers", send)
