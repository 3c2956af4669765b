"""Families who say of each person how far news may travel, and coordinators who let it go to the public (A3, B3)."""

from functools import partial

from alertnet.core.incident import Scope
from simulation.outside.coordinators import Coordinators
from simulation.world.cast import PUBLIC_LEVEL
from simulation.world.world import World

PERSON = "P7"


class Families:
    """Speaks up in nights in which there is a newspaper; all other nights are unchanged."""

    def __init__(self, world: World, coordinators: Coordinators) -> None:
        self.world = world
        self.coordinators = coordinators
        self.random = world.draws("families")

    def begin(self) -> None:
        """Plan what they say."""
        is_told = "press" in self.world.names.values() and not self.world.mischief.quiet
        for _ in range(self.random.choice([1, 2, 4]) if is_told else 0):
            self.world.time.after(self.random.uniform(5, self.world.length), self._speaks)

    def _speaks(self) -> None:
        """Say it of one person or of all; or let it go on to the press, whatever they have said."""
        if not self.world.opened:
            return
        ref = self.random.choice(list(self.world.opened))
        if self.random.random() < 0.2:
            self.coordinators.decides_on(ref, "go", tree="colombia", level=PUBLIC_LEVEL)
            return
        scope = self.random.choice([Scope.PUBLIC, Scope.PUBLIC, Scope.INTERNATIONAL, Scope.NATIONAL, Scope.INTERNAL])
        self.coordinators.records_consent(ref, scope, *self.random.choice([(), (PERSON,), (PERSON,)]))
        if self.random.random() < 0.2:
            self.world.time.after(self.random.uniform(0, 60), partial(self.coordinators.re_resolves, ref))
