"""What is promised wherever the process dies, and how what came compares with it.

The measure is the same story without a death: everybody hears the same words, the record says the same. Only where the
process died between a request to the provider and the commit of its outcome may a message come once more, marked.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from alertnet.sandbox import WebhookAnswer
from alertnet.store.db.engine import make_engine
from alertnet.store.db.session import Session
from alertnet.store.db.vault import Vault
from alertnet.store.tables import attempts, incidents, notifications
from alertnet.store.views import audit
from tests.crashes.effects import Effect, Kind
from tests.crashes.stories import Story
from tests.crashes.world import World
from tests.support.program import SECRET

CHANGING = re.compile(r"https?://\S+|\b[A-Z]-[A-Z2-9]{4}\b|(?<![\d+])\d{4}(?!\d)|(?<=: received )\d\d:\d\d")
"""What differs between two runs of one story: links, references, codes, and when we heard what nobody brought us."""
SEEN = re.compile(r"(?<=~[A-Z]-[A-Z2-9]{4}\.)\d+")
"""How far a page has shown a history, which has grown since the first time by what left meanwhile."""

MESSAGES = frozenset({"the SMS", "the call", "the mail"})

Message = tuple[str, str]
"""To whom, and its words but for what changes."""


@dataclass(frozen=True)
class Outcome:
    """What a story came to in the end."""

    messages: Counter[Message]
    """As the provider and the mail server have them."""
    extras: Counter[str]
    """Messages that are marked as sent once more, by address."""
    record: Any
    """How incidents, answers and messages stand, as the API shows them."""
    breaks: Sequence[str]
    """Where a chain of the history does not hold."""


@dataclass(frozen=True)
class Replies:
    """What whoever asked was told: before the death, if it came to that, and when asking again afterwards."""

    first: WebhookAnswer | None
    again: WebhookAnswer | None


def outcome_of(world: World) -> Outcome:
    """How things stand, outside and on the record."""
    engine = make_engine(world.database_url, Vault([SECRET]))
    with engine.connect() as connection, Session(connection) as session:
        breaks = [f"{each.chain} {each.seq}: {each.why}" for each in audit.verify(session)]
        cut_short = select(incidents.c.ref).where(incidents.c.purged_at.is_not(None), incidents.c.erased_at.is_(None))
        breaks += [f"the purge of {ref} is not ended" for ref in session.scalars(cut_short)]
        marked = select(notifications.c.address).join(attempts).where(attempts.c.extra)
        extras = Counter(session.scalars(marked))
    engine.dispose()
    return Outcome(Counter(_messages(world)), extras, _record(world), breaks)


def unknown_outcomes(effects: Sequence[Effect]) -> int:
    """How many messages the provider has of which our record does not know: those taken since the last commit."""
    since = itertools.takewhile(lambda effect: effect.kind is not Kind.COMMIT, reversed(effects))
    return sum(effect.kind is Kind.REQUEST and effect.what in MESSAGES for effect in since)


def hands_over(story: Story, effects: Sequence[Effect]) -> bool:
    """Whether a message was taken to be sent that was in doubt before: then it fails, and the next method goes (A5)."""
    commits = [effect.what for effect in effects if effect.kind is Kind.COMMIT]
    return story.second_unknown and "claim" in (commits or [""])[-1]


def promise(story: Story, effects: Sequence[Effect]) -> str:
    """What is promised to those who are told, and to whoever asked, after a death behind these effects."""
    told = "each message once"
    if hands_over(story, effects):
        told += ", or the next method at once"
    elif unknown_outcomes(effects):
        told += ", that one perhaps once more, marked"
    if not story.asks:
        return told
    kinds = {effect.kind for effect in effects}
    if Kind.REPLY in kinds:
        return f"asked again, the same reply; {told}"
    if Kind.COMMIT in kinds:
        return f"asked again, the reply to what was done; {told}"
    return f"asked again, done once; {told}"


def faults(
    story: Story, expected: Outcome, came: Outcome, effects: Sequence[Effect], replies: Replies | None
) -> Iterator[str]:
    """Every way in which what came breaks the promise."""
    yield from came.breaks
    lost, more = expected.messages - came.messages, came.messages - expected.messages
    if hands_over(story, effects):
        yield from (f"lost: {to}" for to, _ in lost if to not in {address for address, _ in more})
        return
    yield from (f"lost: {message}" for message in lost.elements())
    if more.total() > unknown_outcomes(effects):
        yield f"extra: {sorted(more.elements())}"
    yield from (f"not marked: {to}" for to, _ in more if not came.extras[to])
    if came.record != expected.record:
        yield f"the record says {came.record}, not {expected.record}"
    if replies is not None:
        yield from _faults_of(replies)


def _faults_of(replies: Replies) -> Iterator[str]:
    first, again = replies.first, replies.again
    if again is None or again.status >= 400:
        yield f"asked again, it said {again}"
    elif first and (first.status, SEEN.sub("", first.body)) != (again.status, SEEN.sub("", again.body)):
        yield f"it said {replies.first}, and asked again {replies.again}"


def what_came(expected: Outcome, came: Outcome, replies: Replies | None) -> str:
    """The same in words, for the table."""
    lost, more = expected.messages - came.messages, came.messages - expected.messages
    words = []
    if replies is not None and replies.again is not None:
        words.append(
            f"{replies.again.status}, the same" if replies.first else f"{replies.again.status} when asked again"
        )
    if lost:
        words.append("the next method at once")
    elif more:
        words.append("one message twice, marked")
    else:
        words.append("each message once")
    if came.extras.total() > expected.extras.total() and not more:
        words.append("sent after asking, marked")
    return "; ".join(words)


def _messages(world: World) -> Iterator[Message]:
    network = world.sandbox.network
    for text in network.messages.values():
        if text.direction == "outbound-api":
            yield text.to, CHANGING.sub("…", text.body)
    for call in network.calls.values():
        if call.direction == "outbound-api":
            yield call.to, "a call"
    for address in ("office@valley.example",):
        for mail in world.sandbox.mailbox(address).mails:
            yield address, CHANGING.sub("…", mail.subject)


def _record(world: World) -> list[Any]:
    """Every incident, but for what changes from run to run and how often a message was tried."""
    shown = []
    for each in world.sees("/v1/incidents")["items"]:
        if "purged_at" in each:
            shown.append({"purged": each["type"]})
            continue
        incident = world.sees(f"/v1/incidents/{each['ref']}")
        shown.append(
            {
                "status": incident["status"],
                "recordings": len(world.sees(f"/v1/incidents/{each['ref']}/recordings", by="office_key")["items"]),
                "left at the provider": len(world.sandbox.network.recordings),
                "consent": (incident["consent"], incident["warnings"]),
                "escalations": [(each["tree"], each["status"], each["level"]) for each in incident["escalations"]],
                "answers": sorted(
                    (each["contact"], each["kind"], each["via"], each["revoked_at"] is None)
                    for each in incident["acknowledgements"]
                ),
                "actions": sorted((each["contact"], each["action"]) for each in incident["actions"]),
                "messages": sorted(
                    (each["contact"], each["method"], each["kind"], each["status"])
                    for each in incident["notifications"]
                ),
            }
        )
    return shown
