"""What speaks against the verb of a text from the field: a cry for help beside it, or words that take it back."""

import re
from itertools import pairwise, zip_longest

from alertnet.core.inbound.field_words import ARRIVED, CRIES_THAT_ASK, PANIC, PLEADING, SOS, SOS_APART, WELL
from alertnet.core.inbound.sms_words import DRAWN_OUT, Word, clean, words_of

_ENDS_CLAUSE = re.compile(r"[,;:!?\n]|\.\s")
_CRIES = re.compile(
    rf"\b(?:{SOS.pattern}|{SOS_APART.pattern}|{'|'.join(sorted(PANIC))}|mayday"
    rf"|(?:in|en|em) (?:danger|peligro|perigo|gefahr)|{'|'.join(CRIES_THAT_ASK)})\b"
    r"(?! humanit| (?:is |was |ist |es |fue )?(?:not? (?:longer )?(?:needed|necessary|necesaria|necessaria|hace falta)"
    r"|nicht (?:mehr|no?e?tig|notwendig)))"
)
_OURS = re.compile(
    r"\b(?:(?:help|ayuda|aide|ajuda|hilfe brauchen)(?: ,)? (?:send|envie|envoyez|senden sie)|fur hilfe|pour de l aide)"
    r" sos\b|\b(?:vos|como) sos\b"
    r"|\b(?:con|with|mit|avec|com) (?:(?:la|l|the|der|a) )?(?:help|ayuda|aide|ajuda|hilfe)(?= (?:de|of|von|da|do)\b)"
)
"""How our own messages say how to call for help, which may be quoted, and "with the help of": they cry for none."""
_NO_CRY = re.compile(
    rf"\b(?:no|not|non|t|never|nobody|without|longer|out|sin|nunca|fuera|ningun\w*|pas|(?<!peux )(?<!peut )plus"
    r"|sans|ni|jamais|hors|kein\w*|(?<!kann )nicht|ohne|nao|sem|nenhum\w*|fora"
    rf"|dont|didnt|isnt|wasnt|thanks|thank you|thx|gracias|agradezco|merci|danke|dank|obrigad[oa])"
    rf" (?:(?:{'|'.join(sorted(PLEADING))}|any|more|of|hay|es|is|an|the|your|for|all|mas|por|la|su|sus|tu|un|una"
    r"|estamos|estoy|estou|y|pour|votre|une|fur|die|eure|ihre|mehr|ist|pela|sua|mais|me|nos|hace|hizo|falta|fue|era"
    r"|was|were|been|fait|etait|war|foi|so|much|very|lot|toda|todas|beaucoup|toute|vielmals) )*$"
)
"""Words before a cry by which it is none: they deny it, or give thanks for help."""
_CALLS_OFF = re.compile(
    r"(?<!\bno )(?<!\bnot )(?<!\bt )(?<!\bdont )(?<!\bnever )(?<!\bpas )(?<!\bnao )"
    r"\b(?:cancel\w*|anul[ae]\w*|annul\w*|ignor(?:e[nmz]?|ar?|er)|disregard|olvid\w*)"
    r" (?:(?:the|my|our|this|that|la|mi|esta|nuestra|l|le|cette|den|o|este) )*$"
)
"""Words before an alarm that is to end; not: no ignoren mi SOS, they ignored it.

Beside a check-in a captor may dictate them, so there they deny no cry.
"""
_HELP = "help|ayuda|aide|ajuda|hilfe"
_HELPED = re.compile(
    rf"\b(?:{_HELP}) (?:(?:ya|has|have|is|are|already|just|est|ist|hat|ja|esta|finally|por|fin|enfin|endlich) )*"
    r"(?:here|arrived|came|come|reached|aqui|llego|llegado|vino|venido|la|arrivee?|venue?|da|angekommen|gekommen"
    r"|chegou|veio)\b"
    r"|\b(?:got|received|asked|recibi\w*|pidio|pidieron|pidi|recu|erhalten|bekommen|gebeten|receb\w+|pediu|pediram)"
    rf" (?:(?:\w+|,) ){{0,4}}?(?:{_HELP})\b"
)
"""Words of help that is there, or that others have asked for: news of it is no cry."""
_DENIED = (
    r"\b(?:no|not|non|t|never|pas|nicht|kein\w*|nao|nunca|nie|jamais)"
    r" (?:(?:we|are|is|all|at|very|so|that|yet|feel|feeling|estamos|estoy|esta|todo|todos|muy|tan|nada|hemos|he|ha|me"
    r"|siento|sinto|avons|suis|sommes|encore|tous|tout|tres|du|alle|alles|sind|ist|es|uns|geht|sehr|estao|estou|tudo"
    r"|muito|ainda) )*"
)
_NOT_WELL = re.compile(
    rf"(?:{_DENIED}|\b(?:nobody|nothing|nadie|ninguem|niemand|nichts) (?:is|esta|ist) |\bnem tudo (?:esta )?)"
    rf"(?:{'|'.join(sorted(WELL - {'good', 'clear'}))}|a salvo|en orden|em ordem|in ordnung)\b"
    r"(?:(?<=bien)|(?<=bem)|(?! (?:de|del|que|si|da|do|se|ob|wann)\b))"
    r"(?! (?:dormi\w?|mange\w?|compris|entendu|recu|geschlafen|gegessen|verstanden|slept|rested|understood)\b)"
)
"""Words beside a check-in that take it back; not: no estoy segura de la hora, pas bien dormi."""
_ONLY_NOT = re.compile(
    r"(?:(?:muy|very|so|tres|sehr|muito) )?(?:no|not|non|pas|nein|nicht|nao|mal|bad|mauvais|schlecht|ruim)"
)
"""The same, where they say nothing else: ok no, bien mal."""
_NOT_ARRIVED = re.compile(rf"{_DENIED}(?:{'|'.join(sorted(ARRIVED))})\b")
"""The same of an arrival: beside a delay they say why it is asked for."""
_NOT_YET = re.compile(
    r"\b(?:not yet|(?:todavia|aun) no|ainda nao|no (?:todavia|aun)|pas encore|noch nicht|soon|pronto|bientot|bald)\b"
    r"|\b(?:in|en|dans|em) (?:(?:half|media|meia|demi|about|unos?) )*"
    r"(?:(?:an?|una?|une|uma|one|einer|\d+)\b ?)*(?:\d*h|hrs?|hours?|horas?|heures?|stunden?|m|min\w*)\b"
    r"|^(?:(?:muy|un|poco|con|en|avec|du|peu|um|pouco|com|bem) )*(?:tarde|retraso|retard|atraso|atrasad[oa]s?)$"
)
"""Words beside an arrival by which it is still to come; llegamos tarde may be said before it as well as after."""
_HEARD_LATER = re.compile(
    r"\b(?:see|hasta|ate|a|bis|vemos|voit|vemo|call|text|write|llam\w+|escrib\w+|habl\w+|aviso|appell\w+|rappell\w+|ecris"
    r"|melde\w*|rufe\w*|schreib\w*|ligo|ligamos|escrev\w+|falo)\b[^,]*$"
)
"""Words before them by which it is a goodbye or a call that is to come: nos vemos pronto, llamo en una hora."""


