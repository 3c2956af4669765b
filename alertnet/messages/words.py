"""The words of one language (types, severities, statements, dates), and the values of `Said` put into them."""

import re
from collections.abc import Mapping
from dataclasses import field, fields
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import yaml

from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.languages import title_in
from alertnet.core.disclosure import Further, Said, Subject
from alertnet.core.incident import TYPES, CloseReason, Severity
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Waiting
from alertnet.messages.message import METHODS, PAUSE

LONGEST_GROUP = 4
"""Digits of a number that are spoken without a pause."""

SHORT_ABOUT = 20
SHORT_LIST = 40
SHORT_NAMES = 28
SHORT_NEWS = 60
SHORT_MATTER = 52
"""The most characters that a name, a list of codes or contacts, further notices, and an open matter take in an SMS."""

NEUTRAL = (
    *("unknown_caller", "put_through", "call_back"),
    *("key_code", "wrong_key", "key_proof", "key_pin", "key_type"),
    *("raised", "tell"),
)
"""What callers to our number may hear."""

RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
"""Languages written from right to left, by primary tag."""

ACCOUNT_SUBJECTS = (Subject.SMS_FAILS, Subject.CALLS_FAIL, Subject.MAIL_FAILS, Subject.PROVIDER_AWAY)
"""Subjects whose cause may be our account at the provider; `about` is then an `AccountFault`."""

MATTERS = ("alert", "alarm", "task", "verify", "level", "confirm", "change")
"""What can be open for a coordinator: kinds of message, and the subjects of decisions."""

_PLAIN_KEYS = ("drill", "also", "plus", "somebody", "and_more", "date", "first", *NEUTRAL)
_TABLES = {
    "types": frozenset(TYPES),
    "severities": frozenset(Severity),
    "reasons": frozenset(CloseReason),
    "headings": frozenset(kind for kind, methods in METHODS.items() if MethodKind.EMAIL in methods),
    "subjects": frozenset(Subject),
    "faults": frozenset(AccountFault),
    "waiting": frozenset(Waiting),
    "matters": frozenset(MATTERS),
    "by_mail": frozenset(("answer", "decide", "task", "report", "unread", "sealed")),
}
_TEXTS = [each.name for each in fields(Said) if each.type in (str, str | None, int | None, Subject | None)]
_PARTIAL = {"short_types": frozenset(TYPES)}
"""Tables that only hold types with a shorter name for SMS."""
_LISTS = {"voices": 1, "months": 12}

_LONE_SIGN = re.compile(r"(?<=«) | (?=[:;?!»])")
NO_BREAK = "\u00a0"

DEEPEST = 16
"""How deep lists and mappings of a file may be nested."""

ALL = frozenset((*_PLAIN_KEYS, *_TABLES, *_PARTIAL, *_LISTS))
"""Every word, table and list of a language."""


