"""The demo's tour: one incident from the SOS to the all-clear; each scene checks its result."""

import re
from collections.abc import Iterable
from typing import Any

from rich.text import Text

from alertnet.cli.demo.client import DECISION_CODE, LINK, WRITTEN_CODE, newest, press_acknowledge
from alertnet.cli.demo.page_content.names import PIN
from alertnet.cli.demo.stage import Stage
from alertnet.cli.demo.watch import Missed, Watch
from alertnet.core.notification import ALERTS

RUNG = (*ALERTS, "decision", "alarm", "task", "notice")
"""Kinds of message after which the all-clear is due."""
REACHED = ("sent", "delivered")


class Tour:
    def __init__(self, stage: Stage, watch: Watch) -> None:
        self._stage = stage
        self._watch = watch
        self._ref = ""

    def run(self) -> None:
        """Play every scene; raises `Missed` where a scene's result did not come."""
        scenes = {
            "Ana, in the field, texts three letters: the coordinators are alerted, and asked if it is true": self._sos,
            "It rings: the coordinator keys its PIN, nothing to the question, and the 1 to the alert": self._call,
            "The coordinator has reached Ana: it is true. GO, and others may hear of it": self._go,
            "The head office abroad hears next, and answers with the code of its SMS": self._code,
            "Then the embassies. One of them opens its link, and presses the button on the page": self._link,
            "Ana is safe. The incident is closed: the all-clear to exactly those who were told": self._close,
        }
        for title, play in scenes.items():
            self._watch.console.print(Text(f"\n{title}", "bold"))
            play()
            self._watch.wait_until_quiet()

    def _sos(self) -> None:
        reply = self._stage.phone("ana").sends("SOS")
        self._watch.expect("an answer to the SOS", lambda: reply)
        page = self._watch.expect("an incident on the record", lambda: self._stage.api.get("/v1/incidents")["items"])
        self._ref = page[0]["ref"]
        self._watch.expect("an alert to the coordinator", lambda: self._text("coordinator", LINK))
        self._watch.expect("the question if it is true", lambda: self._text("coordinator", DECISION_CODE))
        self._watch.expect("a telephone that rings", lambda: self._stage.phone("coordinator").ringing)

    def _call(self) -> None:
        call = self._stage.phone("coordinator").answers()
        self._watch.expect("a call that asks for the PIN", lambda: call.waits_for_keys)
        call.press(PIN).stays_silent().press("1")
        self._expect_answer("coordinator", via="call")
        call.hang_up()

    def _go(self) -> None:
        code = self._watch.expect("the decision's code", lambda: self._text("coordinator", DECISION_CODE))
        self._stage.phone("coordinator").sends(f"GO {code}")
        self._watch.expect("the incident verified", lambda: self._incident()["verified"])

    def _code(self) -> None:
        code = self._watch.skip_until(
            "an SMS to the head office", lambda: self._text("head-office", LINK, WRITTEN_CODE)
        )
        self._stage.phone("head-office").sends(code)
        self._expect_answer("head-office", via="sms")

    def _link(self) -> None:
        link = self._watch.skip_until("an SMS to the embassy", lambda: self._text("embassy-es", LINK))
        self._watch.expect("an SMS to the other embassy", lambda: self._text("embassy-de", LINK))
        press_acknowledge(link)
        self._expect_answer("embassy-es", via="link")

    def _close(self) -> None:
        told = {each["contact"] for each in self._reached(RUNG)}
        closed = self._stage.api.post(f"/v1/incidents/{self._ref}/close", {"reason": "released"})
        if {each["status"] for each in closed["escalations"]} != {"stopped"}:
            raise Missed("an end to every escalation")
        self._watch.wait_until_quiet()
        if {each["contact"] for each in self._reached(["stand_down"])} != told:
            raise Missed(f"the all-clear to {', '.join(sorted(told))}, and to nobody else")

    def _incident(self) -> dict[str, Any]:
        found: dict[str, Any] = self._stage.api.get(f"/v1/incidents/{self._ref}")
        return found

    def _reached(self, kinds: Iterable[str]) -> list[dict[str, Any]]:
        notifications = self._incident()["notifications"]
        return [each for each in notifications if each["kind"] in kinds and each["status"] in REACHED]

    def _expect_answer(self, contact: str, via: str) -> None:
        self._watch.expect(
            f"the acknowledgement of {contact} by {via}",
            lambda: any(
                (each["contact"], each["kind"], each["via"]) == (contact, "acknowledged", via)
                for each in self._incident()["acknowledgements"]
            ),
        )

    def _text(self, who: str, *patterns: re.Pattern[str]) -> str | None:
        """What the last pattern finds in the newest SMS of that contact that matches all patterns."""
        return newest(self._stage.phone(who), *patterns)
