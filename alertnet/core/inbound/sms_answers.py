"""Reads written answers: verbs with codes, or a change of duty; a doubtful text is no answer (A6, B4).

Nothing here knows who sent the text or which codes are open: flows check codes and PINs. None of the carriers' words
(STOP, YES, HELP, …) is a verb, since networks keep those for themselves.
"""

import re
import unicodedata
from dataclasses import field
from enum import StrEnum
from itertools import pairwise

from alertnet.core.codec import replace, value
from alertnet.core.inbound.auto_replies import says_so
from alertnet.core.inbound.code_formats import is_written_code
from alertnet.core.inbound.field_words import FALSE
from alertnet.core.inbound.sms_grammar import begins_report
from alertnet.core.inbound.sms_words import MEANT_AS_DIGITS, Word, clean, words_of
from alertnet.core.incident import REF_CHARACTERS, REF_LETTERS


class Verb(StrEnum):
    """What is said about a code; a code alone means OK."""

    OK = "ok"
    NO = "no"
    RELAY = "pass"
    DONE = "done"
    GO = "go"
    HOLD = "hold"


_WORDS_OF_VERBS = {
    Verb.OK: ("ok", "\u043e\u043a", "\u03bf\u03ba"),  # In Cyrillic and Greek letters too.
    Verb.NO: ("no", "non", "nein", "nao"),
    Verb.RELAY: ("pass", "told", "transmis", "paso", "pase", "weitergegeben", "repassei"),
    Verb.DONE: ("done", "fait", "hecho", "erledigt", "feito"),
    Verb.GO: ("go",),
    Verb.HOLD: (
        *("hold", "wait", "attendre", "attends", "attendez", "espera", "espere", "esperen"),
        *("warten", "aguardar", "aguarde"),
    ),
}

VERBS = {word: verb for verb, words in _WORDS_OF_VERBS.items() for word in words}
"""The verbs by word.

All languages are accepted, whatever language the phone is written to in, since no word means two things.
"""

OPT_OUTS = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "arret"))
"""If one of these is the whole text, networks stop all further SMS to that phone (docs/twilio.md 1)."""

_OPT_INS = frozenset(("start", "yes", "unstop"))
"""If one of these is the whole text, networks let SMS through again."""

_DOUBTS = (
    frozenset(
        (
            *("no", "non", "not", "t", "cant", "cannot", "dont", "n", "ne", "pas", "pero", "but", "mais", "imposible"),
            *("impossible", "nein", "nicht", "kein", "keine", "aber", "leider", "nao", "mas", "impossivel"),
            *("stop", "arretez", "basta", "wrong", "equivocado", "equivocada", "mauvais", "mauvaise"),
            *("falsche", "errado", "errada", "invalid", "invalide", "invalido"),
            *("cancelo", "anulo", "storniere", "stornieren", "storno"),
            *("close", "cerrar", "cierren", "clore", "fermer", "schliessen", "encerrar", "fechar"),
            *("maybe", "perhaps", "quiza", "quizas", "talvez", "vielleicht"),
            # In languages that nobody is written to in.
            *("hapana", "siwezi", "hatuwezi", "tidak", "bukan", "niet", "geen", "hayir"),
        )
    )
    | FALSE
)
"""Words near a code that may reverse an OK or a GO; t and n are what is left of can't and n'ai."""

