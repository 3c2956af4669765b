"""Turns checked forms into the core's contact trees and teams, with defaults and effective scopes applied."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from alertnet.core.directory.contact import ABROAD, Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import (
    EVERYWHERE,
    ActionDue,
    ContactTree,
    Level,
    Member,
    NeedsGo,
    Repeat,
    Start,
    Team,
)
from alertnet.core.directory.languages import title_in
from alertnet.core.directory.on_call import STAFF, Duty, Officer
from alertnet.core.directory.routine import EVERY_DAY, Routine, Terms
from alertnet.core.directory.when import When
from alertnet.core.incident import Affected, Scope
from alertnet.trees.forms.country_rules import Rules
from alertnet.trees.forms.field_form import FieldForm, JourneysForm, RoutineForm, TeamForm
from alertnet.trees.forms.tree_form import ContactForm, DefaultsForm, LevelForm, MethodForm, TreeForm, WhenForm
from alertnet.trees.reading.calendar import calendars
from alertnet.trees.reading.values import days

NO_DEFAULTS = DefaultsForm()

Officers = Mapping[str, Officer]
"""Officers by `member` and by `team/member`."""

SharedContacts = Mapping[str, tuple[str, ContactForm]]
"""The contacts that a tree includes, by id, each with the file that holds it."""


def contact_tree(
    form: TreeForm,
    shared: SharedContacts,
    meant: Mapping[str, Sequence[str]],
    officers: Officers,
    keys: Mapping[str, str],
    rules: Rules,
) -> ContactTree:
    """Build a tree from its form and the contacts that it includes.

    `meant`: the contacts behind each name in a level. `officers`: the people who may be on its rotas. `keys`: public
    keys by the path that contacts give. `rules`: what phones in each country can do.
    """
    forms = form.contacts | {name: contact for name, (_, contact) in shared.items()}
    contacts = {name: _contact(name, contact, form, officers, keys, rules) for name, contact in forms.items()}
    for name, (file, _) in shared.items():
        contacts[name] = replace(contacts[name], included_from=file)
    return ContactTree(
        id=form.tree,
        title=title_in(form.language, next(iter(form.title.values())), form.title),
        titles=form.title if len(form.title) > 1 else {},
        scope=form.scope,
        countries=frozenset(form.serves.countries),
        places=frozenset(form.serves.places or ()),
        timezone=form.timezone,
        language=form.language,
        sender=form.sender,
        callback=form.callback,
        contacts=contacts,
        calendars=calendars(country for contact in contacts.values() for country in contact.holidays),
        levels=tuple(_level(level, meant) for level in form.levels),
        last_resort=tuple(form.last_resort),
        start=Start(after=form.start.after, unless_acknowledged=form.start.unless is not None),
        rounds=form.rounds,
        ask_if_unknown_perpetrator=form.unknown_perpetrator == "ask",
    )


def teams(form: FieldForm) -> dict[str, Team]:
    return {name: _team(name, team) for name, team in form.teams.items()}


def staff(form: FieldForm) -> dict[str, Member]:
    """People who take turns of duty without being in a team, by id."""
    return {key: Member(key, one.name, one.phone, one.language) for key, one in form.staff.items()}


def officers(form: FieldForm, rules: Rules) -> Officers:
    """Everybody who may take turns of duty, by the names that a rota may use for them."""
    groups = [(team.id, team.members) for team in teams(form).values()]
    return {
        name: Officer(f"{group}/{member.id}", member.phone, member.language, *rules.for_sms(member.phone))
        for group, members in (*groups, (STAFF, staff(form)))
        for member in members.values()
        for name in (member.id, f"{group}/{member.id}")
    }


def people(form: FieldForm) -> dict[str, Affected]:
    return {
        code: Affected(
            code=code,
            kind=person.kind,
            nationality=person.nationality,
            consent=person.consent,
            exclude=tuple(person.exclude),
            organisation=person.organisation,
        )
        for code, person in form.people.items()
    }


def _contact(
    name: str, written: ContactForm, tree: TreeForm, officers: Officers, keys: Mapping[str, str], rules: Rules
) -> Contact:
    form = _with_defaults(written, tree)
    return Contact(
        id=name,
        role=form.role,
        organisation=form.organisation,
        methods=tuple(_method(method, rules) for method in form.methods),
        scope=_effective_scope(name, form, tree),
        language=form.language or tree.language,
        timezone=form.timezone or tree.timezone,
        name=form.name,
        disclosure=form.disclosure,
        represents=form.represents,
        belongs_to=form.belongs_to,
        deputy=form.deputy,
        priority=form.priority,
        pin=form.pin,
        drills=form.drills,
        hold=form.hold,
        answers=form.answers,
        verified=form.verified,
        hours=form.hours,
        holidays=tuple(dict.fromkeys(form.holidays)),
        closed=frozenset(day for each in form.closed for day in days(each)),
        when_closed=tuple(_method(method, rules) for method in form.when_closed),
        quiet=dict(form.quiet),
        duty=_duty(form, officers),
        when=When(place=frozenset(form.when.place or ()), organisation=frozenset(form.when.organisation or ())),
        pgp=keys[form.pgp] if form.pgp else None,
        ask=form.ask,
    )


def _with_defaults(form: ContactForm, tree: TreeForm) -> ContactForm:
    """The contact with its role's defaults for all keys that it leaves out."""
    defaults = tree.defaults.get(form.role, NO_DEFAULTS)
    missing = defaults.model_fields_set - form.model_fields_set
    if not missing:
        return form
    return form.model_copy(update={name: getattr(defaults, name) for name in missing})


