"""What re-resolving would change: an incident's present plans against the trees in force and all consent (A8)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from alertnet.core.codec import replace, to_plain, value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.core.incident import Affected, Facts, Proposed, Scope, Wider, consent_of, gravest, narrowest
from alertnet.core.replan.describe_tree_diff import differences, end_of
from alertnet.core.replan.tree_migration import as_edited
from alertnet.core.resolution.resolve import Plan, PlannedLevel, deputies_of

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@value
class Change:
    """A level, contact or method that was added, removed or changed.

    `address` is the end of a method's address; empty fields don't apply.
    """

    change: str
    tree: str
    level: str = ""
    contact: str = ""
    method: str = ""
    address: str = ""


@value
class Reached:
    """A contact that the plan would tell, and the first level that names it; None if only last resort does."""

    tree: str
    contact: str
    level: str | None


@value
class Difference:
    """The difference, in parts and in words; all empty where nothing would change."""

    hash: str
    consent_before: Scope
    consent_after: Scope
    joining: tuple[str, ...]
    """Trees that would serve the incident from now on."""
    leaving: tuple[str, ...]
    levels: tuple[Change, ...]
    contacts: tuple[Change, ...]
    methods: tuple[Change, ...]
    newly_told: tuple[Reached, ...]
    no_longer_told: tuple[Reached, ...]
    words: tuple[Phrase, ...]


def with_consent(facts: Facts, wider: Iterable[Wider]) -> Facts:
    """The facts with the recorded wider consent applied."""
    for each in wider:
        if each.person is None:
            facts = replace(facts, consent=each.scope)
        else:
            people = (
                replace(person, consent=each.scope) if person.code == each.person else person for person in facts.people
            )
            facts = replace(facts, people=tuple(people))
    return facts


def proposed_by(known: Facts, news: Facts, before: Proposed | None) -> Proposed:
    """What news would change, together with earlier changes that nobody has decided on."""
    earlier = before or Proposed()
    named = {person.code: person for person in (*earlier.people, *(set_apart(known.people, news.people)))}
    return Proposed(
        type=news.type if news.type != known.type else earlier.type,
        severity=news.severity if news.severity is not known.severity else earlier.severity,
        people=tuple(named.values()),
        perpetrator=news.perpetrator if news.perpetrator is not known.perpetrator else earlier.perpetrator,
    )


def set_apart(known: Iterable[Affected], named: Iterable[Affected]) -> tuple[Affected, ...]:
    """The named people who are not known, or known differently."""
    as_known = set(known)
    return tuple(person for person in named if person not in as_known)


def as_proposed(known: Facts, news: Proposed) -> Facts:
    """The facts with everything proposed applied."""
    people = {person.code: person for person in (*known.people, *news.people)}
    return replace(
        known,
        type=news.type or known.type,
        severity=news.severity or known.severity,
        people=tuple(people.values()),
        perpetrator=news.perpetrator or known.perpetrator,
    )


def at_once(known: Facts, news: Proposed) -> Facts:
    """The facts with the part of the proposal that needs no decision: higher severity, and people to be spared."""
    consents = [person.consent for person in news.people if person.consent]
    spared = (name for person in news.people for name in person.exclude)
    involved = Proposed(people=tuple(person for person in news.people if person.contact))
    return replace(
        as_proposed(known, involved),
        severity=gravest(known.severity, news.severity or known.severity),
        consent=narrowest([known.consent, *consents]),
        exclude=tuple(dict.fromkeys((*known.exclude, *spared))),
        also_accused=tuple(dict.fromkeys((*known.also_accused, *((news.perpetrator,) if news.perpetrator else ())))),
    )


NEWS_WOULD_CHANGE = "news would change who is told"
_FACTS = ("type", "severity", "perpetrator", "consent")


def told_apart(before: Facts, after: Facts) -> dict[str, list[str]]:
    """What has changed, for the record: facts before and after, people by code, and who is newly spared."""
    named = [(name, str(getattr(before, name)), str(getattr(after, name))) for name in _FACTS]
    people = [str(person.code or person.kind) for person in set_apart(before.people, after.people)]
    spared = {*after.exclude, *after.also_accused} - {*before.exclude, *before.also_accused, after.perpetrator}
    facts = {name: [was, now] for name, was, now in named if was != now}
    return facts | {name: sorted(who) for name, who in (("people", people), ("spared", spared)) if who}


def in_words(known: Facts, becomes: Facts, change: "Retold") -> str:
    """What a coordinator must decide: which facts would change, and how that changes who is told."""
    names = {person.code for person in set_apart(known.people, becomes.people)}
    facts = [("type", known.type, becomes.type), ("severity", known.severity, becomes.severity)]
    facts.append(("perpetrator", known.perpetrator, becomes.perpetrator))
    said = [f"{name}: {before} → {after}" for name, before, after in facts if before != after]
    people = [f"people: {', '.join(sorted(names))}"] if names else []
    return f"{NEWS_WOULD_CHANGE} ({'; '.join((*said, *people))}): {'; '.join(map(str, change.words))}"


@value
class Retold:
    """Who would newly be told, and who no longer: (tree, contact).

    `otherwise`: levels whose contacts are told either way, but differently.
    """

    newly: tuple[Reached, ...]
    no_longer: tuple[Reached, ...]
    words: tuple[Phrase, ...]
    otherwise: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Whom it concerns, in short: `+embassy-es`, `-ombuds`, `Embassies`."""
        return self._in_short(lambda each: each.contact)

    def called(self, plans: Mapping[str, Plan]) -> tuple[str, ...]:
        """Whom it concerns, by the names that those plans have for the contacts."""
        known = {(tree, id): each.called for tree, plan in plans.items() for id, each in plan.tree.contacts.items()}
        return self._in_short(lambda each: known.get((each.tree, each.contact), each.contact))

    def _in_short(self, name: Callable[[Reached], str]) -> tuple[str, ...]:
        added, gone = (dict.fromkeys(map(name, reached)) for reached in (self.newly, self.no_longer))
        return (*(f"+{id}" for id in added), *(f"-{id}" for id in gone), *self.otherwise)


