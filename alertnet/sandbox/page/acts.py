"""What a person can do on the page: use phones and mailboxes, change the speed of time, and start again."""

from collections.abc import Callable, Collection, Mapping

from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.sandbox.page.evening import Evening
from alertnet.sandbox.page.screens import HABITS, key_of
from alertnet.sandbox.page.view import KEYS, REASONS, SPEEDS
from alertnet.sandbox.telephony.handset import Call, Handset
from alertnet.sandbox.telephony.network import Behaviour

LONGEST_TEXT = 1600
OFF_AIR = frozenset({Behaviour.SWITCHED_OFF, Behaviour.NO_COVERAGE})

Form = Mapping[str, str]


def send_text(evening: Evening, key: str, form: Form) -> None:
    handset = _on_air(_handset(evening, key))
    handset.sends(_text_in(form), to=evening.sandbox.number)


def dial(evening: Evening, key: str, form: Form) -> None:
    handset = _on_air(_handset(evening, key))
    if handset.talking:
        raise WrongState("this telephone", "in a call", "hang up first")
    handset.dials()


def set_mailbox(evening: Evening, key: str, form: Form) -> None:
    """Set whether a scanner opens links, and whether an automatic reply answers."""
    mailbox = evening.sandbox.mailbox(address_of(evening, key))
    mailbox.scanned, mailbox.away = "scanned" in form, "away" in form


def answer_mail(evening: Evening, key: str, form: Form) -> None:
    """Answer the latest mail of a mailbox; alertnet reads it within half a minute."""
    mailbox = evening.sandbox.mailbox(address_of(evening, key))
    if not mailbox.mails:
        raise WrongState("this mailbox", "empty", "wait for a mail")
    mailbox.replies(_text_in(form))


def begin(evening: Evening, _: str, form: Form) -> None:
    """Begin a scene to take part in, one that plays by itself, or an empty evening."""
    watched = form.get("watch")
    evening.begin(watched or form.get("scene") or None, by_itself=bool(watched))


Act = Callable[[Evening, str, Form], object]
ACTS: Mapping[str, Act] = {
    "/phones/{key}/text": send_text,
    "/phones/{key}/dial": dial,
    "/phones/{key}/answer": lambda evening, key, _: _handset(evening, key).answers(),
    "/phones/{key}/reject": lambda evening, key, _: _handset(evening, key).rejects(),
    "/phones/{key}/press": lambda evening, key, form: _talking(evening, key).keys(_one_of("key", form, [*KEYS])),
    "/phones/{key}/silence": lambda evening, key, _: _talking(evening, key).stays_silent(),
    "/phones/{key}/hang-up": lambda evening, key, _: _talking(evening, key).hang_up(),
    "/phones/{key}/habit": lambda evening, key, form: _handset(evening, key).behaves(_one_of("habit", form, HABITS)),
    "/mailboxes/{key}": set_mailbox,
    "/mailboxes/{key}/answer": answer_mail,
    "/time/run": lambda evening, _, form: evening.run(int(_one_of("speed", form, [*map(str, SPEEDS)]))),
    "/time/jump": lambda evening, _, __: evening.jump(),
    "/begin": begin,
    "/close": lambda evening, _, form: evening.close(form.get("ref", ""), _one_of("reason", form, REASONS)),
}
"""The acts by path."""

STATUS: Mapping[type[Exception], int] = {BadInput: 422, Unknown: 404, WrongState: 409}


def address_of(evening: Evening, key: str) -> str:
    """The number or mail address with that key; raises `Unknown` where there is none."""
    for address in evening.cast.by_address:
        if key_of(address) == key:
            return address
    raise Unknown("telephone or mailbox", key[:40])


def _text_in(form: Form) -> str:
    text = form.get("text", "").strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise BadInput("text", text[:20], f"1 to {LONGEST_TEXT} characters")
    return text


def _handset(evening: Evening, key: str) -> Handset:
    return evening.sandbox.handset(address_of(evening, key))


def _on_air(handset: Handset) -> Handset:
    if handset.behaviour in OFF_AIR:
        raise WrongState("this telephone", HABITS[handset.behaviour], "it can send and call nobody")
    return handset


def _talking(evening: Evening, key: str) -> Call:
    call = _handset(evening, key).talking
    if call is None:
        raise WrongState("this telephone", "not in a call", "answer one first")
    return call


def _one_of(name: str, form: Form, allowed: Collection[str]) -> str:
    given = form.get(name, "")
    if given not in allowed:
        raise BadInput(name, given[:40], allowed)
    return given