@value
class Words:
    """The content of one `words/<language>.yaml`. `voices` are BCP 47 tags of the provider, the default first."""

    language: str
    voices: tuple[str, ...]
    drill: str
    also: str
    plus: str
    """How the + of a number is spoken."""
    somebody: str
    """What a statement says where it names nobody."""
    date: str
    """`{day} {month}` in this language's order."""
    first: str  # day of a month
    unknown_caller: str
    put_through: str
    key_code: str
    """What a calling contact is asked for before it is put through."""
    months: tuple[str, ...]
    types: dict[str, str]
    severities: dict[str, str]
    reasons: dict[str, str]
    subjects: dict[str, str]
    """What each subject states; `{about}` is whom, `{type}` what has happened."""
    headings: dict[str, str] = field(default_factory=dict)
    """The beginning of a mail's subject line, by kind."""
    short_types: dict[str, str] = field(default_factory=dict)
    """Shorter names of types for SMS."""
    waiting: dict[str, str] = field(default_factory=dict)  # why a level waits for a go
    matters: dict[str, str] = field(default_factory=dict)
    """An open matter with what to send for it, where one SMS lists several."""
    and_more: str = ""
    """How many more there are than fit: `{count}`."""
    by_mail: dict[str, str] = field(default_factory=dict)  # how to answer or decide with `{code}`; or that none is read
    faults: dict[str, str] = field(default_factory=dict)
    """What a provider has against our account, added to the statement about what can't be sent."""
    key_proof: str = ""
    """What a caller with a PIN is asked for after the code."""
    key_pin: str = ""
    key_type: str = ""
    tell: str = ""
    raised: str = ""
    """What a member of the field is asked for, and hears once the call has raised an alarm; `{ref}` is spelt out."""
    wrong_key: str = ""
    call_back: str = ""
    """What a caller hears after a wrong code, and instead of being put through; `{callback}` is spoken in groups."""

    def voice(self, language: str) -> str:
        """The voice for that language tag: its own where listed, else the default."""
        return language if language in self.voices else self.voices[0]

    def short_type(self, code: str) -> str:
        """The type's name for an SMS."""
        return self.short_types.get(code, self.types[code])

    def reasons_to_wait(self, why: tuple[str, ...]) -> str:
        """Why a level waits for a go, as in `perpetrator unknown; would be public`; unknown reasons are left out."""
        return "; ".join(self.waiting[each] for each in why if each in self.waiting)

    def clock(self, at: datetime, timezone: str) -> str:
        """The time of day, as in `02:14`."""
        return str(at.astimezone(ZoneInfo(timezone)).time())[:5]  # strftime takes several times as long

    def moment(self, at: datetime, timezone: str) -> str:
        """Day, time and offset, as in `24 November, 02:14 (UTC-5)`."""
        local = at.astimezone(ZoneInfo(timezone))
        day = self.first if local.day == 1 else str(local.day)
        date = self.date.replace("{day}", day).replace("{month}", self.months[local.month - 1])
        return f"{date}, {self.clock(at, timezone)} ({offset(local)})"

    def statement(self, subject: Subject, about: str | None, type: str = "") -> str:
        """What the subject states, as in `embassy-es can't act`; `type` is the name of what has happened."""
        # A running incident keeps its templates, which may lack words for a newer program's subjects.
        statement = self.subjects.get(subject, f"{subject.replace('_', ' ')}: {{about}}")
        if subject in ACCOUNT_SUBJECTS and about in self.faults:
            return f"{statement}: {self.faults[about]}"
        return statement.replace("{about}", about or self.somebody).replace("{type}", type or self.types["other"])

    def matter(self, kind: Kind, further: Further, *, whole: bool = False) -> str:
        """An open matter with what to send for it, as in `GO 5823 A-7K3M: tell Army`; shortened unless `whole`."""
        if further.code is None:
            return f"{self.headings[kind]} {further.ref}"
        name = further.subject if kind is Kind.DECISION else Kind.ALERT if kind.is_alert else kind
        about = further.about if whole or not further.about else _cut(further.about, SHORT_ABOUT)
        statement = self.statement(further.subject, about) if further.subject else ""
        matter = self.matters[name or Subject.LEVEL].replace("{code}", further.code).replace("{ref}", further.ref)
        matter = matter.replace("{about}", about or self.somebody).replace("{statement}", statement)
        return matter if whole else _cut(matter, SHORT_MATTER)


def direction(language: str) -> str:
    """The writing direction as in HTML: `ltr` or `rtl`."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def without_unknown(raw: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The words that this version knows, and the names of the others, as in `subjects.moon`."""
    unknown = sorted(name for name in raw if name not in ALL)
    known = {name: value for name, value in raw.items() if name in ALL}
    for name, keys in (_TABLES | _PARTIAL).items():
        if isinstance(table := known.get(name), dict):
            unknown += [f"{name}.{key}" for key in sorted(table) if key not in keys]
            known[name] = {key: word for key, word in table.items() if key in keys}
    return known, unknown


def words_of(language: str, table: Mapping[str, Any]) -> Words:
    """The words of a table without faults; it may be of another version of the program."""
    known = {field.name for field in fields(Words)}
    values: dict[str, Any] = {
        name: tuple(value) if name in _LISTS else value for name, value in table.items() if name in known
    }
    return Words(language, **values)


def read_labels(source: str) -> dict[str, str]:
    """Read the labels of a file without faults."""
    return dict(load_text(source))


