"""Those who open the pages behind their links: they read what is shown, and press one of its buttons (B4, A6, A12).

A coordinator has the page of a question, an alarm, a task, or an answer of somebody, and does there what the desk can
do by the API. A contact comes back to its own page, and changes its answer or says what it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.responses import Response

from alertnet.flows.credentials.pins import set_pins
from alertnet.web import pages
from alertnet.web.forms import Form
from simulation.hosts.web import Heard, Web, WebAnswer
from simulation.outside.people import People
from simulation.pages.shown import Shown, forms_of
from simulation.world.world import World

PIN, DURESS, WRONG = "61803", "91735", "11111"
TRIES_EVERY, MOST_TRIES = 8.0, 4  # Seconds.
DONE, UNPROVED, REFUSED = 200, 403, 422
SELDOM = ("wrong_person", "listen")
"""What nobody presses here: whose number it is not says so himself, and nobody has spoken on a tape."""
SOMETIMES = {"close": 0.1, "vouch": 0.3, "action": 0.3}
"""How often something is pressed that every page offers; a close ends most of what a night may hold."""
ALL_FOR_NOW = 0.3
"""The share of those who leave a page after what they pressed; the others look at what it shows then."""


@dataclass(frozen=True)
class Pressed:
    """A button that was pressed on the page of a link, what went with it, and the status of the answer."""

    token: str
    address: str
    fields: dict[str, str]
    is_proved: bool
    at: datetime
    status: int

    @property
    def answer(self) -> str:
        """What was pressed, without what the page carries in it."""
        return self.fields.get("answer", "").partition("~")[0]


class Visitors:
    """Opens pages in some nights; all other nights are unchanged."""

    def __init__(self, world: World, web: Web, people: People) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("visitors")
        comes = not world.mischief.quiet and self.random.comes()
        self.visits = self.random.choice([4, 8, 16]) if comes else 0
        self.pressed: list[Pressed] = []
        self.wrong: list[datetime] = []
        """When a request brought a wrong PIN."""
        self.owner = self._owner() if self.visits and self.random.random() < 0.5 else None

    @property
    def reports(self) -> int:
        """How many incidents may result: one of each text that is said to be one."""
        return len({each.token for each in self.pressed if each.answer == "open"})

    def begin(self) -> None:
        """Give one coordinator a PIN in half of these nights, and plan the visits."""
        if self.owner is not None:
            self.world.database.pattern.transact(set_pins, self.owner, PIN, DURESS)
        for _ in range(self.visits):
            self.world.time.after(self.random.uniform(5, self.world.length), self._opens)

    def _owner(self) -> str | None:
        """A coordinator, whose PIN is to be entered wherever one of its numbers or mailboxes leads."""
        trees = self.world.network.trees.values()
        names = {f"{tree.id}/{each.id}": each for tree in trees for each in tree.coordinators if each.duty is None}
        free = [name for name, each in names.items() if each.addresses.isdisjoint(self.world.pins)]
        if not free:
            return None
        owner = self.random.choice(free)
        self.world.pins |= dict.fromkeys(names[owner].addresses, PIN)
        return owner

    def _opens(self) -> None:
        """Open the page of one of the links that were sent, rather a coordinator's, rather a late one."""
        paths = list(self.people.pages)
        if not paths:
            return
        of_coordinators = [each for each in paths if each.startswith("c/")]
        chosen = of_coordinators if of_coordinators and self.random.random() < 0.7 else paths
        path = chosen[int(len(chosen) * self.random.random() ** 0.5)]
        self._looks(path, partial(self._reads, path))

    def _looks(self, path: str, heard: Heard) -> None:
        kind, _, token = path.partition("/")
        show = pages.show_contact_page if kind == "a" else pages.show_coordinator_page
        self.web.request("a look at a page", lambda runtime: show(token, runtime), heard)

    def _reads(self, path: str, answer: WebAnswer) -> None:
        """Press something that is shown, after a while."""
        offered = [(form, button) for form, button in _offered(answer) if not button.startswith(SELDOM)]
        if not offered:
            return
        weights = [SOMETIMES.get(button.partition("~")[0], 1.0) for _, button in offered]
        [(form, button)] = self.random.choices(offered, weights)
        fields = form.hidden | {name: self.random.choice(values) for name, values in form.chosen.items()}
        fields |= {"answer": button} if button else {}
        fields |= {name: "a night watch" for name in form.typed if name in ("note", "by")}
        is_proved = True
        if "pin" in form.typed:
            own = self.world.pins.get(self.people.pages[path], WRONG)
            fields["pin"] = self.random.choice([own, own, own, DURESS if own == PIN else own, WRONG])
            is_proved = fields["pin"] in (own, DURESS)
        self.world.time.after(self.random.uniform(1, 30), partial(self._presses, path, fields, 1, is_proved=is_proved))

    def _presses(self, path: str, fields: dict[str, str], tries: int, *, is_proved: bool) -> None:
        kind, _, token = path.partition("/")
        address, at = self.people.pages[path], self.world.time.now
        answer = fields.get("answer", "").partition("~")[0]
        words = " ".join(value.partition("~")[0] for name, value in fields.items() if name != "lang")
        self.world.story.tell("page", f"{self.world.name_of(address)} presses {words or 'nothing'} at {path[:6]}")
        if is_proved:
            self._proves(kind, answer, address, fields)
        self.world.asked.merges |= answer == "join"
        self.world.asked.lets_go |= answer == "go"

        def hears(heard: WebAnswer) -> None:
            if isinstance(heard, Response):
                self.pressed.append(Pressed(token, address, fields, is_proved, at, heard.status_code))
                self._hears(path, self.pressed[-1], heard)
            elif tries < MOST_TRIES:
                again = partial(self._presses, path, fields, tries + 1, is_proved=is_proved)
                self.world.time.after(TRIES_EVERY, again)

        press = pages.press_on_contact_page if kind == "a" else pages.press_on_coordinator_page
        twice = self.random.random() < self.world.mischief.callback_doubled
        self.wrong += [at] * (1 + twice) if fields.get("pin") == WRONG else []
        may_read = is_proved and address in self.world.pins
        act = partial(press, token, Form(fields))
        self.web.request("a button", act, hears, twice=twice, is_proved=may_read)

    def _proves(self, kind: str, answer: str, address: str, fields: dict[str, str]) -> None:
        if kind == "a" or answer == "open":
            self.people.proves("link", address)
        elif answer == "vouch":
            self.people.proves("vouched", fields["contact"].partition("~")[0])
        else:
            self.people.proves_tasks()

    def _hears(self, path: str, pressed: Pressed, answer: Response) -> None:
        self.world.story.tell("page", f"{self.world.name_of(pressed.address)} has {pressed.status} of {path[:6]}")
        if pressed.status == REFUSED:
            self._looks(path, partial(self._is_offered_again, pressed))
        if self.random.random() > ALL_FOR_NOW and not self.world.is_calm:
            self._reads(path, answer)

    def _is_offered_again(self, pressed: Pressed, answer: WebAnswer) -> None:
        """B4: what a page offers it also takes, unless something has changed meanwhile."""
        for form, button in _offered(answer):
            chosen = {name: pressed.fields.get(name, "").partition("~")[0] for name in form.chosen}
            is_there = all(chosen[name] in [each.partition("~")[0] for each in form.chosen[name]] for name in chosen)
            if button.partition("~")[0] == pressed.answer and is_there:
                name = self.world.name_of(pressed.address)
                self.world.story.breaks_promise("B4", f"{name} may press {pressed.answer}, and it is refused")


def _offered(answer: WebAnswer) -> Sequence[tuple[Shown, str]]:
    """The buttons of a page that came, each with its form."""
    if not isinstance(answer, Response) or answer.media_type != "text/html":
        return ()
    return [(form, button) for form in forms_of(bytes(answer.body).decode()) for button in form.buttons]