def cries_among(text: str, words: list[Word], *, but_sos: bool = False, but_told: bool = False) -> bool:
    """Whether these words of the text cry for help, and do not deny it.

    `but_sos`: an SOS is what they call off. `but_told`: they may tell of help, as news do.
    """
    words = [word for word in words if not (but_sos and SOS.fullmatch(word.plain))]
    joined = _OURS.sub(" ", _in_clauses(text, words))
    joined = _HELPED.sub(" ", joined) if but_told else joined
    return any(_NO_CRY.search(joined[: found.start()]) is None for found in _CRIES.finditer(joined))


def takes_back(text: str | None, *, of_arrival: bool, of_delay: bool = False) -> bool:
    """Whether words beside a check-in take it back: we are not ok; beside an arrival also: todavía no, in an hour."""
    cleaned = clean(text or "")
    said = _in_clauses(cleaned, words_of(cleaned))
    if _NOT_WELL.search(said) or (not of_delay and (_ONLY_NOT.fullmatch(said) or _NOT_ARRIVED.search(said))):
        return True
    return of_arrival and any(not _HEARD_LATER.search(said[: each.start()]) for each in _NOT_YET.finditer(said))


def is_denied(text: str, words: list[Word]) -> bool:
    """Whether the last of these words is denied or called off by those right before it in its clause, or thanks."""
    before = _in_clauses(text, words).rpartition(" ")[0] + " "
    return bool(_NO_CRY.search(before) or _CALLS_OFF.search(before))


def _in_clauses(text: str, words: list[Word]) -> str:
    """The words with spaces between them, and a comma where a clause ends."""
    stops = (_ENDS_CLAUSE.search(text[one.end : other.start]) for one, other in pairwise(words))
    plain = (DRAWN_OUT.sub(r"\1", word.plain) for word in words)
    return "".join(f"{word}{' , ' if stop else ' '}" for word, stop in zip_longest(plain, stops)).rstrip()
