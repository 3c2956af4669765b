"""Words by which the field names a day or a part of one: mañana, vendredi soir, Montag früh, 28 de noviembre (B4)."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from alertnet.core.codec import value

MOST_DAYS_AHEAD = 6
"""Days further ahead are not understood, since a weekday would name two."""


class Half(StrEnum):
    """A part of the day, by which an hour up to twelve is one of two."""

    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    NIGHT = "night"


@value
class Day:
    """What is said about a day; None of what is not said. `numbers`: day and month, in any order."""

    ahead: int | None = None
    weekday: int | None = None
    number: int | None = None
    month: int | None = None
    numbers: tuple[int, ...] | None = None

    def is_meant(self, day: date, today: date) -> bool:
        """Whether that day, seen from today, is one of which this is said."""
        return (
            self.ahead in (None, (day - today).days)
            and self.weekday in (None, day.weekday())
            and self.number in (None, day.day)
            and self.month in (None, day.month)
            and self.numbers in (None, tuple(sorted((day.day, day.month))))
        )


UNSURE = Day(ahead=-1)
"""A day that is named, and can't be known: next Friday, every Monday."""


def only_day(days: Iterable[Day], today: date) -> date | None:
    """The one day of the coming ones of which all of that is said; None where there is none, or several."""
    coming = [today + timedelta(days=ahead) for ahead in range(MOST_DAYS_AHEAD + 1)]
    meant = [day for day in coming if all(each.is_meant(day, today) for each in days)]
    return meant[0] if len(meant) == 1 else None


_WEEKDAYS = (
    ("monday", "lunes", "lundi", "montag", "segunda feira"),
    ("tuesday", "martes", "mardi", "dienstag", "terca feira"),
    ("wednesday", "miercoles", "mercredi", "mittwoch", "quarta feira"),
    ("thursday", "jueves", "jeudi", "donnerstag", "quinta feira"),
    ("friday", "viernes", "vendredi", "freitag", "sexta feira"),
    ("saturday", "sabado", "samedi", "samstag", "sonnabend"),
    ("sunday", "domingo", "dimanche", "sonntag"),
)
_SHORT_WEEKDAYS = (
    *("mon lun seg segunda", "tue tues terca", "wed mie mier quarta", "thu thur thurs jue jeu quinta"),
    *("fri vie sexta", "sat sab sam", "sun dom"),
)
_DOUBTFUL = "mar mer ter ven qua qui sex mo di mi do fr sa so"
"""Short names of weekdays that are words of another language."""
_MONTHS = (
    ("january", "enero", "janvier", "januar", "janeiro", "jan", "ene", "janv"),
    ("february", "febrero", "fevrier", "februar", "fevereiro", "feb", "fev", "fevr"),
    ("march", "marzo", "mars", "marz", "marco", "mar"),
    ("april", "abril", "avril", "apr", "abr", "avr"),
    ("may", "mayo", "mai", "maio"),
    ("june", "junio", "juin", "juni", "junho", "jun"),
    ("july", "julio", "juillet", "juli", "julho", "jul"),
    ("august", "agosto", "aout", "aug", "ago"),
    ("september", "septiembre", "setiembre", "septembre", "setembro", "sep", "sept", "set"),
    ("october", "octubre", "octobre", "oktober", "outubro", "oct", "okt", "out"),
    ("november", "noviembre", "novembre", "novembro", "nov"),
    ("december", "diciembre", "decembre", "dezember", "dezembro", "dec", "dic", "dez"),
)
_NEXT = (
    *("next", "last", "every", "each", "proximo", "proxima", "el proximo", "ultimo", "cada", "chaque", "nachsten"),
    *("nachster", "nachste", "letzten", "jeden", "toda", "todos los", "tous les", "todas as"),
)
_NEXT_AFTER = (
    *("que viene", "que vem", "prochain", "proximo", "proxima", "pasado", "passado", "passada", "dernier", "suivant"),
    *("que entra", "in a week", "en huit"),
)
_THE = (
    *("de la", "por la", "en la", "a la", "da", "de", "na", "pela", "a", "du", "le", "au", "am", "in the", "in der"),
    *("al", "del", "ao"),
)
_PARTS = {
    Half.MORNING: "manha matin morning vormittag madrugada fruh",
    Half.MIDDAY: "mittag mediodia midi noon midday",
    Half.AFTERNOON: "tarde afternoon nachmittag aprem",
    Half.NIGHT: "noche noite soir evening abend atardecer anochecer anoitecer",
}
_PARTS_ALONE = {
    Half.MORNING: ("morgens", "vormittags", "am morgen", *(f"{the} manana" for the in _THE[:4])),
    Half.MIDDAY: ("mittags", "meio dia", "do meio dia", "at noon"),
    Half.AFTERNOON: ("nachmittags", "de l apres midi", "en l apres midi", "l apres midi"),
    Half.NIGHT: ("abends", "nachts", "at night", "medianoche", "media noche", "meia noite", "minuit", "midnight"),
}
_JOINED = {
    Half.MORNING: "morgen vormittag fruh",
    Half.MIDDAY: "mittag",
    Half.AFTERNOON: "nachmittag",
    Half.NIGHT: "abend nacht",
}
"""Parts of the day that German writes in one word with a weekday."""
_OF_TODAY = {
    Half.MORNING: "esta manana|esta manha|ce matin|this morning|heute morgen|heute fruh|diesen morgen|hoje cedo",
    Half.AFTERNOON: "esta tarde|cet apres midi|this afternoon|heute nachmittag|hoje a tarde|hoje de tarde",
    Half.NIGHT: "esta noche|esta noite|ce soir|cette nuit|tonight|this evening|heute abend|heute nacht|hoje a noite",
}
_AHEAD = (
    ("today", "hoy", "aujourd hui", "aujourdhui", "heute", "hoje"),
    ("tomorrow", "manana", "demain", "morgen", "amanha"),
    ("after tomorrow", "day after tomorrow", "pasado manana", "apres demain", "ubermorgen", "depois de amanha"),
)
_SOON = (
    *("fin de semana", "finde", "fim de semana", "week end", "weekend", "wochenende", "next week", "semana que viene"),
    *("semana que vem", "proxima semana", "semaine prochaine", "nachste woche", "nachsten woche"),
)
"""Several days."""
_NOTHING = (
    *("a media manana", "media manana", "buenas tardes", "buenas noches", "buena tarde", "buena noche", "boa tarde"),
    *("boa noite", "good morning", "good evening", "good afternoon", "good night", "guten morgen", "guten abend"),
    *("bon apres midi", "buen fin de semana", "buen finde", "bom fim de semana", "bon week end", "bon weekend"),
    *("schones wochenende", "nice weekend", "good weekend"),
)
"""Greetings, and what names no hour."""

