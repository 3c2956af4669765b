"""The words by which the field is understood, in English, French, Spanish, German and Portuguese (B4).

Verbs, cries for help, and small words around them, in the form in which words are compared (`sms_words`). How they are
read stands in `sms_grammar`, names of types in `type_vocabulary`.
"""

import re
from enum import StrEnum


class FieldVerb(StrEnum):
    """What a member of the field does by its text."""

    RAISE = "raise"
    UPDATE = "update"
    CHECK_IN = "check_in"
    DEPART = "depart"
    ARRIVE = "arrive"
    EXTEND = "extend"
    WITHDRAW = "withdraw"
    """The member asks to call it off: a coordinator confirms that by voice."""
    LOW_BATTERY = "low_battery"
    TEST = "test"
    LANGUAGE = "language"


PANIC = frozenset(
    (
        *("sos", "help", "helpme", "helpus", "emergency", "emergencia", "auxilio"),
        *("ayuda", "alluda", "ayudame", "ayudanos", "ayudenme", "ayudenos"),
        *("aide", "aidez", "secours", "ausecours", "urgence", "hilfe", "notfall", "ajuda", "socorro"),
    )
)
"""Words that raise an alarm with the highest severity, whatever the language of the phone."""
ALARMS = frozenset(("alert", "alerte", "alerta", "alarm", "alarme", "alarma"))
URGENT_WORDS = frozenset(("urgent", "urgente", "dringend"))
"""Words that many texts begin with; they raise an alarm only next to a PIN."""
SOS = re.compile(r"s+(?:[o0]+s+)+")
SOS_WITH_SLIP = re.compile(
    r"(?!(?:los|nos|dos|vos|tos|pos|ses|sus|son|sol|soy|sou|som|sous|esos|sms|sow)$)"
    r"(?:s[a-z0-9]s|[a-z0-9]os|so[a-z0-9]|[a-z]sos|s[a-z]os|so[a-z]s|sos[a-z])"
)
"""SOS with one letter wrong or too many, where that is no common word, nor LOW with a slip."""
SOS_APART = re.compile(r"s [o0] s|s[o0] s|s [o0]s")
CRIES_THAT_ASK = ("me ajuda", "me ajude", "me ajudem", "nos ajude", "nos ajudem")
"""Cries for help that are themselves requests, as after a plea (`is_asked`)."""

FIELD_VERBS = {
    FieldVerb.RAISE: PANIC | ALARMS,
    FieldVerb.UPDATE: frozenset(
        (
            *("news", "nouv", "nouvelle", "nouvelles", "nueva", "nuevas", "novedad", "novedades", "noticia"),
            *("noticias", "neues", "neuigkeit", "neuigkeiten", "nachricht", "novidade", "novidades"),
        )
    ),
    FieldVerb.CHECK_IN: frozenset(("ok", "okay", "okey", "bien", "gut", "bem", "checkin")),
    FieldVerb.DEPART: frozenset(
        (
            *("go", "depart", "departure", "salida", "salgo", "salimos"),
            *("abfahrt", "aufbruch", "unterwegs", "saio", "saimos", "saindo", "partida"),
        )
    ),
    FieldVerb.ARRIVE: frozenset(
        (
            *("arr", "arrive", "arrivee", "arrived", "llegada", "llegue", "llegamos"),
            *("angekommen", "ankunft", "cheguei", "chegamos", "chegada"),
        )
    ),
    FieldVerb.EXTEND: frozenset(
        (
            *("wait", "attente", "attends", "attendez", "espera", "delay", "delayed", "late", "retard", "retraso"),
            *("retrasado", "retrasada", "warten", "verspatung", "verspaetung", "aguardar", "aguarde", "atraso"),
            "atrasado",
        )
    ),
    FieldVerb.WITHDRAW: frozenset(("false", "fausse", "falsa", "fehlalarm")),
    FieldVerb.LOW_BATTERY: frozenset(("low", "faible", "baja")),
    FieldVerb.TEST: frozenset(("test", "essai", "prueba", "teste", "drill", "simulacro", "simulado")),
    FieldVerb.LANGUAGE: frozenset(("lang", "language", "langue", "idioma", "sprache", "lingua")),
}
VERB_OF_WORD = {word: verb for verb, words in FIELD_VERBS.items() for word in words}

