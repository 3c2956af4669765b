"""Recognises texts written by machines; they get no reply, or two machines would talk for ever (A12, B9)."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from alertnet.core.codec import value

SOONEST, AT_ONCE = timedelta(seconds=1), timedelta(seconds=20)
"""Only a machine repeats its text `AT_ONCE` after our reply; before `SOONEST` it can't be an answer to the reply."""
OFTEN = 4
"""A machine sends a text that came this often within `LATELY` and comes once more."""
LATELY = timedelta(minutes=10)

PHRASES = (
    # English
    *("out of office", "out of the office", "auto reply", "autoreply", "auto response", "automatic reply"),
    *("automatic response", "automated reply", "automated response", "automated message", "automatic message"),
    *("i m driving with", "this mailbox is not monitored"),
    # French
    *("reponse automatique", "message automatique", "absence du bureau", "suis absent du bureau"),
    *("suis absente du bureau", "actuellement absent du bureau", "actuellement absente du bureau"),
    # Spanish
    *("respuesta automatica", "mensaje automatico", "estoy fuera de la oficina", "estare fuera de la oficina"),
    *("encuentro fuera de la oficina", "fuera de oficina"),
    # German
    *("abwesenheitsnotiz", "abwesenheitsnachricht", "abwesenheitsmeldung", "automatische antwort"),
    *("automatische nachricht", "bin nicht im buro", "bin derzeit nicht im buro", "bin zurzeit nicht im buro"),
    "bin momentan nicht im buro",
    # Portuguese
    *("resposta automatica", "mensagem automatica", "estou fora do escritorio", "estarei fora do escritorio"),
    "ausente do escritorio",
)
"""Phrases that only machines of contacts use, in small letters and without accents."""


@value
class Earlier:
    """An earlier text from the same number."""

    body: str
    at: datetime
    is_answered: bool


def says_so(body: str) -> bool:
    """Whether the text of a contact itself says that a machine wrote it."""
    plain = f" {_plain(body)} "
    return any(f" {phrase}" in plain for phrase in PHRASES)


def is_repeated(body: str, earlier: Sequence[Earlier], now: datetime) -> bool:
    """Whether a machine most likely wrote the text, because it is sent again and again.

    Somebody who sends a text again may not have got our reply. A repeat within seconds of the reply, or a fifth within
    minutes, comes from a machine.
    """
    same = [each for each in earlier if each.at <= now and _plain(each.body) == _plain(body)]
    often = sum(now - each.at <= LATELY for each in same) >= OFTEN
    return often or any(each.is_answered and SOONEST <= now - each.at <= AT_ONCE for each in same)


def _plain(body: str) -> str:
    letters = unicodedata.normalize("NFKD", body.casefold())
    characters = (
        character if character.isalnum() else " " for character in letters if unicodedata.category(character) != "Mn"
    )
    return " ".join("".join(characters).split())
