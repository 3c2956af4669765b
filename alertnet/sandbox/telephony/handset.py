"""Phones and calls from the view of the person who holds the phone, for tests and the demo."""

from collections.abc import Callable, Container

from alertnet.core.errors import WrongState
from alertnet.sandbox.telephony.calls import Exchange
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import Behaviour, CallRecord, Heard, Network
from alertnet.sandbox.telephony.texts import MessageCentre


class Call:
    """A call as the person on the phone experiences it."""

    def __init__(self, record: CallRecord, exchange: Exchange) -> None:
        self.record = record
        self._exchange = exchange

    @property
    def status(self) -> str:
        """The provider's status: ringing, in-progress, completed and so on."""
        return self.record.status

    @property
    def heard(self) -> list[Heard]:
        return list(self.record.heard)

    @property
    def words(self) -> str:
        return " ".join(say.text for say in self.record.heard)

    @property
    def waits_for_keys(self) -> bool:
        return self.record.gather is not None

    @property
    def put_through_to(self) -> str | None:
        return self.record.put_through_to

    def press(self, keys: str) -> "Call":
        """Press these keys at the current question, wait, and hear what follows."""
        self._exchange.player.press(self.record, keys)
        return self

    def keys(self, key: str) -> "Call":
        """Press one key; what follows is heard once the keys are an answer. `WrongState` where none are asked for."""
        gather = self.record.gather
        keyed = self.record.keyed + key
        if gather is None or gather.ends_with(keyed):
            return self.press(keyed)
        self.record.keyed = keyed
        return self

    def stays_silent(self) -> "Call":
        """Press nothing more until the question times out, and hear what follows."""
        if keyed := self.record.keyed:
            return self.press(keyed)
        self._exchange.player.stay_silent(self.record)
        return self

    def speaks(self, sound: bytes, seconds: int = 12, faults: Container[Fault] = (), *, ended_by: str = "*") -> "Call":
        """Speak after the tone, press the star, and hear what follows; `faults`: those of the recording's webhook."""
        self._exchange.player.speak(self.record, sound, seconds, faults, ended_by)
        return self

    def hang_up(self) -> None:
        """Hang up; nothing happens if the call is over."""
        self._exchange.end(self.record, "completed")


class Handset:
    """One phone number, and the person with the phone."""

    def __init__(
        self,
        number: str,
        network: Network,
        texts: MessageCentre,
        exchange: Exchange,
        alertnet: Callable[[], tuple[str, str]],
    ) -> None:
        self.number = number
        self._network = network
        self._texts = texts
        self._exchange = exchange
        self._alertnet = alertnet

    def behaves(self, behaviour: Behaviour | str) -> None:
        """Set how the phone treats calls and texts from now on."""
        with self._network.lock:
            self._network.behaviours[self.number] = Behaviour(behaviour)
        self._texts.release(self.number)

    @property
    def behaviour(self) -> Behaviour:
        with self._network.lock:
            return self._network.behaviours[self.number]

    @property
    def inbox(self) -> list[str]:
        """The texts that arrived, oldest first."""
        with self._network.lock:
            return [message.body for message in self._network.inboxes[self.number]]

    def sends(self, text: str, to: str | None = None, times: int = 1, pictures: int = 0) -> str | None:
        """Text alertnet, at once, and return its reply, which is in the inbox too; None when none came.

        It goes to `to`, else to the number that texted last, else to alertnet's own; `times` brings the same message
        (one MessageSid) more than once, with so many pictures.
        """
        public_url, number = self._alertnet()
        with self._network.lock:
            inbox = self._network.inboxes[self.number]
            to = to or (inbox[-1].sender if inbox else number)
        return self._texts.receive(self.number, to, text, f"{public_url}/twilio/sms", times, pictures)

    def sends_again(self) -> str | None:
        """Deliver this phone's last text to alertnet once more; gives the reply as `sends` does."""
        with self._network.lock:
            sent = [each for each in self._network.messages.values() if each.sender == self.number]
        return self._texts.bring(sent[-1], f"{self._alertnet()[0]}/twilio/sms")

    def dials(self, to: str | None = None) -> Call:
        """Call alertnet, by default at its own number. The call goes on, or is over if only words came."""
        public_url, number = self._alertnet()
        record = self._exchange.dial_in(self.number, to or number, f"{public_url}/twilio/voice")
        return Call(record, self._exchange)

    @property
    def ringing(self) -> Call | None:
        """The call that rings here now; None where none does."""
        record = self._network.ringing(self.number)
        return Call(record, self._exchange) if record else None

    @property
    def talking(self) -> Call | None:
        """The call in progress on this phone, in either direction; None where there is none."""
        with self._network.lock:
            found = (
                call
                for call in self._network.calls.values()
                if call.status == "in-progress" and self.number in (call.to, call.sender)
            )
            record = next(found, None)
        return Call(record, self._exchange) if record else None

    @property
    def calls(self) -> list[Call]:
        with self._network.lock:
            return [Call(call, self._exchange) for call in self._network.calls.values() if call.to == self.number]

    def answers(self) -> Call:
        """Answer the ringing call, and hear it up to its first question or its end; `WrongState` if none rings."""
        call = self._must_ring()
        self._exchange.answer(call.record)
        return call

    def rejects(self) -> None:
        """Reject the ringing call, which the caller hears as busy; raises `WrongState` where none rings."""
        self._exchange.end(self._must_ring().record, "busy")

    def _must_ring(self) -> Call:
        call = self.ringing
        if call is None:
            raise WrongState(f"handset {self.number}", "quiet", "only a ringing phone can be answered or rejected")
        return call
