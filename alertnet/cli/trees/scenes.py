"""Groups a rehearsal into scenes: one level of a tree in one round, what happens in it, and who is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.context import LAST_RESORT_NAME
from alertnet.core.forecast.simulation import Noted, Shared, Told
from alertnet.core.notification import ASKING
from alertnet.flows.forecast.played import Played

HAPPENS = {
    "level_opened": "opens",
    "go_asked": "waits for a go: {reasons}",
    "waits_for_verification": "waits until somebody has verified the report",
    "confirmation_asked": "a coordinator is asked whether {contact} takes charge",
    "level_held": "is held: it does not go on by itself",
    "level_refused": "is left out",
    "level_gave_way": "can't be satisfied any more: the next opens",
    "rule_met": "satisfied",
    "escalation_acknowledged": "the tree is acknowledged: nobody else is told",
    "escalation_unanswered": "nobody has answered: every coordinator is alarmed, last resort is told",
    "coordinators_silent": "no coordinator answers: last resort is told",
    "deputy_told": "{contact} stands in for {stands_for} ({cause})",
    "contact_closed": "{contact} is closed ({closed_by})",
    "contact_opened": "{contact} opens, and is told now",
    "action_missing": "no action was reported",
    "acknowledged": "{contact} takes charge",
    "relayed": "{contact} passes it on, which satisfies nothing",
    "declined": "{contact} says that it can't",
    "action_reported": "{contact} reports what it did",
}
"""The text for each kind of history entry. Kinds not listed here change only the present scene, except a new round."""


@dataclass
class Scene:
    """One level in one round: whom it tells, and what coordinators are asked (`asked`) because of it."""

    at: datetime
    tree: str
    round: int
    level: str
    told: list[Told] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    asked: list[Told] = field(default_factory=list)
    happens: list[Noted] = field(default_factory=list)

    @property
    def contacts(self) -> dict[str, list[Told]]:
        """Those whom the level tells, each with all their messages."""
        found: dict[str, list[Told]] = {}
        for each in self.told:
            found.setdefault(each.contact.id, []).append(each)
        return found


def scenes_of(played: Played) -> list[Scene]:
    """All scenes, in the order in which they begin."""
    stage = _Stage()
    rehearsal = played.rehearsal
    events: list[Noted | Told | Shared] = [*rehearsal.noted, *rehearsal.told, *rehearsal.shared]
    for event in sorted(events, key=lambda each: each.at):
        match event:
            case Noted():
                stage.note(event)
            case Told():
                stage.tell(event)
            case Shared():
                stage.scene(event.at, event.tree, event.round, event.level).shared.append(event)
    return sorted(stage.scenes.values(), key=lambda each: each.at)


def is_prompt(told: Told) -> bool:
    """Whether the message is a question or alarm to coordinators; a phone task itself belongs to the contact."""
    return told.kind in ASKING and told.method.kind is not MethodKind.TASK


def happening(scene: Scene) -> Iterator[tuple[datetime, str]]:
    """What happens in the scene besides its opening, in words."""
    for noted in scene.happens:
        if noted.kind in HAPPENS and noted.kind != "level_opened":
            said = {
                name: ", ".join(value) if isinstance(value, list) else value for name, value in noted.payload.items()
            }
            yield noted.at, HAPPENS[noted.kind].format(**said)


class _Stage:
    """The scenes so far. An entry that names no level belongs to the scene its tree was in last."""

    def __init__(self) -> None:
        self.scenes: dict[tuple[str, int, str], Scene] = {}
        self._last: dict[str, Scene] = {}
        self._round: dict[str, int] = {}

    def scene(self, at: datetime, tree: str, round: int, level: str) -> Scene:
        """The scene of that level, begun now if it has not begun."""
        return self.scenes.setdefault((tree, round, level), Scene(at, tree, round, level))

    def note(self, noted: Noted) -> None:
        tree, level = noted.tree, noted.payload.get("level")
        if noted.kind == "round_began":
            self._round[tree] = int(str(noted.payload["round"]))
            return
        if noted.kind in ("escalation_unanswered", "coordinators_silent"):
            level = LAST_RESORT_NAME
        if level is not None:
            self._last[tree] = self.scene(noted.at, tree, self._round.get(tree, 1), str(level))
        if tree in self._last:
            self._last[tree].happens.append(noted)

    def tell(self, told: Told) -> None:
        """Add a message to its scene; a prompt goes to the escalation that asks."""
        if is_prompt(told):
            tree, level = told.trees[0], told.level or LAST_RESORT_NAME
            # A repeat belongs to the scene that raised it, even when the next round has begun.
            of_level = [each for each in self.scenes.values() if (each.tree, each.level) == (tree, level)]
            scene = of_level[-1] if of_level else self.scene(told.at, tree, told.round, level)
            scene.asked.append(told)
        else:
            self.scene(told.at, told.tree, told.round, told.level).told.append(told)
