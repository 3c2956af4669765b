"""What phones and mailboxes show, read from the simulated network as plain values for templates."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from markupsafe import Markup, escape

from alertnet.core.codec import value
from alertnet.sandbox.mail import LINK, Mailbox
from alertnet.sandbox.server import Sandbox
from alertnet.sandbox.telephony.handset import Call, Handset
from alertnet.sandbox.telephony.network import FINISHED, Behaviour, CallRecord, Message

HABITS = {
    Behaviour.MANUAL: "in its owner’s hand",
    Behaviour.SWITCHED_OFF: "switched off",
    Behaviour.NO_COVERAGE: "without coverage",
    Behaviour.BUSY: "busy: every call",
    Behaviour.VOICEMAIL: "on voicemail",
    Behaviour.WRONG_PERSON: "with a stranger",
    Behaviour.OPTED_OUT: "refusing our SMS",
    Behaviour.INVALID: "a number that is gone",
}
"""The behaviours that can be chosen for a phone."""

ENDINGS = {"completed": "Call ended", "busy": "Call rejected", "no-answer": "Missed call", "canceled": "Missed call"}
LATEST = 40
"""How many entries of a thread are shown."""
CODES = re.compile(r"(?<![-+\w/.:])((?:GO|HOLD|NO|NON|OK) )?(\d{4})(?![-\w:])")
ANSWERABLE, MOST_REPLIES = 2, 4
"""How many texts have their codes offered as replies, and how many replies are offered."""


@value
class Entry:
    """An entry in a phone's thread: a text in, a text out, or a call that is over."""

    at: datetime
    kind: str
    words: Markup
    number: str = ""
    text: str = ""
    """The words of an incoming text, unchanged."""


@value
class Screen:
    """A phone: its ringing or current call, its thread, and suggested replies."""

    number: str
    habit: Behaviour
    ringing: Call | None
    talking: Call | None
    entries: tuple[Entry, ...]
    replies: tuple[str, ...]
    received: int
    """How many texts were received."""


@value
class Letter:
    """One mail in a list; `place` counts from the oldest."""

    place: int
    at: datetime | None
    sender: str
    subject: str


@value
class Box:
    """A mailbox with its mails, newest first."""

    address: str
    letters: tuple[Letter, ...]
    scanned: bool
    away: bool
    visits: int


def key_of(address: str) -> str:
    """A number or mail address as a word for ids and paths of the page."""
    return re.sub(r"[^A-Za-z0-9]+", "-", address).strip("-").lower()


def read_screen(sandbox: Sandbox, number: str) -> Screen:
    """The current state of that number's phone."""
    handset = sandbox.handset(number)
    with sandbox.network.lock:
        entries = sorted(_entries(handset, sandbox), key=lambda entry: entry.at)
        inbox = list(sandbox.network.inboxes[number])
    return Screen(
        number=number,
        habit=handset.behaviour,
        ringing=handset.ringing,
        talking=handset.talking,
        entries=tuple(entries[-LATEST:]),
        replies=_replies(inbox),
        received=len(inbox),
    )


def read_box(mailbox: Mailbox) -> Box:
    letters = tuple(
        Letter(place, _date(mail.headers.get("Date", "")), mail.headers.get("From", mail.sender), mail.subject)
        for place, mail in enumerate(list(mailbox.mails))
    )
    return Box(mailbox.address, letters[::-1], mailbox.scanned, mailbox.away, len(mailbox.visited))


def linked(text: str, ours: str) -> Markup:
    """The text as HTML in which links to alertnet can be clicked; everything else is escaped."""
    parts = []
    end = 0
    for found in LINK.finditer(text):
        if found[0].startswith(f"{ours}/"):
            parts += [escape(text[end : found.start()]), _anchor(found[0])]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _anchor(url: str) -> Markup:
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(url)


def _entries(handset: Handset, sandbox: Sandbox) -> list[Entry]:
    network, number = sandbox.network, handset.number
    inbox = {message.sid for message in network.inboxes[number]}
    texts = [
        _text(message, message.sid in inbox, sandbox.public_url)
        for message in network.messages.values()
        if message.sid in inbox or (message.sender == number and message.direction == "inbound")
    ]
    calls = [
        _call(call) for call in network.calls.values() if number in (call.to, call.sender) and call.status in FINISHED
    ]
    return texts + calls


def _text(message: Message, came: bool, ours: str) -> Entry:
    at = message.sent_at or message.created_at
    return Entry(
        at,
        "in" if came else "out",
        linked(message.body, ours),
        *((message.sender, message.body) if came else (message.to,)),
    )


def _call(call: CallRecord) -> Entry:
    ending = "Call ended" if call.direction == "inbound" else ENDINGS.get(call.status, call.status)
    return Entry(call.ended_at or call.updated_at, "call", escape(ending))


def _replies(inbox: list[Message]) -> tuple[str, ...]:
    found = [
        " ".join(filter(None, (verb.strip(), code)))
        for message in inbox[: -ANSWERABLE - 1 : -1]
        for verb, code in CODES.findall(LINK.sub(" ", message.body))
    ]
    return tuple(dict.fromkeys(found))[:MOST_REPLIES]


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None