_ABSENCE = frozenset(
    (
        *_WORDS_OF_VERBS[Verb.RELAY],
        # Passed on, or whom else to tell.
        *("passed", "forwarded", "transmitted", "pasado", "pasamos", "remiti", "remitido", "remitimos", "reenvie"),
        *("reenviado", "derivado", "contacten", "transmise", "transmets", "contactez", "transmiti", "transmitido"),
        *("transfere", "passei", "encaminhei", "encaminhado", "repassado", "repassamos", "weitergeleitet", "weiter"),
        *("colleague", "colleagues", "colega", "colegas", "companero", "companera", "collegue", "collegues"),
        *("kollege", "kollegen", "kollegin", "kolleginnen", "else", "instead"),
        # Away or closed.
        *("abroad", "travelling", "traveling", "viajando", "verreist", "deplacement"),
        *("vacation", "holiday", "holidays", "vacaciones", "vacances", "conge", "conges", "ferias", "urlaub"),
        *("closed", "cerrado", "cerrada", "cerrados", "ferme", "fermee", "fechado", "fechada", "fechados"),
        *("geschlossen", "busy", "ocupado", "ocupada", "occupe", "occupee", "beschaftigt"),
        *("absent", "absente", "ausente", "abwesend"),
        *("sick", "ill", "hospital", "enfermo", "enferma", "malade", "krank", "doente"),
        # Refused, or a mistake.
        *("unable", "refuse", "refused", "decline", "declined", "rechazo", "declino", "rehuso", "niego", "recuso"),
        *("ablehnen", "lehne", "unmoglich", "nope", "wont", "remove", "unsubscribe", "dejen", "spam"),
        *("n0", "nah", "nop", "nel", "negative", "negatif", "negativo", "negativa"),
        *("delete", "borre", "borren", "effacez", "supprimez", "loschen", "apague", "apaguem"),
        *("sorry", "siento", "sentimos", "desole", "desolee", "leid", "desculpe", "desculpem"),
        *("nobody", "nadie", "niemand", "ninguem", "ninguno", "never", "nunca", "jamais", "nie", "retired"),
        # No, or not now, in languages that nobody is written to in.
        *("sina", "siko", "sipo", "kesho", "baadaye", "hindi", "wala", "bukas", "mamaya", "nggak", "gak", "besok"),
        *("nahi", "nahin", "hoina", "chaina", "sakdina", "bholi", "laa", "mish", "mush", "msh", "mafish"),
        *("hay\u0131r", "yapamam", "olmaz", "yar\u0131n", "yarin", "khong", "ikke", "inte", "nej", "nei"),
        *("impossibile", "nessuno", "domani", "nem", "nemohu", "nemuzu", "jutro", "nuk", "oya", "ntabwo", "nedda"),
        # Asked, who or what this is.
        *("who", "what", "quien", "qui", "quoi", "wer", "quem"),
    )
)
"""Words that say that nobody here takes charge; near a code without OK they may mean that."""

_ABSENCE_IN_TWO = frozenset(
    tuple(each.split())
    for each in (
        *("on leave", "off duty", "of office", "of town", "in meeting", "a meeting"),
        *("de viaje", "de permiso", "fuera de"),
        *("en reunion", "en voyage", "hors de", "auf reisen", "em viagem", "em reuniao", "fora do", "fora da"),
        *("tal vez", "peut etre", "the morning", "me alone", "moi tranquille", "en paz", "in ruhe"),
        # Looked at first, or another day.
        *("me check", "me see", "me ask", "dejame ver", "dejeme ver", "moi voir", "moi verifier", "mich sehen"),
        *("mich prufen", "mich schauen", "me ver", "eu ver", "another day", "otro dia", "autre jour", "outro dia"),
        *("que es", "was ist", "que e", "estoy fuera", "de baja", "pa ka", "pa kapab", "nu pot"),
    )
)
"""The same, perhaps, not yet or what this is, in two words that say it only together."""

_LATER = frozenset(
    (
        *("later", "tomorrow", "monday", "manana", "tarde", "luego", "despues", "lunes", "tard", "demain", "lundi"),
        *("spater", "spaeter", "morgen", "montag", "amanha", "depois", "segunda"),
    )
)
_AROUND_LATER = _LATER | {
    *("i", "ll", "we", "will", "it", "the", "a", "in", "on", "at", "until", "morning", "look", "see", "answer"),
    *("mas", "el", "la", "lo", "por", "hasta", "le", "les", "veo", "vemos", "miro", "respondo", "contesto", "plus"),
    *("matin", "bis", "am", "um", "fruh", "erst", "mais", "ate", "na", "de", "manha", "feira", "vejo"),
}
"""Words for not now, and those beside which a text says nothing else; who says what it will do takes charge."""

