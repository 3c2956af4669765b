"""What comes next if nobody answers, asked of the core as it will be then, and what a newcomer could do now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.cli.demo.page_content.names import PIN
from alertnet.core.escalation.advance_incident import advance
from alertnet.core.escalation.decision import Send, Step
from alertnet.core.escalation.state import LAST_RESORT, Status
from alertnet.flows.desk.names import METHODS, Names, listed
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.sandbox.page import Coming, Hint, Party, Tone
from alertnet.store.records.escalations import Escalation
from alertnet.store.records.prompts import Prompt

HORIZON = timedelta(hours=3)
MOST_STEPS = 40

MOST = 5
"""Things to come that are shown."""


@dataclass(frozen=True)
class Foretold:
    """One step of one tree, and when."""

    at: datetime
    tree: str
    step: Step


def foretell(locked: LockedIncident, now: datetime) -> list[Foretold]:
    """The steps of all escalations in the next hours that send, ask or record anything, in the order of time."""
    steps = [each for escalation in locked.escalations for each in _steps_of(locked, escalation, now)]
    return sorted(steps, key=lambda each: each.at)


def _steps_of(locked: LockedIncident, escalation: Escalation, now: datetime) -> Iterator[Foretold]:
    plan = locked.plans[escalation.tree]
    others = [each.state.status for each in locked.escalations if each is not escalation]
    acknowledged = bool(others) and all(status is Status.ACKNOWLEDGED for status in others)
    state, due_at = escalation.state, escalation.due_at
    for _ in range(MOST_STEPS):
        if due_at is None or due_at > now + HORIZON:
            return
        at = max(due_at, now)
        step = advance(plan, state, at, others_acknowledged=acknowledged)
        if step.sends or step.asks or step.notes:
            yield Foretold(at, escalation.tree, step)
        state, due_at = step.state, step.due_at


def coming(locked: LockedIncident, foretold: list[Foretold], names: Names, now: datetime) -> tuple[Coming, ...]:
    """The next things, earliest first."""
    ahead = [*_alarms(locked, now), *(told for each in foretold for told in _steps(each, names))]
    return tuple(sorted(ahead, key=lambda each: each.at)[:MOST])


def hint(locked: LockedIncident | None, answered: bool, field: Party, coordinator: str) -> Hint:
    """What to try; `answered`: a coordinator has taken charge. `field`, `coordinator`: whose telephone is meant."""
    if locked is None:
        return Hint(
            "Raise the alarm",
            f"Write SOS on the telephone of {field.title}, and send it: nobody in the field has to remember more.",
            field.key,
        )
    if not locked.is_open:
        return Hint("It is over", "Everybody who was told has the all-clear. Begin with a story, or send SOS again.")
    if not locked.facts.verified and not answered:
        return Hint(
            "A coordinator’s telephone rings",
            f"Answer it: press its PIN, {PIN}, then 1 if it is true. Or send a code from its SMS. Or do nothing, press "
            "“Jump to what comes next”, and see whom the alarm reaches then.",
            coordinator,
        )
    if not locked.facts.verified:
        return Hint(
            "Is it true?",
            "A bare SOS goes no further than the coordinators until one of them has spoken with the team. Send GO with "
            "the code of the question, and the others are told at their time.",
            coordinator,
        )
    if all(each.state.status is Status.ACKNOWLEDGED for each in locked.escalations):
        return Hint("Answered", "Nobody is alarmed any more. When the team is safe, give the all-clear.")
    return Hint(
        "The alarm spreads",
        "Jump ahead, level by level. Answer for anybody: send a code, press keys in a call, or open the link of an SMS "
        "or mail and press a button there. When the team is safe, give the all-clear.",
    )


def _steps(foretold: Foretold, names: Names) -> Iterator[Coming]:
    step, tree = foretold.step, foretold.tree
    title = names.tree(tree)
    opened = {str(note.payload["level"]) for note in step.noted("level_opened")}
    by_level: dict[str, list[Send]] = {}
    for send in step.sends:
        by_level.setdefault(names.level(tree, send.index), []).append(send)
    if step.noted("escalation_unanswered"):
        yield Coming(foretold.at, Tone.TROUBLE, "Nobody answered: every coordinator is alarmed", title)
    for level, sends in by_level.items():
        if level in opened or any(send.index == LAST_RESORT for send in sends):
            yield Coming(foretold.at, Tone.ALARM, f"“{level}” is told", _whom(sends, tree, names))
        else:
            yield Coming(foretold.at, Tone.TOLD, _whom(sends, tree, names), f"{level}: once more, by another way")
    for note in (*step.noted("waits_for_verification"), *step.noted("go_asked")):
        yield Coming(foretold.at, Tone.ASKED, f"“{note.payload['level']}” waits for a coordinator’s go", title)
    for note in step.noted("action_missing"):
        yield Coming(foretold.at, Tone.TROUBLE, "Nobody has said what was done", str(note.payload["level"]))


def _whom(sends: list[Send], tree: str, names: Names) -> str:
    methods: dict[str, list[str]] = {}
    for send in sends:
        method = names.locked.contact(tree, send.contact).all_methods[send.method]
        methods.setdefault(names.contact(tree, send.contact), []).append(METHODS.get(method.kind.value, "message"))
    return "; ".join(f"{who}: {listed(by)}" for who, by in methods.items())


def _alarms(locked: LockedIncident, now: datetime) -> Iterator[Coming]:
    """The prompts that are repeated until a coordinator answers."""
    for prompt in prompts.open_prompts(locked):
        yield Coming(max(prompt.due_at or now, now), *_repeated(prompt))


def _repeated(prompt: Prompt) -> tuple[Tone, str, str]:
    match prompt.kind:
        case "field_status":
            return Tone.TOLD, "The field is told that nobody has answered yet", ""
        case "decision" if prompt.subject == "verify":
            return Tone.ASKED, "The coordinators are asked again: is it true?", ""
        case "decision":
            return Tone.ASKED, f"The coordinators are asked again: may “{prompt.about}” be told?", ""
        case "task":
            return Tone.ASKED, f"The coordinators are asked again to call {prompt.about}", ""
        case _:
            return Tone.TROUBLE, "The alarm to the coordinators is repeated", ""