def retold(
    before: Mapping[str, Plan], after: Mapping[str, Plan], *, beside: Mapping[str, Plan] | None = None
) -> Retold:
    """How other plans would change who is told. `beside`: plans of another incident that they replace too."""
    was, becomes = _reached(beside or {}) | _reached(before), _reached(after)
    newly = tuple(each for key, each in becomes.items() if key not in was)
    no_longer = tuple(each for key, each in was.items() if key not in becomes)
    words = (
        *(_newly(_who(after, each), each.level) for each in newly),
        *(phrase("{who} is told nothing more", who=_who({**(beside or {}), **before}, each)) for each in no_longer),
    )
    return Retold(newly, no_longer, words)


def changed(known: Facts, becomes: Facts, before: Mapping[str, Plan], after: Mapping[str, Plan]) -> Retold:
    """How other facts would change who is told on the same trees, by which level, and whether it waits for a go.

    A wait that ends because the perpetrator or people are now named is not listed: it was for just that.
    """
    told = retold(before, after)
    is_other = (known.type, known.severity) != (becomes.type, becomes.severity)
    others = {(each.tree, each.contact) for each in (*told.newly, *told.no_longer)}
    levels = [
        (id, level)
        for id, plan in after.items()
        for was, level in zip(before[id].levels, plan.levels, strict=True)
        if (is_other and was.contacts and level.contacts and was.approval != level.approval)
        or {(id, each) for each in {*was.contacts} ^ {*level.contacts}} - others
    ]
    words = (phrase("{of}: {line}", of=id, line=_goes(level)) for id, level in levels)
    names = dict.fromkeys(level.level.name for _, level in levels)
    return replace(told, words=(*told.words, *words), otherwise=tuple(names))


