"""One escalation of a rehearsal on its way: where it stands, and what rings again when."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.escalation.advance import still_wanted
from alertnet.core.escalation.state import State
from alertnet.core.resolution.resolve import Plan


@dataclass(frozen=True)
class Task:
    """A contact whom the coordinators are asked to call, and when they are asked again."""

    level_index: int
    contact: str
    method: int
    level: str
    again_at: datetime


@dataclass
class Walk:
    """One escalation while it is simulated."""

    plan: Plan
    state: State
    due_at: datetime | None
    question: tuple[int, datetime] | None = None
    """The level that the coordinators are asked about, and when they are asked again."""
    confirm_at: datetime | None = None
    """When they are asked again whether somebody really takes charge."""
    alarm_at: datetime | None = None
    """When the alarm that nobody answered rings again."""

    tasks: tuple[Task, ...] = ()
    """What the coordinators are asked to do, while somebody waits for it."""

    @property
    def tree(self) -> ContactTree:
        """The tree of the escalation."""
        return self.plan.tree

    def is_wanted(self, task: Task) -> bool:
        """Whether somebody still waits for what comes of it."""
        return still_wanted(self.plan, self.state, task.level_index, task.contact, task.method)