_TAKES_CHARGE = ("en", "occupe")
"""Two words of which the second alone says busy: je m'en occupe."""

_REQUESTS = frozenset(
    (
        *("call", "ring", "phone", "contact", "ask", "try", "talk", "speak", "tell", "inform", "notify", "reach"),
        *("write", "forward", "escriba", "escriban", "comuniquese", "comuniquense", "dirijase"),
        *("llame", "llamen", "llama", "contacte", "hable", "hablen", "pregunte", "pregunten", "busque", "busquen"),
        *("avise", "avisen", "appelez", "voyez", "demandez", "joignez", "prevenez", "parlez", "telephonez"),
        *("ecrivez", "transmettez"),
        *("rufen", "ruft", "fragen", "kontaktieren", "wenden", "versuchen", "sprechen", "verstandigen", "schreiben"),
        *("ligue", "liguem", "chame", "chamem", "fale", "falem", "contate", "contatem"),
        *("procure", "procurem", "escreva"),
    )
)
"""Words that ask us to turn to somebody else; only where they begin a clause, since "I call him" takes charge."""

_PLEASE = frozenset(("please", "pls", "favor", "plait", "svp", "bitte"))

_THANKS = frozenset(("thanks", "thank", "thx", "gracias", "merci", "danke", "dank", "obrigado", "obrigada"))
_AROUND_THANKS = frozenset(
    (
        *("you", "very", "much", "so", "many", "for", "the", "muchas", "muchisimas", "mil", "por", "la", "avisar"),
        *("beaucoup", "pour", "l", "vielen", "sehr", "schon", "muito", "info", "information", "informacion"),
    )
)
"""Words of thanks, and those beside which a text says nothing else."""

_YES = frozenset(("yes", "oui", "ja", "sim"))
"""Words near a code that may reverse a NO."""

_NO_WITH_SLIP = re.compile(r"n(?!r$)[a-z0-9]{1,2}|[bhjm][o0]|[hjm][o0]n|n[a-z]{2}n|nei[a-z]|la|[23]")
"""What alone before a code may be a NO with a slip (n0, np, nien) or in Arabic, or a call's key that says no."""

_AND = frozenset(("and", "y", "e", "et", "und"))
"""What may stand between two codes."""

MOST_CODES = 3
"""The most codes that one text may answer; with more the sender is guessing, and nothing is answered."""

_OURS = re.compile(rf"\b[{REF_LETTERS}]-[{REF_CHARACTERS}]{{4}}:")
"""How each of our messages about an incident begins, after who sends it."""

_REFUSING_SIGNS = re.compile("[👎🚫❌❎✖⛔🛑🙅✋🤚]")
_LETTERS_FOR_DIGITS = re.compile(r"(?!l\d{3})(?=(?:[oil]*\d){2})[\doil]{4}")
_REFUSALS = frozenset((Verb.NO, Verb.HOLD))
_VERB_WITH_CODE = re.compile(rf"({'|'.join(VERBS)})?(\d{{4}})")
_SAYS_OK = re.compile(r"ok(\d{4})?")
_DUTY_CHANGE = re.compile(r"(on|off)(\d{5,6})")


@value
class WrittenAnswer:
    """One answer in a text. `code` None: a verb alone, which never acts. `note`: the text after it."""

    verb: Verb
    code: str | None
    note: str | None = None


@value
class DutyChange:
    """Somebody takes a turn of duty, or leaves it to the others."""

    is_on: bool
    pin: str = field(repr=False)


def is_opt_out(text: str) -> bool:
    """Whether the whole text is a word by which a phone refuses further SMS."""
    return _lone_word(words_of(clean(text))) in OPT_OUTS


def is_opt_in(text: str) -> bool:
    """Whether the whole text is a word by which a phone accepts SMS again."""
    return _lone_word(words_of(clean(text))) in _OPT_INS