def compare(
    before: Mapping[str, Plan], after: Mapping[str, Plan], known: Facts, wider: tuple[Wider, ...], versions: object
) -> Difference:
    """The difference between the present plans of an incident with those facts and those that would replace them.

    The trees of both are as written, without the duty of the moment; `versions` stands for their contents.
    """
    old = {id: as_edited(plan.tree) for id, plan in before.items() if any(not each.former for each in plan.tree.levels)}
    new = {id: plan.tree for id, plan in after.items()}
    told = retold(before, after)
    consents = consent_of(known), consent_of(with_consent(known, wider))
    both = [(old[id], new[id]) for id in sorted(old.keys() & new.keys())]
    found = Difference(
        hash="",
        consent_before=consents[0],
        consent_after=consents[1],
        joining=tuple(sorted(new.keys() - old.keys())),
        leaving=tuple(sorted(old.keys() - new.keys())),
        levels=tuple(change for trees in both for change in _levels(*trees)),
        contacts=tuple(change for trees in both for change in _contacts(*trees)),
        methods=tuple(change for trees in both for change in _methods(*trees)),
        newly_told=told.newly,
        no_longer_told=told.no_longer,
        words=(
            *_of_consent(*consents, wider),
            *told.words,
            *differences(Network(old, {}, {}), Network(new, {}, {})),
        ),
    )
    # The hash covers all that is shown and all that would be applied, so that nothing is applied unseen.
    seen = json.dumps([to_plain(found), to_plain(wider), versions], sort_keys=True)
    return replace(found, hash=hashlib.sha256(seen.encode()).hexdigest())


def _reached(plans: Mapping[str, Plan]) -> dict[tuple[str, str], Reached]:
    """The contacts that the plans may tell: in a level, as a deputy, or as last resort."""
    found: dict[tuple[str, str], Reached] = {}
    for id, plan in plans.items():
        named = [(level.level.name, contact) for level in plan.levels for contact in level.contacts]
        named += [(level.level.name, contact) for level in plan.levels for contact in sorted(level.deputies)]
        for level, contact in named:
            found.setdefault((id, contact), Reached(id, contact, level))
        stand_ins = [deputy for each in plan.last_resort for deputy in deputies_of(plan.tree, each)]
        for contact in [*plan.last_resort, *(deputy for deputy in stand_ins if deputy in plan.allowed)]:
            found.setdefault((id, contact), Reached(id, contact, None))
    return found


def _levels(before: ContactTree, after: ContactTree) -> Iterator[Change]:
    old, new = ({level.name: level for level in tree.levels} for tree in (before, after))
    for name, change in _changes(old, new):
        yield Change(change, after.id, level=name)


def _contacts(before: ContactTree, after: ContactTree) -> Iterator[Change]:
    for id, change in _changes(before.contacts, after.contacts):
        yield Change(change, after.id, contact=id)


def _methods(before: ContactTree, after: ContactTree) -> Iterator[Change]:
    for id in sorted(before.contacts.keys() & after.contacts.keys()):
        for (kind, address), change in _changes(
            _methods_by_address(before.contacts[id]), _methods_by_address(after.contacts[id])
        ):
            yield Change(change, after.id, contact=id, method=kind, address=end_of(address))


def _methods_by_address(contact: Contact) -> dict[tuple[str, str], object]:
    methods: dict[tuple[str, str], object] = {}
    for method in contact.all_methods:
        methods[method.kind.value, method.address] = (methods.get((method.kind.value, method.address)), method)
    return methods


def _changes(before: Mapping[Any, object], after: Mapping[Any, object]) -> Iterator[tuple[Any, str]]:
    for key in sorted({*before, *after}):
        if key not in before:
            yield key, ADDED
        elif key not in after:
            yield key, REMOVED
        elif before[key] != after[key]:
            yield key, CHANGED


def _of_consent(before: Scope, after: Scope, wider: tuple[Wider, ...]) -> Iterator[Phrase]:
    if before is not after:
        named = phrase("consent")
        yield phrase("{field}: {before} → {after}", field=named, before=before.value, after=after.value)
    elif wider:
        yield phrase(
            "consent stays {scope}: it is the narrowest of the incident's and its people's", scope=before.value
        )


def _who(plans: Mapping[str, Plan], reached: Reached) -> str:
    contact = plans[reached.tree].tree.contacts[reached.contact]
    return f"{reached.tree}: {contact.organisation} ({contact.id})"


def _goes(level: PlannedLevel) -> Phrase:
    if not level.contacts:
        return phrase("level {level} tells nobody", level=level.level.name)
    return phrase(
        "level {level} tells {who} after a go" if level.approval else "level {level} tells {who} without a go",
        level=level.level.name,
        who=level.contacts,
    )


def _newly(who: str, level: str | None) -> Phrase:
    if level is None:
        return phrase("{who} may be told, as last resort", who=who)
    return phrase("{who} may be told, in level {level}", who=who, level=level)