def find_faults(path: str, source: str) -> list[str]:
    """What is missing, unknown or no text in one language's words; a region may leave out what its language says."""
    faults = _mapping_faults(path, source)
    if faults:
        return faults
    raw = load_text(source)
    spared = ALL if "-" in path else frozenset(_PARTIAL)
    faults = _compare(path, frozenset(raw) | spared, ALL)
    faults += [f"{path}: {name}: not a text" for name in _PLAIN_KEYS if not _is_word(raw.get(name, "-"))]
    for name, length in _LISTS.items():
        if name in raw and not _is_list(raw[name], length):
            faults.append(f"{path}: {name}: not a list of at least {length} words")
    for name, keys in (_TABLES | _PARTIAL).items():
        left_out = keys if name in spared else frozenset()
        faults += _table_faults(f"{path}: {name}", raw[name], keys, left_out) if name in raw else []
    return faults


def find_label_faults(path: str, source: str) -> list[str]:
    """Labels that are not plain text. Whether labels are missing is checked for the folder as a whole."""
    faults = _mapping_faults(path, source)
    return faults or [f"{path}: {name}: not a text" for name, text in load_text(source).items() if not _is_word(text)]


def present(said: Said, words: Words, method: MethodKind) -> dict[str, object]:
    """The values of `Said` for a template: every field as text in this language, empty where there is nothing to say.

    Only the fields for conditions (`answerable`, `expects_answer`, `silent`) stay booleans, and `subject` a code. An
    SMS gets the time without a date, and short names; a call gets references, numbers and codes spelt out.
    """
    values = _texts(said)
    is_sms = method is MethodKind.SMS
    shown = words.moment if method is MethodKind.EMAIL else words.clock
    for name in ("at", "due_at", "automatic_at"):
        values[name] = shown(at, said.timezone) if (at := getattr(said, name)) else ""
    names = [words.short_type(name) if name in TYPES else name for name in said.names]
    about = _cut(said.about, SHORT_ABOUT) if is_sms and said.about else said.about
    type = words.short_type(said.type) if is_sms else words.types[said.type]
    values |= {
        "type": type,
        "organisation": organisation_in(said, words.language),
        "severity": words.severities[said.severity],
        "reason": words.reasons[said.reason] if said.reason else "",
        "drill": words.drill if said.drill else "",
        "also": words.also if said.also else "",
        "answerable": said.answerable,
        "expects_answer": said.expects_answer,
        "silent": said.silent,
        "about": about or "",
        "next_level": _cut(said.next_level or "", SHORT_ABOUT) if is_sms else said.next_level or "",
        "statement": words.statement(said.subject, about, type) if said.subject else "",
        "names": _listed(names, None if not is_sms else SHORT_NAMES if said.contacts else SHORT_LIST),
        "why": words.reasons_to_wait(said.why),
        "more": _further(said, words, is_sms=is_sms),
        "slowly": f" {PAUSE} ".join(said.spoken_code or ""),
        "open_codes": _listed(said.open_codes, SHORT_LIST if is_sms else None),
    }
    if method is MethodKind.CALL:
        values |= {name: spelt(getattr(said, name) or "") for name in ("ref", "code", "spoken_code")}
        values["callback"] = spoken_number(said.callback, words.plus)
    return values


def _texts(said: Said) -> dict[str, object]:
    known = vars(said)
    return {name: "" if (each := known[name]) is None else str(each) for name in _TEXTS}


def organisation_in(said: Said, language: str) -> str:
    """The full name of the organisation in the recipient's language."""
    return title_in(language, said.organisation, said.titles, said.tree_language)


def _further(said: Said, words: Words, *, is_sms: bool) -> str:
    """What other notices state; an SMS has as many as fit, or beside a link only their number."""
    stated = [
        f"{each.ref} {words.statement(each.subject, _cut(each.about, SHORT_ABOUT) if each.about else None)}"
        for each in said.more
        if each.subject is not None and each.kind is None
    ]
    if not is_sms:
        return "\n".join(stated)
    if said.link and stated:
        return f"+{len(stated)}"
    return _listed(stated, SHORT_NEWS)