def _effective_scope(name: str, form: ContactForm, tree: TreeForm) -> Scope:
    # They must be reachable under every consent, so a scope of their own does not apply (A3).
    if form.role is Role.COORDINATOR or name in tree.last_resort:
        return Scope.INTERNAL
    scope = form.scope or tree.scope
    # What these hear leaves the country, whatever scope the file gives.
    if form.role in ABROAD and not scope.allows(Scope.INTERNATIONAL):
        return Scope.INTERNATIONAL
    return scope


def _duty(form: ContactForm, officers: Officers) -> Duty | None:
    if form.duty is None:
        return None
    return Duty(tuple(officers[name] for name in form.duty.rota), *form.duty.change, since=form.duty.since)


def _method(form: MethodForm, rules: Rules) -> Method:
    [(kind, address)] = form.addresses
    replies, links = rules.for_sms(address) if kind is MethodKind.SMS else (True, True)
    return Method(kind, address, form.after, form.extension, form.acknowledges_as is not None, replies, links)


def _level(form: LevelForm, meant: Mapping[str, Sequence[str]]) -> Level:
    return Level(
        name=form.name,
        notify=tuple(dict.fromkeys(id for name in form.notify for id in meant[name])),
        acknowledge=form.acknowledge,
        wait=form.wait,
        when=_when(form.when),
        needs_go=NeedsGo(frozenset(go.unless_severity or ()), go.proceed_after) if (go := form.needs_go) else None,
        repeat=Repeat(form.repeat.every, form.repeat.times) if form.repeat else None,
        then=form.then,
        confirm=form.confirm is not None,
        ask=form.ask,
        action_due=ActionDue(form.action_due.after, form.action_due.otherwise) if form.action_due else None,
    )


def _when(form: WhenForm) -> When:
    types = frozenset(form.type or ())
    return When(
        severity=frozenset(form.severity or ()),
        type=frozenset() if EVERYWHERE in types else types,
        nationality=form.nationality is not None,
        place=frozenset(form.place or ()),
        organisation=frozenset(form.organisation or ()),
    )


def _team(name: str, form: TeamForm) -> Team:
    members = {
        key: Member(key, member.name, member.phone, member.language or form.language, member.silent)
        for key, member in form.members.items()
    }
    terms = _terms(form.journeys)
    routines = tuple(_routine(key, routine) for key, routine in form.routines.items())
    return Team(name, form.country, form.language, form.consent, members, form.timezone, form.callback, terms, routines)


def _terms(form: JourneysForm) -> Terms:
    return Terms(form.risk, form.incident_after or form.risk.incident_after, form.missed_call is not None)


def _routine(name: str, form: RoutineForm) -> Routine:
    days = tuple(sorted(set(form.days))) or EVERY_DAY
    return Routine(name, tuple(sorted(set(form.daily))), days, tuple(form.members), _terms(form))
