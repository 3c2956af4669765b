"""A rehearsal as text: each level with whom it tells and what follows, or each message."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from itertools import groupby

from alertnet.cli.trees.scenes import Scene, happening, is_prompt, scenes_of
from alertnet.core.codec import value
from alertnet.core.forecast.script import Calls, Does, Script
from alertnet.core.forecast.simulation import Told
from alertnet.core.notification import Kind
from alertnet.flows.forecast.played import Cost, Played, words_of
from alertnet.trees.forms.country_rules import NO_RULES, CountryForm, Rules

MOST_LINES = 120
"""The most lines, unless all are asked for."""

CALLS = {
    Calls.RING_OUT: "calls ring out",
    Calls.ANSWERED: "calls are heard, and nobody takes charge in them",
    Calls.VOICEMAIL: "calls reach a voicemail",
}
DOES = {Does.ANSWERS: "answer", Does.DECLINES: "decline", Does.REPORTS: "report", Does.GO: "go", Does.HOLD: "hold"}
LIMITS = (
    "not played: how fast the provider sends, engaged lines, that a coordinator's phone rings once in ten minutes and "
    "gets twelve SMS an hour at most, confirmations and notices, and what a coordinator does without being asked"
)
ASKED = {Kind.DECISION: "asked", Kind.ALARM: "alarmed", Kind.TASK: "asked to call"}
TELLING = ("acknowledged", "escalation_acknowledged", "contact_opened")
"""Kinds of event that a later round still lists; of the rest it only gives numbers."""
SMALL = 18
"""How many contacts of a scene are listed one by one."""


def as_text(played: Played, rules: Rules = NO_RULES, *, full: bool = False, with_words: bool = False) -> str:
    """The whole rehearsal as text. `rules`: known prices by country."""
    scenes = scenes_of(played)
    head, tail = list(head_of(played)), list(tail_of(played, rules))
    if full or with_words:
        return "\n".join([*head, "", *_each_message(played, scenes, full, with_words), *tail])
    room = MOST_LINES - len(head) - len(tail) - 1
    body: list[str] = []
    for most in (SMALL, 3, 0):
        steps = steps_of(played, scenes, most)
        body = [line for each in steps for line in (f"{moment(played, each.at)}  {each.title}", *_indented(each.lines))]
        if len(body) <= room:
            break
    return "\n".join([*head, "", *_cut(body, room), *tail])


def head_of(played: Played) -> Iterator[str]:
    """The case, when it opens there, and what people do in it."""
    facts, script, at = played.facts, played.script, played.opened_at.astimezone(played.zone)
    nations = ", ".join(person.nationality or "unknown" for person in facts.people) or "unknown"
    where = f"{facts.country} at {facts.place}" if facts.place else facts.country
    yield f"{facts.type}, {facts.severity}, in {where}, consent {facts.consent}, nationality {nations}"
    offset = f"{at:%z}"
    yield (
        f"perpetrator {facts.perpetrator}; opens {at:%a %Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}, "
        f"the time in {facts.country} ({played.zone.key})"
    )
    deeds = [f"{DOES[each.does]} {each.tree}/{each.about} +{_short(each.after)}" for each in script.deeds]
    fails = [f"{tree}/{contact}/{kind} fails" for tree, contact, kind in sorted(script.fails)]
    go = "GO comes at once" if script.gives_go else "no GO comes"
    yield "; ".join([", ".join(deeds) or "nobody answers", *fails, CALLS[script.calls], go, _alarms(script)])
    yield from played.rehearsal.warnings


@value
class Step:
    """A level in its first round, or a whole later round of a tree."""

    at: datetime
    title: str
    lines: tuple[str, ...]


def steps_of(played: Played, scenes: Sequence[Scene], most: int) -> Iterator[Step]:
    """The steps of the night by their beginning; `most`: how many contacts of a level are listed one by one."""
    rounds = groupby(_in_rounds(scenes), key=lambda each: (each.tree, each.round) if each.round > 1 else each.at)
    heard: set[tuple[str, str]] = set()
    for _, grouped in rounds:
        of_round = list(grouped)
        if of_round[0].round > 1:
            yield _round(played, of_round, heard)
        else:
            yield from (
                Step(each.at, f"{each.tree}: {each.level}", tuple(_scene(played, each, most))) for each in of_round
            )
        heard |= {(each.tree, contact) for each in of_round for contact in each.contacts}


def _in_rounds(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes by time, with each later round as a whole at its beginning."""
    begins = {(each.tree, each.round): each.at for each in reversed(scenes)}
    return sorted(scenes, key=lambda each: (begins[each.tree, each.round] if each.round > 1 else each.at, each.tree))