_PHRASES = {
    FieldVerb.RAISE: ("au secours", "a l aide", "a laide", *CRIES_THAT_ASK),
    FieldVerb.UPDATE: ("new",),
    FieldVerb.CHECK_IN: ("check in", "checking in"),
    FieldVerb.DEPART: ("en camino", "en route", "on my way", "on our way", "on the way", "a caminho"),
}
"""Phrases that sentences begin with too; except for cries for help they are verbs only with a PIN."""
VERB_OF_PHRASE = {tuple(phrase.split()): verb for verb, phrases in _PHRASES.items() for phrase in phrases}

_LANGUAGES = {
    "en": ("en", "english", "anglais", "ingles"),
    "fr": ("fr", "french", "francais", "frances"),
    "es": ("es", "spanish", "espagnol", "espanol"),
    "de": ("de", "german", "deutsch", "allemand", "aleman"),
    "pt": ("pt", "portuguese", "portugues", "portugais"),
}
LANGUAGE_OF = {name: language for language, names in _LANGUAGES.items() for name in names}
"""The code of each language by its names."""
DRILLS = frozenset(("drill", "simulacro", "simulado"))
"""Words for a drill."""
NO_DRILL = frozenset(
    (
        *("no", "not", "isnt", "over", "ended", "finished", "done", "was", "real", "really", "termino", "terminado"),
        *("acabo", "acabado", "fue", "era", "verdad", "serio", "nao", "acabou", "terminou", "foi", "verdade"),
    )
)
"""Words by which what begins with one of them may be none, or over."""

FALSE = frozenset(
    (
        *("false", "falsa", "falso", "fausse", "faux", "falscher", "falsch"),
        *("mistake", "error", "erreur", "versehen", "engano"),
        *("cancel", "canceled", "cancelled", "cancela", "cancelada", "cancelado", "cancelar", "cancele", "cancelen"),
        *("cancelem", "anula", "anulada", "anular", "anule", "anulen", "anulem", "annule", "annulee", "annuler"),
        *("annulez", "storniert", "abgeblasen", "abblasen"),
    )
)
"""Words by which an alarm is withdrawn, where a text says nothing else of it."""
CALLED_OFF = ALARMS | {"sos"}
"""Words for what may have been false."""
WELL = frozenset(
    (
        *("ok", "okay", "okey", "safe", "safely", "fine", "good", "well", "clear", "bien", "tranquilo", "tranquila"),
        *("ras", "securite", "gut", "ordnung", "sicher", "bem", "seguro", "segura", "seguros", "seguras"),
        *("normal", "certo"),
    )
)
"""Words that say that all is well, where a text says nothing else."""
AS_OK = re.compile(
    r"\b(?:o k|ca va|a salvo|sains? et saufs?|saines? et sauves?|sin novedad(?:es)?|sem novidades?|rien a signaler"
    r"|nothing to report|(?:sin|sem) problemas?|en orden|em ordem|pas de (?:probleme|souci)s?|keine probleme)\b"
)
"""What says so in several words, of which one alone means something else."""
HEDGED = re.compile(
    r"^(?:(?:hello|hi|hallo) )?(?:are|r|is|am|were|was|have|has|ist|sind|bin|suis|sommes)"
    r" (?:we|i|it|this|that|the|all|both|every\w+|alles|wir|ich|das|je|nous)\b"
    r"|\b(?:only|solo|nur|un|una|une|um|uma|on arrives?)\b"
    r"|\b(?:was|were|fue|era|etait|cetait|war|foi)\b"
)
"""What makes of them a question (are we safe), or speaks of one alone (only I am safe), of soon (on arrive) or of what
was (I was safe)."""
ARRIVED = frozenset(
    (
        *("ar", "arrived", "reached", "arrive", "arrives", "arrivee", "arrivees", "llegada", "llegue", "llegamos"),
        *("llegado", "angekommen", "cheguei", "chegamos", "chegado"),
    )
)
"""Words that say that somebody has arrived, where a text says nothing else."""
DANGER = frozenset(("danger", "peligro", "perigo", "gefahr", "mayday"))
"""Words that cry for help, where a text says nothing else."""
NO_MORE = frozenset(
    (
        *("sorry", "it", "was", "is", "s", "that", "this", "a", "the", "just", "only", "all", "we", "are", "am", "i"),
        *("m", "r", "re", "were", "im", "ve", "have", "has", "been", "and", "at", "in", "to", "here", "now", "by"),
        *("back", "home", "casa", "vuelta", "de", "retour", "rentre", "rentres", "rentree", "rentrees", "zu", "hause"),
        *("zuhause", "zuruck", "zurueck", "volta"),
        *("yes", "si", "oui", "sim", "ja", "both", "los", "las", "dos", "les", "deux", "os", "as", "dois", "beide"),
        *("everybody", "everyone", "everything", "hello", "hi", "thanks", "thank", "thx"),
        *("perdon", "perdonen", "disculpe", "disculpen", "disculpa", "lo", "siento", "sentimos", "fue", "era", "es"),
        *("una", "un", "ha", "he", "hemos", "sido", "solo", "todo", "todos", "todas", "por", "ya", "estoy"),
        *("estamos", "esta", "y", "muy", "aqui", "aca", "ici", "em", "hola", "gracias", "en", "la", "el", "l"),
        *("desole", "desolee", "desoles", "pardon", "excusez", "moi", "c", "etait", "est", "cetait", "cest", "une"),
        *("juste", "par", "tout", "tous", "toutes", "va", "vais", "ca", "je", "suis", "sommes", "nous", "on", "et"),
        *("bonjour", "salut", "merci", "deja"),
        *("war", "das", "ein", "nur", "entschuldigung", "tut", "mir", "uns", "leid", "alles", "ist", "sind", "wir"),
        *("ich", "bin", "geht", "allen", "und", "aus", "hallo", "danke"),
        *("desculpe", "desculpem", "desculpa", "foi", "um", "uma", "tudo", "estou", "ja", "e", "obrigado"),
        *("obrigada", "ola"),
    )
)
NO_MORE |= DANGER | FALSE | WELL | ARRIVED | CALLED_OFF
"""All these, and small words among them; none of them denies: `isnt a false alarm` is an alarm."""

