"""Coordinators' decisions on an incident, and which of them hold: who holds what comes next, what is undone (B3)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import Event, ToldMore, Undecided
from alertnet.core.notification import PromptAnswer
from alertnet.core.resolution.resolve import Plans

Name = tuple[str, str]
"""(tree, contact)."""


@value
class Decision:
    """One decision, as it is recorded: on a level of a tree, or on that subject; without both, on all that comes next.

    `by`: who decided; on all that comes next, a contact of that tree. `heard_at`: when it was said.
    """

    decision: PromptAnswer
    heard_at: datetime
    by: str = ""
    tree: str = ""
    level: str | None = None
    subject: str | None = None

    @property
    def is_of_rest(self) -> bool:
        """Whether it is about all that comes next, wherever the answer of its giver counts."""
        return self.level is None and self.subject is None

    def counted_in(self, plans: Plans) -> set[Name]:
        """The names of its giver wherever a decision on all that comes next counts, of which a tree may have two."""
        return {(tree, contact.id) for tree, contact in plans.recipients.same_as(self.tree, self.by)}


def decided_since(decided: Iterable[Decision], plans: Plans, at: datetime) -> frozenset[str]:
    """The trees in which it was decided since that moment what comes next, or whether a level does."""
    trees: set[str] = set()
    for each in decided:
        if each.heard_at > at and each.is_of_rest:
            trees |= {tree for tree, _ in each.counted_in(plans)}
        elif each.heard_at > at and each.level is not None:
            trees.add(each.tree)
    return frozenset(trees)


def holders(decided: Iterable[Decision], plans: Plans) -> dict[str, set[Name]]:
    """By tree, those who have held all that comes next since it was last let go on. `decided`: oldest first."""
    holding: dict[str, set[Name]] = {}
    for each in decided:
        if each.is_of_rest:
            for tree, _ in each.counted_in(plans):
                is_hold = each.decision is PromptAnswer.HOLD
                holding[tree] = {*holding.get(tree, ()), (each.tree, each.by)} if is_hold else set()
        elif each.level is not None and each.decision is PromptAnswer.GO:
            holding[each.tree] = set()
    return holding


def kept_back_by(involved: set[Name], decided: Iterable[Decision], plans: Plans) -> list[Decision]:
    """What those coordinators have held, put off or refused, as far as it holds. `decided`: oldest first.

    Of all that comes next it is known which tree's coordinator holds it; of a level or question only by what name.
    """
    # The latest decision of each thing is the one that holds.
    latest = {(each.subject, each.tree, each.level): each for each in decided}
    names = {id for _, id in involved}
    theirs = [each for each in latest.values() if each.by in names and each.decision is not PromptAnswer.GO]
    return [each for each in theirs if not each.is_of_rest or each.counted_in(plans) & involved]


def undone(decisions: Sequence[Decision], plans: Plans, tree: str) -> Iterator[Event]:
    """What happens to the escalation of that tree when these decisions hold no longer."""
    levels = {planned.level.name: planned.index for planned in plans[tree].levels}
    for each in decisions:
        if each.subject == Subject.VERIFY:
            yield ToldMore()
        elif each.level in levels and each.tree == tree:
            yield Undecided(levels[each.level])
        elif each.is_of_rest and tree in dict(each.counted_in(plans)):
            yield Undecided()
