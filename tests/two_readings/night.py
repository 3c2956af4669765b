"""A whole incident, moment by moment: what people say, what its trees share, and what fails (B3, a second reading)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from tests.two_readings.escalation import LAST, MISSED, Due, Escalation, Happened, Happens, Opened
from tests.two_readings.turn import is_closed
from tests.two_readings.who import Who

Place = tuple[MethodKind, str]
RINGS_OUT_AFTER = timedelta(seconds=30)
LATE = timedelta(seconds=60)


class Message(NamedTuple):
    """One alert or reminder as it counts in a tree, be it one's own or another tree's."""

    at: datetime
    tree: str
    level: str
    contact: str
    kind: str
    place: Place


class Says(NamedTuple):
    """Somebody acknowledges or declines, so long after the opening."""

    after: timedelta
    tree: str
    contact: str
    acknowledges: bool


class Opens(NamedTuple):
    """A coordinator opens a level by hand, so long after the opening."""

    after: timedelta
    tree: str
    level: str


@dataclass(frozen=True)
class World:
    """What people and telephones do. `fails`: what never arrives, by tree, contact and kind of method."""

    says: tuple[Says, ...] = ()
    opens: tuple[Opens, ...] = ()
    fails: frozenset[tuple[str, str, MethodKind]] = frozenset()
    gives_go: bool = True
    """Whether coordinators say GO as soon as they are asked, but for what they open by hand at a time of their own.

    Else only the automatic time opens a level.
    """


@dataclass
class Left:
    """A message that has left. `covers`: tree, level, contact and method for which it counts."""

    at: datetime
    covers: list[tuple[Escalation, int, str, int]] = field(default_factory=list)
    failed: bool = False

    def counts_in(self, tree: Escalation) -> bool:
        """Whether it counts in that tree already."""
        return any(each is tree for each, *_ in self.covers)

    def has_told(self, who: Contact) -> bool:
        """Whether it was for that recipient; a phone may pass on to several."""
        return any(is_one(tree.tree.contacts[contact], who) for tree, _, contact, _ in self.covers)


class Night:
    """All trees of an incident, until a moment."""

    def __init__(self, who: Who, opened_at: datetime, world: World) -> None:
        self.who, self.world, self.opened_at = who, world, opened_at
        self.messages: list[Message] = []
        self.left: dict[Place, list[Left]] = {}
        self.outcomes: list[tuple[datetime, Left]] = []
        trees = sorted(who.trees, key=lambda tree: tree.id)
        telling = [tree for tree in trees if any(who.cast(tree, each.notify, each.when).told for each in tree.levels)]
        trees = telling or [tree for tree in trees if who.cast(tree, tree.last_resort).told]
        self.escalations = [Escalation(who, tree, opened_at + self._waits(tree, len(trees))) for tree in trees]

    def _waits(self, tree: ContactTree, count: int) -> timedelta:
        return timedelta() if tree.start.unless_acknowledged and count == 1 else tree.start.after

    def play(self, until: datetime) -> "Night":
        """An answer comes before what is due at the same instant, and what fails after it."""
        says, opens = sorted(self.world.says), sorted(self.world.opens)
        now = self.opened_at
        while True:
            due = [at for each in self.escalations for at, *_ in self._due(each, now)]
            deeds = [*(each.after for each in says[:1]), *(each.after for each in opens[:1])]
            moments = [*due, *(at for at, _ in self.outcomes), *(self.opened_at + after for after in deeds)]
            now = max(now, min(moments, default=until))
            if now > until or not moments:
                return self
            while says and self.opened_at + says[0].after <= now:
                self._hear(says.pop(0), now)
            while opens and self.opened_at + opens[0].after <= now:
                self._open(opens.pop(0), now)
            self._move(now, dict.fromkeys(self.escalations, ()))
            self._fail(now)

    def _move(self, now: datetime, happened: Mapping[Escalation, Sequence[Happens]]) -> None:
        """Let each of those trees take what happened, and do what is due by now; then a coordinator may say GO."""
        sent: dict[Place, list[Left]] = {}
        for tree, news in happened.items():
            for happens in news:
                happens(now)
            bounced: Sequence[Happens] = [lambda at: None]
            while bounced:
                while (first := min(self._due(tree, now), key=lambda due: due[:2], default=None)) and first[0] <= now:
                    at, order, happens = first
                    # Whoever is missed by what has just happened, and long before, is stood in for from now on (A7).
                    happens(now if order == MISSED and now - at > LATE else at)
                bounced = self._deliver(tree, now, sent)
                for happens in bounced:
                    happens(now)
        by_hand = {(tree, level) for _, tree, level in self.world.opens}
        asked = {
            tree: tree.question[0]
            for tree in self.escalations
            if tree.question
            and self.world.gives_go
            and (tree.tree.id, tree.tree.levels[tree.question[0]].name) not in by_hand
        }
        if asked:
            self._move(now, {tree: [partial(tree.go, index)] for tree, index in asked.items()})

    def _deliver(self, tree: Escalation, now: datetime, sent: dict[Place, list[Left]]) -> list[Happens]:
        """Let leave what is still wanted, one message for each method; what has failed already where it is shared.

        Shared is what leaves for another tree at that very moment, and of a tree's first alert any that left before,
        but for a last resort that has answered it.
        """
        wanted: dict[tuple[str, int], tuple[Opened, str]] = {}
        for index, contact, method, kind in tree.outbox:
            run = tree.run(index)
            if tree.wants(index, contact, method):
                wanted.setdefault((contact, method), (run, kind))
        tree.outbox, bounced = [], list[Happens]()
        for (contact, method), (run, kind) in wanted.items():
            by = run.turns[contact].methods[method]
            place = by.kind, by.address
            who = tree.tree.contacts[contact]
            before = [each for each in self.left.get(place, []) if each.has_told(who)]
            at_once = [each for each in sent.get(place, []) if each.has_told(who) and not each.counts_in(tree)]
            is_new = run.index == LAST and contact in tree.asked_anew
            at_first = [] if kind != "alert" or is_new or any(each.counts_in(tree) for each in before) else before[:1]
            shared = next(iter([*at_once, *at_first]), None)
            message = shared or self._leaves(now, tree, contact, by)
            if shared is None:
                sent.setdefault(place, []).append(message)
                self.left.setdefault(place, []).extend([message] if kind == "alert" else [])
            message.covers.append((tree, run.index, contact, method))
            bounced += [partial(tree.fails, contact, method)] if message.failed else []
            how = kind if shared is None else "shared"
            self.messages.append(Message(now, tree.tree.id, run.level.name, contact, how, place))
        return bounced

    def _leaves(self, now: datetime, tree: Escalation, contact: str, method: Method) -> Left:
        message = Left(now)
        if (tree.tree.id, contact, method.kind) in self.world.fails:
            self.outcomes.append((now, message))
        elif method.kind is MethodKind.CALL:
            self.outcomes.append((now + RINGS_OUT_AFTER, message))
        return message

    def _open(self, opens: Opens, now: datetime) -> None:
        for tree in [each for each in self.escalations if each.tree.id == opens.tree]:
            index = [each.name for each in tree.tree.levels].index(opens.level)
            self._move(now, {tree: [partial(tree.opens_by_hand, index)]})

    def _hear(self, says: Says, now: datetime) -> None:
        """Whoever was told answers, in each tree that has it; an answer before that is nothing."""
        who = self.who.tree(says.tree).contacts[says.contact]
        same = {(tree.id, each.id) for tree in self.who.trees for each in tree.contacts.values() if is_one(who, each)}
        told = [each for each in self.messages if (each.tree, each.contact) in same]
        if not told:
            return
        passed_on = self._passed_on_by(who, told, now) if says.acknowledges else None
        trees = {tree.tree.id: tree for tree in self.escalations}
        news: dict[Escalation, list[Happens]] = {}
        for tree, contact in [(trees[tree], contact) for tree, contact in sorted(same) if tree in trees]:
            answer = partial(tree.says, contact, says.acknowledges)
            news.setdefault(tree, []).append(partial(tree.relays, contact, passed_on) if passed_on else answer)
        self._move(now, news)

    def _passed_on_by(self, who: Contact, told: Sequence[Message], now: datetime) -> str | None:
        """Where somebody picked up who only passes it on; None: who answers is the contact itself."""
        own = [each for each in told if each.place in self._of(each, relays=False)]
        passing_on = [each for each in told if each.place in self._of(each, relays=True)]
        return passing_on[-1].place[1] if passing_on and (not own or is_closed(who, now)) else None

    def _of(self, message: Message, *, relays: bool) -> set[Place]:
        """The places of the contact that was told, those that only pass it on or the others."""
        contact = self.who.tree(message.tree).contacts[message.contact]
        return {(each.kind, each.address) for each in contact.all_methods if each.relays is relays}

    def _fail(self, now: datetime) -> None:
        """What does not arrive has failed, if anybody still wanted it."""
        over = [message for at, message in self.outcomes if at <= now]
        self.outcomes = [each for each in self.outcomes if each[0] > now]
        news: dict[Escalation, list[Happens]] = {}
        for message in [
            each for each in over if any(tree.wants(index, who, by) for tree, index, who, by in each.covers)
        ]:
            message.failed = True
            for tree, _, contact, method in message.covers:
                news.setdefault(tree, []).append(partial(tree.fails, contact, method))
        if news:
            self._move(now, {tree: news[tree] for tree in self.escalations if tree in news})

    def _due(self, tree: Escalation, now: datetime) -> Iterator[Due]:
        """What is to come in a tree; one that stays away while all others are acknowledged doesn't count as another."""
        others = [each for each in self.escalations if each is not tree and not each.waits_for_others]
        in_hand = any(True in each.answers.values() for each in self.escalations)
        return tree.due(now, bool(others) and all(each.status == "acknowledged" for each in others), in_hand)

    @property
    def history(self) -> list[Happened]:
        """What has happened in all trees."""
        return sorted(line for each in self.escalations for line in each.history)


def is_one(one: Contact, other: Contact) -> bool:
    """Whether two contacts are the same recipient: by a number or address of their own that they have in common.

    Whoever only passes on what they hear is neither of them.
    """
    first, second = ({at.address for at in each.all_methods if not at.relays} for each in (one, other))
    return bool(first & second)
