"""The call sheet in words, for others to set on paper or on a screen.

It is read by whoever calls, in a language of their choice; what they read out is in that of the contact.
"""

from collections.abc import Iterator
from datetime import timedelta

from alertnet.core.directory.contact_tree import ContactTree, Level, Then, When
from alertnet.core.forecast.call_sheet import CallSheet, SheetTree, Step
from alertnet.core.incident import Facts, Severity
from alertnet.messages.call_sheet.entry import group_of
from alertnet.messages.call_sheet.layout import Group, Line, Origin, SheetWords, Style, moment
from alertnet.messages.renderer import Renderer

RULES = ("rule_order", "rule_voicemail", "rule_no_answer", "rule_write", "rule_spared")


def put_into_words(sheet: CallSheet, origin: Origin, renderer: Renderer, language: str) -> tuple[Group, ...]:
    """The sheet from its title to the last contact, in that language or the nearest there is."""
    words = SheetWords(renderer, language)
    groups: list[Group] = [tuple(_head(words, sheet, origin))]
    for part in sheet.trees:
        groups += _tree(words, part, sheet.facts, origin)
    return tuple(groups)


def footer(renderer: Renderer, language: str, page: int, pages: int) -> str:
    """What stands at the foot of each page."""
    words = SheetWords(renderer, language)
    return f"{words.say('confidential')} {words.say('page', page=str(page), pages=str(pages))}"


def _head(words: SheetWords, sheet: CallSheet, origin: Origin) -> Iterator[Line]:
    title = words.say("title_incident", ref=origin.ref) if origin.ref else words.say("title")
    yield Line(Style.TITLE, title)
    yield words.line(Style.WARNING, "confidential")
    trees = [words.say("tree_hash", tree=id, hash=hash[:12]) for id, hash in origin.trees.items()]
    source = words.say(origin.word, **origin.values)
    yield Line(Style.NOTE, f"{words.say('made', at=moment(origin.made_at))} {source} {', '.join(trees)}.")
    if origin.closed:
        yield words.line(Style.WARNING, "closed")
    if sheet.facts is None:
        yield words.line(Style.WARNING, "everybody")
    else:
        yield from _case(words, sheet.facts, origin)
    yield from (words.line(Style.NOTE, rule) for rule in RULES)


def _case(words: SheetWords, facts: Facts, origin: Origin) -> Iterator[Line]:
    if facts.drill:
        yield words.line(Style.WARNING, "drill")
    nationalities = sorted({person.nationality for person in facts.people if person.nationality})
    parts = [
        words.words.types[facts.type],
        words.words.severities[facts.severity],
        facts.country,
        words.say("consent", scope=words.say(f"scope_{facts.consent}")),
        *(words.say("nationality", nationality=each) for each in nationalities),
        words.say("perpetrator", perpetrator=words.say(f"perpetrator_{facts.perpetrator}")),
    ]
    if not facts.verified:
        parts.append(words.say("unverified"))
    yield Line(Style.NOTE, " · ".join(parts))
    if origin.opened_at:
        yield words.line(Style.NOTE, "opened", at=moment(origin.opened_at))


def _tree(words: SheetWords, part: SheetTree, facts: Facts | None, origin: Origin) -> Iterator[Group]:
    tree = part.tree
    heading = [Line(Style.TREE, f"{tree.title} ({tree.id})")]
    if tree.start.unless_acknowledged:
        heading.append(words.line(Style.NOTE, "unless_acknowledged"))
    yield tuple(heading)
    for step in part.steps:
        first, *others = (group_of(words, tree, entry, facts, origin.ref) for entry in step.entries)
        # A level's heading never ends a page.
        yield (*_level(words, tree, step, facts, origin), *first)
        yield from others
    if not (part.steps or part.last_resort):
        yield (words.line(Style.WARNING, "nobody"),)
    if part.last_resort:
        first, *others = (group_of(words, tree, entry, facts, origin.ref) for entry in part.last_resort)
        yield (words.line(Style.LEVEL, "last_resort"), *first)
        yield from others
    if part.spared:
        yield tuple(_spared(words, part))


def _level(words: SheetWords, tree: ContactTree, step: Step, facts: Facts | None, origin: Origin) -> Iterator[Line]:
    level = step.level
    heading = words.say("level", number=str(step.number), name=level.name)
    yield Line(Style.LEVEL, f"{heading} – {_beginning(words, tree, step.starts_after, origin)}")
    yield from _as_written(words, level) if facts is None else _approval(words, step)
    yield Line(Style.DETAIL, f"{_quota(words, level)} {_following(words, step)}")


def _beginning(words: SheetWords, tree: ContactTree, starts_after: timedelta | None, origin: Origin) -> str:
    if starts_after is None:
        return words.say("only_after_go")
    if origin.opened_at is None:
        return words.after(starts_after)
    return words.say("from", at=moment(origin.opened_at + starts_after, tree.timezone))


def _as_written(words: SheetWords, level: Level) -> Iterator[Line]:
    """What a level depends on, where there is no case to judge it by."""
    if level.needs_go is not None:
        excepted = _named(words, level.needs_go.unless_severity)
        unless = f" {words.say('go_unless', severities=excepted)}" if excepted else ""
        yield Line(Style.WARNING, words.say("go_needs_go") + unless)
        yield from _automatic(words, level.needs_go.proceed_after)
    if conditions := _conditions(words, level.when):
        yield words.line(Style.DETAIL, "only_for", conditions=conditions)


def _approval(words: SheetWords, step: Step) -> Iterator[Line]:
    if step.unverified:
        yield words.line(Style.WARNING, "go_unverified")
    if step.approval is not None:
        yield from (words.line(Style.WARNING, f"go_{reason}") for reason in step.approval.reasons)
        yield from _automatic(words, step.approval.proceed_after)


def _automatic(words: SheetWords, proceed_after: timedelta | None) -> Iterator[Line]:
    if proceed_after is not None:
        yield words.line(Style.DETAIL, "go_automatic", time=words.lasting(proceed_after))


def _conditions(words: SheetWords, when: When) -> str:
    types = [words.words.types[type] for type in sorted(when.type)]
    match = [words.say("only_match")] if when.nationality else []
    return " · ".join(filter(None, [_named(words, when.severity), ", ".join(types), *match]))


def _named(words: SheetWords, severities: frozenset[Severity]) -> str:
    return ", ".join(words.words.severities[each] for each in Severity if each in severities)


def _quota(words: SheetWords, level: Level) -> str:
    if isinstance(level.acknowledge, int):
        return words.say("rule_number", number=str(level.acknowledge))
    return words.say(f"rule_{level.acknowledge}")


def _following(words: SheetWords, step: Step) -> str:
    word = "then_next" if step.then is Then.NEXT else "then_stop"
    return words.say(word, time=words.lasting(step.level.wait))


def _spared(words: SheetWords, part: SheetTree) -> Iterator[Line]:
    """The contacts that are left out, each once with each reason; by no number, so that nobody dials it."""
    yield words.line(Style.LEVEL, "do_not_call")
    for id, reason in dict.fromkeys((each.contact, each.reason) for each in part.spared):
        organisation = part.tree.contacts[id].organisation
        yield Line(Style.DETAIL, f"{organisation} · {id}: {words.say(f'spared_{reason}')}")
