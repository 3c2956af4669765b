"""Carries the state of an escalation over to the plan that a coordinator has applied; nothing is forgotten (A2, A8).

Answers, failures and sent messages stay. Contacts no longer in a level leave it, new ones in an open level are told
now, and no clock begins in the past (A7).
"""

from collections.abc import Iterable
from datetime import datetime

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact_tree import Level
from alertnet.core.directory.usable_methods import Reach, renamed
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import ENDED
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, LevelStatus, MethodUse, State, Status
from alertnet.core.replan.tree_migration import Places, unmoved
from alertnet.core.resolution.resolve import Approval, Plan, deputies_of


def migrate_state(state: State, before: Plan, after: Plan, places: Places, now: datetime) -> State:
    """The state on the plan `after`, whose tree replaced that of `before`. If the plans are equal nothing changes."""
    moved = _moved(state, before, after, places)
    return _Carried(moved, before, after, places, now).over()


def take_in(state: State, before: Plan, after: Plan, now: datetime) -> State:
    """The state on a plan of the same tree, in which changed facts may let more contacts into levels that are open."""
    carried = _Carried(state, before, after, unmoved(before.tree), now)
    return replace(state, runs=tuple(carried.with_newcomers(run) for run in state.runs))


def _moved(state: State, before: Plan, after: Plan, places: Places) -> State:
    """The state with all indexes and names of the new tree."""

    def level(index: int | None) -> int | None:
        return index if index is None or index == LAST_RESORT else places.levels[index]

    def levels(indexes: Iterable[int]) -> tuple[int, ...]:
        return tuple(places.levels[index] for index in indexes)

    def contacts(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(places.contacts[id] for id in ids)

    question = state.question
    return replace(
        state,
        passed=_passed(state, before, after, places),
        runs=tuple(_moved_run(run, places) for run in state.runs),
        answers={places.contacts[id]: kind for id, kind in state.answers.items()},
        asked_anew=contacts(state.asked_anew),
        revoked=contacts(state.revoked),
        relayed=tuple(_moved_relay(each, places) for each in state.relayed),
        stale=tuple(renamed(key, places.contacts) for key in state.stale),
        overdue=levels(state.overdue),
        goes=levels(state.goes),
        refused=levels(state.refused),
        held=levels(state.held),
        question=None if question is None else replace(question, index=places.levels[question.index]),
        unverified_index=level(state.unverified_index),
        acted=contacts(state.acted),
        met_index=level(state.met_index),
        missed_index=level(state.missed_index),
        confirmed=contacts(state.confirmed),
        to_confirm=contacts(state.to_confirm),
    )


def _passed(state: State, before: Plan, after: Plan, places: Places) -> int:
    """The last level whose moment has passed; at the end of the tree these are all levels, new ones too."""
    if state.passed >= len(before.tree.levels) or state.round_due_at is not None:
        return len(after.tree.levels)
    passed = (places.levels[index] for index in range(state.passed + 1))
    return max((index for index in passed if not after.tree.levels[index].former), default=-1)


def _moved_relay(relay: str, places: Places) -> str:
    contact, separator, address = relay.rpartition(":")
    return f"{places.contacts[contact]}:{address}" if separator else relay


def _moved_run(run: LevelRun, places: Places) -> LevelRun:
    index = run.index if run.index == LAST_RESORT else places.levels[run.index]
    return replace(run, index=index, turns=tuple(_moved_progress(progress, places) for progress in run.turns))


def _moved_progress(progress: ContactProgress, places: Places) -> ContactProgress:
    place = places.methods[progress.contact]
    return replace(
        progress,
        contact=places.contacts[progress.contact],
        stands_for=tuple(places.contacts[id] for id in progress.stands_for),
        uses=tuple(MethodUse(place[use.method], use.at) for use in progress.uses),
        failed=tuple(place[each] for each in progress.failed),
        handed_over=tuple(place[each] for each in progress.handed_over),
        skipped=tuple(place[each] for each in progress.skipped),
    )


@value
class _Carried:
    """A state with the indexes of the new plan, to which the edit's effects are applied."""

    state: State
    before: Plan
    after: Plan
    places: Places
    now: datetime

    def over(self) -> State:
        """The state on the new plan."""
        start, edited = self.before.tree.start, self.after.tree.start
        starts_at = self.state.start_at
        if self.state.status is Status.SCHEDULED and start != edited:
            starts_at = max(starts_at + (edited.after - start.after), self.now)
        return replace(
            self.state,
            start_at=starts_at,
            goes=tuple(index for index in self.state.goes if not self._has_new_reason_to_wait(index)),
            overdue=self._overdue(),
            runs=tuple(self._run(run) for run in self.state.runs),
        )

    def _overdue(self) -> tuple[int, ...]:
        """The overdue levels.

        In a later round also those that only now tell somebody, as their moment was in the first.
        """
        told = {self.places.levels[level.index] for level in self.before.levels if level.contacts}
        opened = {run.index for run in self.state.runs}
        fresh = (level.index for level in self.after.levels if level.contacts and level.index not in told | opened)
        return (*self.state.overdue, *fresh) if self.state.round > 1 else self.state.overdue

    def _run(self, run: LevelRun) -> LevelRun:
        level, edited = self._level(run.index)
        if edited is not None and edited.former:
            stays = [replace(progress, told=False) for progress in run.turns if self._has_acknowledged(progress)]
            ends = run if run.status is LevelStatus.MET else replace(run, status=LevelStatus.GAVE_WAY)
            return replace(ends, turns=tuple(stays), ends_at=min(run.ends_at, self.now))
        told, tells = self._named(self.before, run.index), self._named(self.after, run.index)
        leaving = {self.places.contacts[id] for id in told} - tells
        stays = [
            progress
            for progress in run.turns
            if (progress.contact not in leaving or self._has_acknowledged(progress))
            and (progress.principal or not progress.stands_for or {*progress.stands_for} - leaving)
        ]
        run = replace(run, turns=tuple(self._progress(progress, level, edited) for progress in stays))
        if level is not None and edited is not None and level.wait != edited.wait and run.status is LevelStatus.OPEN:
            ends_at = run.ends_at + (edited.wait - level.wait)
            run = replace(run, ends_at=max(ends_at, min(run.ends_at, self.now)))
        return self.with_newcomers(run)

    def _progress(self, progress: ContactProgress, level: Level | None, edited: Level | None) -> ContactProgress:
        old = next(id for id, now in self.places.contacts.items() if now == progress.contact)
        was, contact = self.before.tree.contacts[old], self.after.tree.contacts[progress.contact]
        place = self.places.methods[old]
        fresh = set(range(len(contact.all_methods))) - set(place)
        if fresh or any(
            contact.all_methods[place[at]].after != method.after for at, method in enumerate(was.all_methods)
        ):
            reach = self._reach(progress.contact)
            failed = tuple(each for each in sorted(fresh) if reach.is_stale(each) and each not in progress.failed)
            progress = replace(progress, edited_at=self.now, failed=progress.failed + failed)
        if (was.deputy and self.places.contacts[was.deputy]) != contact.deputy:
            progress = replace(progress, deputised=False)
        if level is not None and edited is not None and edited.repeat and level.repeat != edited.repeat:
            passed = max(0, (self.now - progress.starts_at) // edited.repeat.every)
            progress = replace(progress, repeats=min(passed, edited.repeat.times))
        return progress

    def with_newcomers(self, run: LevelRun) -> LevelRun:
        """Tell the level's new contacts in it now; one that was told in a level it has left keeps its progress."""
        if run.round != self.state.round or run.status is LevelStatus.MET or not self._may_take_in(run.index):
            return run
        principals = {progress.contact for progress in run.turns if progress.principal}
        known = {self.places.contacts[id] for id in self._principals(self.before, run.index)}
        fresh = [id for id in self._principals(self.after, run.index) if id not in known | principals]
        begun = {id: self._begun(run.index, id) for id in fresh}
        others = tuple(progress for progress in run.turns if progress.contact not in begun)
        return replace(run, turns=(*others, *begun.values()))

    def _begun(self, index: int, id: str) -> ContactProgress:
        had = [
            progress
            for run in self.state.runs
            if run.round == self.state.round
            for progress in run.turns
            if progress.contact == id
        ]
        ended = self.state.answers.get(id) in ENDED and not (index == LAST_RESORT and id in self.state.asked_anew)
        if had:
            return replace(had[-1], principal=True, told=not ended)
        return contact_steps.begin(self._reach(id), self.now, not ended)

    def _may_take_in(self, index: int) -> bool:
        """Whether contacts may join an open level without a go of their own: not if a new reason to wait arose."""
        if index == LAST_RESORT:
            return True
        planned = self.after.levels[index]
        verified = planned.coordination or self.after.verified or index in self.state.goes
        return verified and not self._has_new_reason_to_wait(index)

    def _has_new_reason_to_wait(self, index: int) -> bool:
        old = self.places.levels.index(index) if index in self.places.levels else None
        was = self.before.levels[old].approval if old is not None else None
        return bool(_reasons(self.after.levels[index].approval) - _reasons(was))

    def _level(self, index: int) -> tuple[Level | None, Level | None]:
        if index == LAST_RESORT:
            return None, None
        return self.before.tree.levels[self.places.levels.index(index)], self.after.tree.levels[index]

    def _principals(self, plan: Plan, index: int) -> tuple[str, ...]:
        """The contacts that a level names; `index` is that in the new tree, whichever plan is given."""
        if index == LAST_RESORT:
            return plan.last_resort
        place = self.places.levels.index(index) if plan is self.before else index
        return plan.levels[place].contacts

    def _named(self, plan: Plan, index: int) -> set[str]:
        principals = self._principals(plan, index)
        return {*principals, *(deputy for id in principals for deputy in deputies_of(plan.tree, id))}

    def _has_acknowledged(self, progress: ContactProgress) -> bool:
        return self.state.answers.get(progress.contact) is AnswerKind.ACKNOWLEDGED

    def _reach(self, id: str) -> Reach:
        relayed = self.state.relayed_by(id)
        return Reach(self.after.tree.contacts[id], self.after.times[id], relayed, self.state.stale)


def _reasons(approval: Approval | None) -> frozenset[str]:
    return frozenset(approval.reasons) if approval is not None else frozenset()
