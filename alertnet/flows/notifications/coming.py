"""What comes next of an incident, as a coordinator who has answered is told (B3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alertnet.core.escalation.advance_incident import coming_level
from alertnet.core.escalation.due import ComingLevel
from alertnet.core.escalation.state import State
from alertnet.flows.unit.locked_incident import LockedIncident


@dataclass(frozen=True)
class Coming:
    """A level that comes next, and the title of its tree. `on_hold`: a coordinator holds whatever comes there."""

    level: ComingLevel
    tree: str
    on_hold: bool

    @property
    def words(self) -> dict[str, Any]:
        """The fields of `Said` that tell it."""
        return {"next_level": self.level.name, "automatic_at": self.level.automatic_at, "tree": self.tree}


def coming(locked: LockedIncident, states: Mapping[str, State], tree: str, contact: str) -> Coming | None:
    """What comes first wherever the coordinator's answer counts; None where nothing does, or for whoever is none.

    `states`: how the escalation of each tree stands.
    """
    found = []
    for its_tree, its_contact in locked.same_recipient(tree, contact):
        state, plan = states.get(its_tree), locked.plans[its_tree]
        level = coming_level(plan, state, locked.tx.now) if state is not None and its_contact.is_coordinator else None
        if state is not None and level is not None:
            found.append(Coming(level, plan.tree.title, state.on_hold_since is not None))
    by_itself = [each for each in found if each.level.automatic_at is not None]
    return min(by_itself, key=lambda each: each.level.automatic_at or locked.tx.now, default=next(iter(found), None))
