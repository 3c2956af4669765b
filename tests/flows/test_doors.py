"""An alarm or a task is taken and given back by SMS, call, page and console: each door counts it like the others."""

from collections.abc import Callable

import pytest

from alertnet.core.errors import WrongState
from alertnet.core.incident import Perpetrator
from alertnet.core.notification import Kind
from alertnet.flows.pages import coordinator_page
from alertnet.flows.pages.coordinator_actions import answer
from alertnet.flows.pages.linked_page import Sent
from alertnet.flows.unit.locked_incident import take_up
from alertnet.flows.voice.menu import ToAnswer, take_keys
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.codes import open_codes
from alertnet.store.tables import alarms
from tests.flows.switchboard import CAST, Switchboard

IDS = {"coordinator": "coordinator", "second": "coordinator-2"}


class Asked:
    """A prompt, and what the coordinators may answer it by."""

    def __init__(self, board: Switchboard, incident: str, kind: str) -> None:
        self.board, self.incident, self.kind = board, incident, kind
        [row] = board.rows(alarms, kind=kind)
        self.id: str = row.id
        told = [(who, each) for who in IDS for each in board.runtime.read(open_codes, CAST[who])]
        self.codes = {who: each.text for who, each in told if each.prompt == self.id}

    def standing(self) -> tuple[str | None, str | None]:
        [row] = self.board.rows(alarms, id=self.id)
        return row.answer, row.answered_by

    def sms(self, who: str, verb: str) -> str:
        return self.board.texts(who, f"{verb} {self.codes[who]}") or ""

    def call(self, who: str, key: str) -> str:
        def flow(tx: Tx) -> str:
            locked = take_up(tx, self.incident)
            listener = locked.recipient("colombia", IDS[who])
            [said] = take_keys(ToAnswer(listener, Kind(self.kind), CAST[who], self.id), key).stages
            locked.finish()
            return said

        return self.board.runtime.transact(flow)

    def page(self, who: str, button: str) -> str:
        def flow(tx: Tx) -> str:
            links = page_links.of_incidents(tx.session, [self.incident])[self.incident]
            own = next(each for each in links if (each.prompt_id, each.contact) == (self.id, IDS[who]))
            return coordinator_page.press(tx, own, Sent(answer=button)).page.remarks[0].word

        return self.board.runtime.transact(flow)

    def console(self, who: str, button: str) -> str:
        def flow(tx: Tx) -> str:
            locked = take_up(tx, self.incident)
            try:
                answer(locked, prompts.hold(tx.session, self.id), button, IDS[who])
            except WrongState as error:
                return str(error)
            locked.finish()
            return "answered"

        return self.board.runtime.transact(flow)


@pytest.fixture
def alarm(board: Switchboard) -> Asked:
    incident = board.opens()
    board.tells(incident, "ombuds")
    board.texts("ombuds", "¿quién es?")
    return Asked(board, incident, "alarm")


TAKEN: list[Callable[[Asked, str], str]] = [
    lambda alarm, who: alarm.sms(who, "OK"),
    lambda alarm, who: alarm.call(who, "1"),
    lambda alarm, who: alarm.page(who, "acknowledge"),
    lambda alarm, who: alarm.console(who, "acknowledge"),
]
GIVEN_BACK: list[Callable[[Asked, str], str]] = [
    lambda alarm, who: alarm.sms(who, "NO"),
    lambda alarm, who: alarm.sms(who, "PASO"),
    lambda alarm, who: alarm.call(who, "2"),
    lambda alarm, who: alarm.call(who, "3"),
]


def test_who_took_an_alarm_by_one_door_has_taken_it_at_all_and_gives_it_back_at_any(alarm: Asked) -> None:
    for takes, gives_back in zip(TAKEN, GIVEN_BACK, strict=True):
        takes(alarm, "second")
        assert [again(alarm, "second") for again in TAKEN][1:] == [
            "thanks_acknowledged",
            "recorded_acknowledge",
            "answered",
        ]
        assert alarm.standing() == ("acknowledged", "coordinator-2")
        assert len(alarm.board.history(alarm.incident, "alarm_answered")) == TAKEN.index(takes) + 1

        gives_back(alarm, "second")
        assert alarm.standing() == (None, None)


def test_no_door_says_that_others_are_asked_where_another_has_taken_the_alarm(alarm: Asked) -> None:
    """A2: an answer that changes nothing says what stands."""
    asked = alarm.call("second", "3"), alarm.sms("second", "NO")
    alarm.call("coordinator", "1")

    said = [door(alarm, "second") for door in (*TAKEN, *GIVEN_BACK)]

    assert asked[0] == "thanks_declined"
    assert "Avisamos a otros" in asked[1]
    assert [each for each in said if "coordinator se hace cargo" in each] == [said[0], said[4], said[5]]
    assert [said[1], said[2], said[6], said[7]] == ["taken_care_of"] * 4
    assert "it was answered before" in said[3]
    assert alarm.standing() == ("acknowledged", "coordinator")


def test_a_task_with_its_result_is_not_given_back_or_taken(board: Switchboard) -> None:
    """B3: who has reported what the contact said, and keys 3 in a call that came late, has nobody called once more."""
    incident = board.opens(perpetrator=Perpetrator.PARAMILITARY)
    board.passes(minutes=25)
    task = Asked(board, incident, "task")
    task.call("second", "1")
    taken, given_back = task.standing(), task.call("second", "3")
    asked = task.standing()
    task.page("second", "acknowledge")

    assert taken == ("taken", "coordinator-2")
    assert (given_back, asked) == ("thanks_declined", (None, None))
    assert [task.call("second", key) for key in "123"] == ["taken_care_of"] * 3
    assert "it is not to be done any more" in task.console("second", "take")
    assert task.standing() == ("acknowledged", "coordinator-2")
