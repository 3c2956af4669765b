"""Whether a text was written by a machine: nobody answers those, or two machines would talk for ever (A12, B9)."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from alertnet.core.codec import value

SOONEST, AT_ONCE = timedelta(seconds=1), timedelta(seconds=20)
"""Within this of our reply nobody has written the very same text again; what came with it was no answer to it."""
OFTEN = 4
"""A text that came so often within `LATELY`, and comes once more, is sent by a machine."""
LATELY = timedelta(minutes=10)

PHRASES = (
    # English
    "out of office",
    "out of the office",
    "auto reply",
    "autoreply",
    "auto response",
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "automated message",
    "automatic message",
    "i m driving with",
    "this mailbox is not monitored",
    # French
    "reponse automatique",
    "message automatique",
    "absence du bureau",
    "absent du bureau",
    "absente du bureau",
    # Spanish
    "respuesta automatica",
    "mensaje automatico",
    "fuera de la oficina",
    "fuera de oficina",
    # German
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "abwesenheitsmeldung",
    "automatische antwort",
    "automatische nachricht",
    "nicht im buro",
    # Portuguese
    "resposta automatica",
    "mensagem automatica",
    "fora do escritorio",
    "ausente do escritorio",
)
"""What only machines say of themselves, in small letters and without accents."""


@value
class Earlier:
    """A text that the same number sent before."""

    body: str
    at: datetime
    is_answered: bool


def says_so(body: str) -> bool:
    """Whether the text says of itself that a machine wrote it."""
    plain = f" {_plain(body)} "
    return any(f" {phrase}" in plain for phrase in PHRASES)


def looks_automatic(body: str, earlier: Sequence[Earlier], now: datetime) -> bool:
    """Whether a machine most likely wrote it then: by its own words, or since it is the same text again and again.

    Somebody who sends a text again may not have had our reply; who does so within seconds of it, or a fifth time
    within minutes, is no person.
    """
    if says_so(body):
        return True
    same = [each for each in earlier if each.at <= now and _plain(each.body) == _plain(body)]
    often = sum(now - each.at <= LATELY for each in same) >= OFTEN
    return often or any(each.is_answered and SOONEST <= now - each.at <= AT_ONCE for each in same)


def _plain(body: str) -> str:
    letters = unicodedata.normalize("NFKD", body.casefold())
    characters = (
        character if character.isalnum() else " " for character in letters if unicodedata.category(character) != "Mn"
    )
    return " ".join("".join(characters).split())