def parse_answers(text: str) -> tuple[WrittenAnswer, ...]:
    """Read the answers at the beginning of a text, in order; else the answer with the only code in it; else none.

        4711 · OK 4711 · NO4711 · "4711 no" · OK 4711, NO 5823 · NO 4711 5823 (no to both) · DONE 4711 some words
        "My answer is 4711, thanks" · "Good evening, OK 4711" · OK 47 11 · OK 47I1

    What follows the last code is its note. A verb alone is an answer without a code. If words near the code may take
    back its OK ("4711, but not before Monday"), there is no answer: people decide. The same holds for a text with more
    than `MOST_CODES`, with yes and no to one code, and for one that begins like a report, wherever its digits stand.
    """
    text = clean(text)
    words = _with_code_joined(text, words_of(text))
    if alone := VERBS.get(_lone_word(words)):
        return (WrittenAnswer(alone, None),)
    if len(words) == 2 and is_written_code(words[0].plain) and (verb := VERBS.get(words[1].plain)):
        return () if _is_doubtful(verb, text, [], is_said=True) else (WrittenAnswer(verb, words[0].plain),)
    found, end = _leading_answers(words)
    if not found:
        return _only_answer(text, words)
    if len(found) > MOST_CODES or _contradicts(found):
        return ()
    note = text[words[end].start :].strip() if end < len(words) else None
    if _is_doubtful(found[-1][0], text, words[end:], is_said=_says_ok(words[:end])):
        return ()
    verb, code = found[-1]
    return (*(WrittenAnswer(*each) for each in found[:-1]), WrittenAnswer(verb, code, note))


def says_more(text: str) -> bool:
    """Whether a text has words besides verbs and digits, for people to read."""
    plain = (word.plain for word in words_of(clean(text)))
    return any(not (each in VERBS or each.isdecimal() or _VERB_WITH_CODE.fullmatch(each)) for each in plain)


def only_thanks(text: str) -> bool:
    """Whether a text says thanks and nothing else."""
    plain = {word.plain for word in words_of(clean(text))}
    return not plain.isdisjoint(_THANKS) and plain <= _THANKS | _AROUND_THANKS


def parse_duty_change(text: str) -> DutyChange | None:
    """Read a text that is only ON or OFF with a PIN: on duty, or off duty, from now."""
    found = _DUTY_CHANGE.fullmatch("".join(word.plain for word in words_of(clean(text))))
    return DutyChange(found[1] == "on", found[2]) if found else None


def _with_code_joined(text: str, words: list[Word]) -> list[Word]:
    """The words with the code in one piece where its digits stand apart, and digits for letters that look alike."""
    first = 1 if words and words[0].plain in VERBS else 0
    rest = words[first:]
    is_apart = len(rest) > 1 and all(
        each.plain.isdecimal() and text[one.end : each.start] == " " for one, each in pairwise(rest)
    )
    if is_apart and rest[0].plain.isdecimal() and is_written_code("".join(each.plain for each in rest)):
        return [*words[:first], Word("".join(each.plain for each in rest), rest[0].start, rest[-1].end)]
    if rest and _LETTERS_FOR_DIGITS.fullmatch(rest[0].plain):
        return [*words[:first], replace(rest[0], plain=rest[0].plain.translate(MEANT_AS_DIGITS)), *rest[1:]]
    return words


def _contradicts(found: list[tuple[Verb, str]]) -> bool:
    refused = {code for verb, code in found if verb in _REFUSALS}
    return any(code in refused for verb, code in found if verb not in _REFUSALS)


def _lone_word(words: list[Word]) -> str:
    """The only word; empty where there is none, or more."""
    return words[0].plain if len(words) == 1 else ""