def _round(played: Played, scenes: Sequence[Scene], heard: Set[tuple[str, str]]) -> Step:
    """A later round, in numbers; whom quiet hours or opening hours kept from hearing before is named."""
    first, levels = scenes[0], ", ".join(each.level for each in scenes)
    told = [each for scene in scenes for each in (*scene.told, *scene.asked)]
    answers = tuple(
        f"{_after(played, at)} {scene.level}: {words}"
        for scene in scenes
        for at, words in happening(scene)
        if any(each.kind in TELLING and each.at == at for each in scene.happens)
    )
    hear = dict(pair for scene in scenes for pair in scene.contacts.items() if (scene.tree, pair[0]) not in heard)
    firsts = tuple(_contact(played, told) for told in hear.values())
    return Step(first.at, f"{first.tree}, round {first.round}: {levels}: {_counted(told)}", (*firsts, *answers))


def _scene(played: Played, scene: Scene, most: int) -> Iterator[str]:
    contacts = scene.contacts
    if len(contacts) <= most:
        yield from (_contact(played, told) for told in contacts.values())
    elif contacts:
        yield f"{len(contacts)} contacts, {', '.join(contacts)[:60]}…: {_counted(scene.told)}"
    for contact, shared in groupby(scene.shared, key=lambda each: each.contact):
        counted = [each.told for each in shared]
        methods = ", ".join(dict.fromkeys(str(each.method.kind) for each in counted))
        yield f"{contact}: {methods} of {counted[0].tree} at {_after(played, counted[0].at)} counts here too"
    for kind, what in ASKED.items():
        if asked := [each for each in scene.asked if each.kind is kind]:
            yield _asked(played, what, asked)
    yield from (f"{_after(played, at)} {words}" for at, words in happening(scene))


def _contact(played: Played, told: Sequence[Told]) -> str:
    first, parts = told[0], []
    for each in told:
        if each.kind is not Kind.REMINDER:
            parts.append(
                f"{each.method.kind} {_after(played, each.at)}{_lacks(each)}{'' if each.arrives else ' fails'}"
            )
    again = list(dict.fromkeys(_after(played, each.at) for each in told if each.kind is Kind.REMINDER))
    if again:
        parts.append(f"again {' '.join(again)}")
    also = sorted({tree for each in told for tree in each.trees} - {first.tree})
    counts = f"; counts for {', '.join(also)} too" if also else ""
    who = f"{first.contact.id} ({first.contact.organisation}), {played.spoken(first)}{_told_only(first)}"
    return f"{who}{_there(played, first)}: {', '.join(parts)}{counts}"


def _asked(played: Played, what: str, asked: Sequence[Told]) -> str:
    who = ", ".join(dict.fromkeys(each.contact.id for each in asked))
    moments = list(dict.fromkeys(each.at for each in asked))
    times = "once, at" if len(moments) == 2 else f"{len(moments) - 1} times until"
    again = f", again {times} {_after(played, moments[-1])}" if len(moments) > 1 else ""
    return f"{_after(played, moments[0])} {what}: {who}{again}"


def _each_message(played: Played, scenes: Sequence[Scene], full: bool, with_words: bool) -> Iterator[str]:
    """Scene by scene, a line per message; repeated questions to coordinators only with `full`."""
    for scene in scenes:
        yield f"{moment(played, scene.at)}  {scene.tree}: {scene.level} (round {scene.round})"
        asked = [each for each in scene.asked if full or each.at == scene.asked[0].at]
        lines = [(each.at, _message(played, each, with_words)) for each in (*scene.told, *asked)]
        lines += [(each.at, [f"{each.contact}: told by {each.told.tree}, counts here too"]) for each in scene.shared]
        lines += [(at, [words]) for at, words in happening(scene)]
        for at, (first, *more) in sorted(lines, key=lambda each: each[0]):
            yield from _indented([f"{_after(played, at)} {first}", *more])