SHORT_OF = {name: Day(weekday=day) for day, names in enumerate(_SHORT_WEEKDAYS) for name in names.split()}
SHORT_OF |= dict.fromkeys(_DOUBTFUL.split(), UNSURE)
"""Short names of weekdays, which are days right beside an hour alone."""
MONTH_OF = {name: month for month, names in enumerate(_MONTHS, 1) for name in names}
PART_OF = {name: half for half, names in _PARTS.items() for name in names.split()}
PART_OF |= {"apres midi": Half.AFTERNOON} | dict.fromkeys(("cedo", "temprano", "early"), Half.MORNING)
"""Parts of a day without an article, which count right beside an hour or day alone: `tarde` means late, too."""

Meaning = tuple[Day | Half, ...]


def _meanings() -> dict[tuple[str, ...], Meaning]:
    weekday_of = {name: Day(weekday=day) for day, names in enumerate(_WEEKDAYS) for name in names}
    said: dict[str, Meaning] = {name: (day,) for name, day in weekday_of.items()}
    for name, day in weekday_of.items():
        said[f"{name} morgen"] = (day, Half.MORNING)
        if name.endswith(("tag", "woch", "abend")):
            said |= {f"{name}{part}": (day, half) for half, parts in _JOINED.items() for part in parts.split()}
    for name in (*weekday_of, *SHORT_OF):
        unsure = (*(f"{each} {name}" for each in _NEXT), *(f"{name} {each}" for each in _NEXT_AFTER))
        said |= dict.fromkeys(unsure, (UNSURE,))
    said |= {f"{the} {part}": (half,) for the in _THE for part, half in PART_OF.items() if " " not in part}
    said |= {name: (half,) for half, names in _PARTS_ALONE.items() for name in names}
    said |= {name: (Day(ahead=ahead),) for ahead, names in enumerate(_AHEAD) for name in names}
    said |= {name: (Day(ahead=0), half) for half, names in _OF_TODAY.items() for name in names.split("|")}
    said |= dict.fromkeys(_SOON, (UNSURE,)) | dict.fromkeys(_NOTHING, ())
    return {tuple(phrase.split()): meaning for phrase, meaning in said.items()}


MEANINGS = _meanings()
"""What each phrase says, by its words; nothing for those that only look as if they named a day."""
LONGEST = max(map(len, MEANINGS))
DAYS = frozenset(phrase[0] for phrase, meaning in MEANINGS.items() if len(phrase) == 1 and isinstance(meaning[0], Day))
"""Days of one word."""
