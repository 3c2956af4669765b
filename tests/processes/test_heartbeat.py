"""The heartbeat of a real installation: the worker tests the way in over real HTTP, and then pings."""

from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from tests.processes.conftest import Installs
from tests.processes.installation import eventually
from tests.scenarios.outside import Served, a_place


def test_the_heartbeat_leaves_once_the_way_in_has_answered(installs: Installs) -> None:
    """From `serve` to itself by its public URL, and from there to whoever waits for it."""
    pings: list[str] = []

    def take(method: str, path: str, *_: object) -> Served:
        pings.append(f"{method} {path}")
        return 200, {}

    with a_place() as place:
        place.serve = take
        installation = installs(hurried=True)
        installation.environment["ALERTNET_HEARTBEAT_URL"] = f"{place.url}/ping"
        installation.is_up(installation.serves(), workers=1)

        eventually(lambda: pings, "a ping comes")
        eventually(lambda: installation.runtime.read(_is_noted), "it is noted")

        assert pings == ["GET /ping"]
        assert installation.asks("/readyz").body["heartbeat"] is True


def _is_noted(tx: Tx) -> bool:
    return heartbeats.HEARTBEAT in heartbeats.read(tx.session)