def _leading_answers(words: list[Word]) -> tuple[list[tuple[Verb, str]], int]:
    """The answers at the beginning of the text, and how many words they take; a code alone has the verb before it."""
    found: list[tuple[Verb, str]] = []
    verb, at = Verb.OK, 0
    while at < len(words):
        begins = at + 1 if found and words[at].plain in _AND and at + 1 < len(words) else at
        apart = words[begins].plain in VERBS and begins + 1 < len(words)
        joined = words[begins].plain + words[begins + 1].plain if apart else words[begins].plain
        match = _VERB_WITH_CODE.fullmatch(joined)
        if match is None or not is_written_code(match[2]):
            break
        verb = VERBS[match[1]] if match[1] else verb
        found.append((verb, match[2]))
        at = begins + (2 if apart else 1)
        if verb is Verb.DONE and _begins_note(words[at:]):
            break
    return found, at


def _begins_note(words: list[Word]) -> bool:
    """Whether these words after a DONE and its code begin with a number that is no code: 1430 called the minister."""
    return len(words) > 1 and words[0].plain.isdecimal() and not (words[1].plain in _AND or words[1].plain.isdecimal())


def _only_answer(text: str, words: list[Word]) -> tuple[WrittenAnswer, ...]:
    """The answer with the only code in a text that begins with something else, by the verb right before it."""
    matches = [(place, _VERB_WITH_CODE.fullmatch(word.plain)) for place, word in enumerate(words)]
    codes = [(place, match) for place, match in matches if match is not None and is_written_code(match[2])]
    if len(codes) != 1 or says_so(text):
        return ()
    place, match = codes[0]
    apart = place > 0 and match[1] is None and words[place - 1].plain in VERBS
    if begins_report(text, words, is_answer=apart or match[1] is not None):
        return ()
    verb = VERBS[words[place - 1].plain] if apart else VERBS[match[1]] if match[1] else Verb.OK
    before, after = words[: place - apart], words[place + 1 :]
    if len(before) == 1 and verb is Verb.OK and _NO_WITH_SLIP.fullmatch(before[0].plain):
        return ()
    if _is_quoted(text, before) or _is_doubtful(verb, text, before + after, is_said=_says_ok(words)):
        return ()
    return (WrittenAnswer(verb, match[2], text[words[place].end :].strip(" \n,.;:!") or None),)


def _says_ok(words: list[Word]) -> bool:
    return any(_SAYS_OK.fullmatch(word.plain) for word in words)


def _is_quoted(text: str, before: list[Word]) -> bool:
    """Whether these words before a code are a message of ours: A-7K3M: arrest. To take charge reply."""
    begun = _OURS.search(text)
    return begun is not None and any(word.start >= begun.end() for word in before)


def _is_doubtful(verb: Verb, text: str, words: list[Word], *, is_said: bool) -> bool:
    """Whether a question or the words around may reverse the verb, or are in letters that nobody here reads.

    `is_said`: an OK stands there, and is not just the code's meaning.
    """
    if verb is Verb.NO:
        return any(word.plain in _YES for word in words)
    doubts = _DOUBTS if is_said or verb is not Verb.OK else _DOUBTS | _ABSENCE
    consents = verb in (Verb.OK, Verb.GO)
    plain = [word.plain for word in words]
    reverses = any(each[1] in doubts and each != _TAKES_CHARGE for each in pairwise(("", *plain)))
    is_bare = verb is Verb.OK and not is_said
    is_put_off = not is_said and not _LATER.isdisjoint(plain) and _AROUND_LATER.issuperset(plain)
    is_passed_on = is_bare and (_names_others(text, words) or not _ABSENCE_IN_TWO.isdisjoint(pairwise(plain)))
    is_unread = is_bare and not all(map(_is_latin, plain))
    is_refused = "?" in text or _REFUSING_SIGNS.search(text) is not None
    return consents and (is_refused or reverses or is_put_off or is_passed_on or is_unread)


def _names_others(text: str, words: list[Word]) -> bool:
    """Whether a clause of these words asks us to turn to somebody else."""
    starts = [Word("", 0, 0), *words]
    return any(
        word.plain in _REQUESTS and (last.plain in _PLEASE or last.end == 0 or text[last.end : word.start].strip())
        for last, word in pairwise(starts)
    )


def _is_latin(plain: str) -> bool:
    return plain.isascii() or all("LATIN" in unicodedata.name(each, "") for each in plain if each.isalpha())