def _listed(items: tuple[str, ...] | list[str], limit: int | None) -> str:
    """The items joined by commas: as many as fit, then the number of the rest."""
    listed = ", ".join(items)
    if limit is None or len(listed) <= limit:
        return listed
    lengths = accumulate(len(item) + len(", ") for item in items)
    kept = len(list(takewhile(lambda length: length + len("+99") <= limit, lengths)))
    return ", ".join([*items[:kept], f"+{len(items) - kept}"])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 2] + ".."


def spelt(text: str) -> str:
    """`A-7K3M` as `A, 7, K, 3, M`; the commas make the voice pause."""
    return ", ".join(character for character in text if character.isalnum())


def spoken_number(number: str, plus: str) -> str:
    """Spell `+573005550101` as `plus 5 7, 3 0 0, 5 5 5, 0 1 0 1`: by its country's groups, at most four digits each."""
    groups = [short for group in re.findall(r"\d+", grouped(number)) for short in _short_groups(group)]
    spoken = ", ".join(" ".join(group) for group in groups)
    return f"{plus} {spoken}" if number.startswith("+") else spoken


def _short_groups(digits: str) -> list[str]:
    """Groups of three from the end, the last of four where one digit would be left; a short group stays whole."""
    groups: list[str] = []
    while len(digits) > LONGEST_GROUP:
        size = LONGEST_GROUP if not groups and len(digits) % 3 == 1 else 3
        digits, group = digits[:-size], digits[-size:]
        groups.insert(0, group)
    return [digits, *groups]


@lru_cache(maxsize=1024)
def grouped(number: str) -> str:
    """The number as its country groups it, as in `+57 300 5550101`, with no-break spaces."""
    try:
        shown = phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number
    return shown.replace(" ", NO_BREAK)


def unbroken(text: str) -> str:
    """The text with no-break spaces before `:` and `?`, as French has them, so that no line begins with one."""
    return _LONE_SIGN.sub(NO_BREAK, text)


def offset(local: datetime) -> str:
    """The offset from UTC, as in `UTC-5` or `UTC+5:45`."""
    delta = local.utcoffset()
    minutes = round(delta.total_seconds() / 60) if delta else 0
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


@lru_cache(maxsize=64)
def load_text(source: str) -> Any:
    """The content of a YAML file as texts, lists and mappings only; cached, so nobody may change it.

    Raises `yaml.YAMLError`, which names the line, or `RecursionError` beyond `DEEPEST` levels.
    """
    try:
        depth = 0
        for event in yaml.parse(source, yaml.CBaseLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:  # The C loader is ten times as fast, but recurses without a limit.
                raise RecursionError
        return yaml.load(source, yaml.CBaseLoader)  # noqa: S506 - a base loader makes no objects
    except yaml.YAMLError:
        return yaml.load(source, yaml.BaseLoader)  # noqa: S506 - it names the line of a fault better


def _mapping_faults(path: str, source: str) -> list[str]:
    try:
        raw = load_text(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return [f"{path}:{mark.line + 1 if mark else 1}: {getattr(error, 'problem', None) or 'not YAML'}"]
    except RecursionError:
        return [f"{path}:1: nested too deeply"]
    is_mapping = isinstance(raw, dict) and all(isinstance(name, str) for name in raw)
    return [] if is_mapping else [f"{path}:1: not a mapping of words"]


def _table_faults(place: str, table: Any, keys: frozenset[str], spared: frozenset[str]) -> list[str]:
    if not isinstance(table, dict):
        return [f"{place}: not a mapping of words"]
    faults = [f"{place}.{name}: not a text" for name, word in table.items() if not _is_word(word)]
    return faults + _compare(place, frozenset(table) | spared, keys)


def _is_list(value: Any, length: int) -> bool:
    return isinstance(value, list) and len(value) >= length and all(_is_word(word) for word in value)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _compare(place: str, found: frozenset[str], known: frozenset[str]) -> list[str]:
    missing = [f"{place}: missing {str(name)!r}" for name in sorted(known - found)]
    allowed = ", ".join(sorted(known))
    return missing + [f"{place}: unknown {str(name)!r} (known: {allowed})" for name in sorted(found - known)]