GREETINGS = URGENT_WORDS | {
    *("hello", "hi", "hey", "hallo", "hola", "ola", "bonjour", "bonsoir", "salut", "buenas", "noches", "tardes"),
    *("re", "fw", "fwd", "rv", "tr", "wg", "aw", *"123456789"),
}
"""What may stand before a cry for help: a greeting, the mark of a text that answers or forwards another, a part's
number."""
PLEAS = frozenset(
    (
        *("please", "pls", "plz", "need", "favor", "porfa", "porfavor", "necesito", "necesitamos", "pido", "pedimos"),
        *("svp", "plait", "besoin", "au", "preciso", "precisamos", "bitte", "brauche", "brauchen", "send", "manden"),
        *("envien", "envoyez", "mandem", "enviem"),
        # As many write them.
        *("nesesito", "nesecito", "nececito", "nesesitamos", "nesecitamos", "nececitamos"),
    )
)
"""Words that ask for what follows: please help, necesitamos ayuda, on a besoin d'aide."""
PLEADING = PLEAS | {
    *("i", "we", "por", "j", "ai", "on", "a", "nous", "avons", "s", "il", "vous", "d", "de", "l", "ich", "wir")
}
"""The same with the small words among them."""
BATTERY = frozenset(("battery", "batt", "bat", "batterie", "bateria", "pila", "akku"))
EMPTY = frozenset(
    (
        *("low", "faible", "baja", "bajo", "poca", "plus", "sin", "no"),
        *("leer", "schwach", "fraca", "baixa", "pouca", "sem"),
    )
)
"""Words that, beside the word for battery, say that it is nearly empty."""
LABELS = frozenset(
    ("pin", "type", "tipo", "place", "lugar", "lieu", "people", "personas", "personnes", "code", "codigo")
)
"""Labels before codes, as in forms; they have no meaning here."""
