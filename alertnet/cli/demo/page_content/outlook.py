"""What comes next if nobody answers, as the core foretells it, and a hint for newcomers."""

from collections.abc import Iterator
from datetime import datetime

from alertnet.cli.demo.page_content.names import PIN
from alertnet.core.escalation.state import Status
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.incident import Line, Tone
from alertnet.flows.desk.chronicle import tell
from alertnet.flows.desk.names import Names
from alertnet.flows.forecast.ahead import entries_of
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.sandbox.page import Hint, Party
from alertnet.store.records.prompts import Prompt

MOST = 6
"""How many coming events are shown."""


def coming(locked: LockedIncident, foretold: SimulatedIncident, names: Names, now: datetime) -> tuple[Line, ...]:
    """The next events, earliest first."""
    ahead = [*_alarms(locked, now), *tell(entries_of(foretold), names)]
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