def _message(played: Played, told: Told, with_words: bool) -> list[str]:
    kind = "" if told.kind is Kind.ALERT or (told.kind is Kind.TASK and not is_prompt(told)) else f" {told.kind}"
    who = f"{told.contact.id} ({told.contact.organisation}), {played.spoken(told)}"
    fails = "" if told.arrives else ", fails"
    line = f"{told.method.kind:<5} {who}{_told_only(told)}{_there(played, told)}{_lacks(told)}{kind}{fails}"
    message = played.message(told) if with_words else None
    return [line, *(f"      | {each}" for each in (words_of(message) if message else ()))]


def tail_of(played: Played, rules: Rules) -> Iterator[str]:
    """Who is not told and why, the cost, when it ends, and what was not played."""
    rehearsal, cost = played.rehearsal, played.cost
    for deed in rehearsal.ignored:
        does = f"{DOES[deed.deed.does]} {deed.deed.tree}/{deed.deed.about} +{_short(deed.deed.after)}"
        yield f"no effect: {does}: {deed.why}"
    pruned: dict[str, dict[str, None]] = {}
    for each in rehearsal.pruned:
        pruned.setdefault(each.reason.value, {})[f"{each.tree}/{each.contact}"] = None
    yield from (f"not told ({reason}): {', '.join(contacts)}" for reason, contacts in pruned.items())
    shut = dict.fromkeys(f"{each.tree}/{each.contact} ({each.by})" for each in rehearsal.closed)
    if shut:
        yield f"closed when their level opens: {', '.join(shut)}"
    yield f"cost: {_cost(cost)}"
    if played.otherwise:
        yield f"cost if {_alarms(played.otherwise.script)}: {_cost(played.otherwise.cost)}"
    places = (
        f"{name}{_price(rules.by_country.get(name))}: {each['segments']} and {each['calls']}"
        for name, each in cost["by_country"].items()
    )
    yield f"segments and calls by country: {', '.join(places) or 'none'}"
    if rehearsal.ends_at is None:
        yield f"not over after {_short(rehearsal.until - played.opened_at)}: it goes round until somebody answers"
    else:
        yield f"over after {_after(played, rehearsal.ends_at)}"
    yield LIMITS


def _alarms(script: Script) -> str:
    if script.alarms is None:
        return "nobody answers the alarms"
    return f"alarms are answered after {_short(script.alarms)}"


def _cost(cost: Cost) -> str:
    return f"{cost['sms']} SMS in {cost['segments']} segments, {cost['calls']} calls, {cost['emails']} mails"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{'':18}{line}" for line in lines)


def _cut(lines: Sequence[str], room: int) -> list[str]:
    if len(lines) <= room:
        return list(lines)
    return [*lines[: room - 1], f"… and {len(lines) - room + 1} lines more: --full shows all of it"]


def _counted(told: Sequence[Told]) -> str:
    by = Counter(each.method.kind.value for each in told)
    return ", ".join(f"{by[kind]} {kind}" for kind in ("sms", "call", "email", "task") if by[kind]) or "nobody"


def _price(rule: CountryForm | None) -> str:
    """The price class of a country, as in ` (price high, dearest by sms)`, or that it is not known."""
    known = [f"price {rule.price}" if rule and rule.price else "price not known"]
    known += [f"dearest by {rule.dearest}"] if rule and rule.dearest else []
    return f" ({', '.join(known)})"


def _there(played: Played, told: Told) -> str:
    """The recipient's local time, if it differs."""
    local, here = played.local(told), told.at.astimezone(played.zone)
    return "" if local.utcoffset() == here.utcoffset() else f", {local:%a %H:%M} there"


def _told_only(told: Told) -> str:
    """A note for contacts of whom no answer is expected."""
    return "" if told.contact.answers else ", told, no answer expected"


def _lacks(told: Told) -> str:
    """What the phone can't do, as in ` (can't reply)`."""
    lacks = [*([] if told.method.replies else ["can't reply"]), *([] if told.method.links else ["no link"])]
    return f" ({', '.join(lacks)})" if lacks else ""


def moment(played: Played, at: datetime) -> str:
    """The time since the opening, and the local time."""
    return f"{_after(played, at):>8} {at.astimezone(played.zone):%a %H:%M}"


def _after(played: Played, at: datetime) -> str:
    return f"+{_short(played.after(at))}"


def _short(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
