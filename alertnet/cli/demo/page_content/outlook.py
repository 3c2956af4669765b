"""What comes next if nobody answers, as the core foretells it, and a hint for newcomers."""

from collections.abc import Iterator
from datetime import datetime

from alertnet.cli.demo.page_content.names import PIN
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.context import LAST_RESORT_NAME
from alertnet.core.escalation.state import Status
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.notification import Kind
from alertnet.flows.desk.names import METHODS, Names, listed
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.sandbox.page import Hint, Line, Party, Tone
from alertnet.store.records.prompts import Prompt

MOST = 5
"""How many coming events are shown."""


def coming(locked: LockedIncident, foretold: SimulatedIncident, names: Names, now: datetime) -> tuple[Line, ...]:
    """The next events, earliest first."""
    ahead = [*_alarms(locked, now), *_noted(foretold, names), *_told(foretold, names)]
    return tuple(sorted(ahead, key=lambda each: each.at)[:MOST])


def hint(locked: LockedIncident | None, answered: bool, field: Party, coordinator: str) -> Hint:
    """What to try next. `answered`: a coordinator has taken charge.

    `field`, `coordinator`: whose phones the hint means.
    """
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


def _noted(foretold: SimulatedIncident, names: Names) -> Iterator[Line]:
    for note in foretold.noted:
        level, title = note.payload.get("level"), names.tree(note.tree)
        match note.kind:
            case "escalation_unanswered":
                yield Line(note.at, Tone.TROUBLE, "Nobody answered: every coordinator is alarmed", title)
            case "waits_for_verification" | "go_asked":
                yield Line(note.at, Tone.ASKED, f"“{level}” waits for a coordinator’s go", title)
            case "action_missing":
                yield Line(note.at, Tone.TROUBLE, "Nobody has said what was done", str(level))


def _told(foretold: SimulatedIncident, names: Names) -> Iterator[Line]:
    """Whom each level tells at a moment, also by messages that another tree sends."""
    opened = {(note.at, note.tree, note.payload["level"]) for note in foretold.noted if note.kind == "level_opened"}
    by_level: dict[tuple[datetime, str, str], list[tuple[str, MethodKind]]] = {}
    for each in foretold.told:
        if each.kind in (Kind.ALERT, Kind.REMINDER) or each.method.kind is MethodKind.TASK:
            by_level.setdefault((each.at, each.tree, each.level), []).append((each.contact.id, each.method.kind))
    for shared in foretold.shared:
        place = shared.at, shared.tree, shared.level
        by_level.setdefault(place, []).append((shared.contact, shared.told.method.kind))
    for (at, tree, level), sends in by_level.items():
        whom = _whom(sends, tree, names)
        if (at, tree, level) in opened or level == LAST_RESORT_NAME:
            yield Line(at, Tone.ALARM, f"“{level}” is told", whom)
        else:
            yield Line(at, Tone.TOLD, whom, f"{level}: once more, by another way")


def _whom(sends: list[tuple[str, MethodKind]], tree: str, names: Names) -> str:
    methods: dict[str, list[str]] = {}
    for contact, method in sends:
        methods.setdefault(names.contact(tree, contact), []).append(METHODS.get(method.value, "message"))
    return "; ".join(f"{who}: {listed(by)}" for who, by in methods.items())


def _alarms(locked: LockedIncident, now: datetime) -> Iterator[Line]:
    """Prompts that are repeated until a coordinator answers."""
    for prompt in prompts.open_prompts(locked):
        yield Line(max(prompt.due_at or now, now), *_repeated(prompt))


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
