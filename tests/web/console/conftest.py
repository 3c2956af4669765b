"""The valley behind the console, and hands that sign in there."""

from collections.abc import Callable

import pytest

from alertnet.store.records.credentials.users import Role
from tests.web.console.desk import Desk
from tests.web.world import World

SitDown = Callable[..., Desk]


@pytest.fixture
def sit_down(world: World) -> SitDown:
    """Somebody of that role, signed in on a browser of their own."""

    def sit_down(name: str = "maria", role: Role = Role.COORDINATOR) -> Desk:
        desk = Desk.of(world, name, role)
        desk.signs_in()
        return desk

    return sit_down


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """Maria, who coordinates, signed in."""
    return sit_down()
