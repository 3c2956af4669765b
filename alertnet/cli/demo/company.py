"""The people in a story that plays by itself; each answers as soon as there is something to answer."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from alertnet.cli.demo.client import DECISION_CODE, LINK, WRITTEN_CODE, newest, press_acknowledge
from alertnet.cli.demo.page_content.names import PIN
from alertnet.cli.demo.stage import Stage
from alertnet.core.directory.contact import Role

FIRST_KEY = re.compile(r"\b1\b")

Try = Callable[[Stage], bool]
"""Tries to act, and says whether it could."""


def company(stage: Stage) -> Iterator[tuple[timedelta, Try]]:
    """Who tries what from when on: coordinators take charge and decide, an ombudsman and an embassy take charge."""
    for place, coordinator in enumerate(_first_of_each_tree(stage, Role.COORDINATOR)):
        yield timedelta(minutes=0.75 + 7.25 * place), _by_call(coordinator) if place == 0 else _by_sms(coordinator)
        yield timedelta(minutes=3 + 6 * place), _decides(coordinator)
    for contact in _first_of_each_tree(stage, Role.OMBUDS):
        yield timedelta(minutes=12), _by_sms(contact)
    for contact in _first_of_each_tree(stage, Role.EMBASSY):
        yield timedelta(minutes=17), _by_link(contact)


def _first_of_each_tree(stage: Stage, role: Role) -> tuple[str, ...]:
    firsts = (
        next((contact.id for contact in tree.contacts.values() if contact.role is role), None)
        for tree in stage.runtime.network.trees.values()
    )
    return tuple(dict.fromkeys(filter(None, firsts)))


def _by_call(who: str) -> Try:
    """Answers the call, keys the PIN, takes charge, and says yes to whatever else is open."""

    def attempt(stage: Stage) -> bool:
        for number in stage.numbers(who):
            phone = stage.sandbox.handset(number)
            if phone.ringing and not phone.talking:
                phone.answers()
            if (call := phone.talking) and call.waits_for_keys:
                call.press(PIN)
                while call.waits_for_keys:
                    # The next level could be held here, but nobody does.
                    call.press("1") if FIRST_KEY.search(call.heard[-1].text) else call.stays_silent()
                call.hang_up()
                return True
        return False

    return attempt


def _by_sms(who: str) -> Try:
    def attempt(stage: Stage) -> bool:
        code = newest(stage.phone(who), LINK, WRITTEN_CODE)
        return code is not None and stage.phone(who).sends(code) is not None

    return attempt


def _by_link(who: str) -> Try:
    def attempt(stage: Stage) -> bool:
        link = newest(stage.phone(who), LINK)
        if link is not None:
            press_acknowledge(link)
        return link is not None

    return attempt


def _decides(who: str) -> Try:
    """Says GO to every question while the story lasts."""
    decided: set[str] = set()

    def attempt(stage: Stage) -> bool:
        phone = stage.phone(who)
        asked = [code for text in phone.inbox for code in DECISION_CODE.findall(text)]
        for code in dict.fromkeys(each for each in asked if each not in decided):
            decided.add(code)
            phone.sends(f"GO {code}")
        return False

    return attempt
