"""Plays answered calls: fetches alertnet's TwiML, speaks it, and delivers pressed keys."""

from collections.abc import Callable, Container, Mapping
from email.utils import format_datetime
from urllib.parse import urljoin

from alertnet.core.errors import WrongState
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import FINISHED, Behaviour, CallRecord, Heard, Network, Recording
from alertnet.sandbox.telephony.twiml import BadTwiml, Dial, Gather, Hangup, Record, Redirect, Say, Verb, read_voice
from alertnet.sandbox.telephony.webhooks import Webhooks

APPLICATION_ERROR = Say("We're sorry, an application error has occurred. Goodbye.", "en-US")
"""What the provider says where the TwiML could not be fetched."""
HANGUP = "hangup"
GATHERED = {"msg": "Gather End"}
"""What the provider says beside the keys, in the one field whose name has no capital."""
RECORDED = {"RecordingChannels": "1", "RecordingSource": "RecordVerb", "RecordingTrack": "both", "ErrorCode": "0"}
UNKNOWN = {who + what: "" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip", "Country")}
"""Fields of every webhook about a call that are blank here, and signed all the same."""
NOT_REACHED = frozenset({Behaviour.SWITCHED_OFF, Behaviour.NO_COVERAGE, Behaviour.BUSY, Behaviour.INVALID})
"""Phones to which nobody is put through: the document goes on."""
MOST_DOCUMENTS = 20
"""The most documents without a key pressed, which ends a Redirect to itself."""


class Player:
    """Plays documents up to the next question, a put-through, or the end of the call."""

    def __init__(self, network: Network, webhooks: Webhooks, end: Callable[[CallRecord, str], None]) -> None:
        self._network = network
        self._webhooks = webhooks
        self._end = end

    def play_from(self, call: CallRecord, url: str, keyed: Mapping[str, str] | None = None) -> None:
        """Fetch and play the document at this URL, and those that it redirects to."""
        params = call_params(self._network.account_sid, call) | {"CallStatus": call.status}
        next_url: str | None = urljoin(call.url, url)
        for _ in range(MOST_DOCUMENTS):
            if next_url is None:
                return
            call.url = next_url
            verbs = self._fetch(call.url, params | dict(keyed or {}))
            next_url, keyed = self._hear(call, verbs), None
        self._hear(call, (APPLICATION_ERROR,))

    def press(self, call: CallRecord, keys: str) -> None:
        """Press these keys at the current question, and play the answer; raises `WrongState` where none is asked."""
        gather = self._question(call)
        digits, finished_on = gather.collect(keys)
        if digits:
            self.play_from(call, gather.action, GATHERED | {"Digits": digits, "FinishedOnKey": finished_on})
        else:
            self.stay_silent(call)

    def stay_silent(self, call: CallRecord) -> None:
        """Press nothing until the question times out; alertnet hears of it if it asked, else the document goes on."""
        if call.record is not None:
            if next_url := self._hear(call, call.rest):
                self.play_from(call, next_url)
            return
        gather = self._question(call)
        if gather.action_on_empty_result:
            self.play_from(call, gather.action, GATHERED | {"Digits": "", "FinishedOnKey": ""})
        elif next_url := self._hear(call, call.rest):
            self.play_from(call, next_url)

    def speak(self, call: CallRecord, sound: bytes, seconds: int, faults: Container[Fault], ended_by: str) -> None:
        """Speak after the tone: alertnet is told where the recording is; `WrongState` where none is made.

        `ended_by`: a key, or `hangup`, which is reported in its place once the call is over.
        """
        record = call.record
        if record is None:
            raise WrongState(f"call {call.sid}", call.status, "only a call that records takes what is spoken")
        with self._network.lock:
            account, at, sid = self._network.account_sid, self._network.now(), self._network.new_sid("RE")
            self._network.recordings[sid] = Recording(sound, call.sid, at, seconds)
            place = f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{sid}"
            told = {"RecordingSid": sid, "RecordingUrl": place, "RecordingDuration": str(seconds)}
            made = {"RecordingStatus": "completed", "RecordingStartTime": format_datetime(at), **RECORDED}
            # Of the call it names the id alone, and nobody who speaks.
            params = {"AccountSid": account, "CallSid": call.sid, **told, **made}
            self._webhooks.plan(self._network, at, record.status_callback, params, faults)
            if ended_by == HANGUP:
                self._end(call, "completed")
        self.play_from(call, record.action, told | {"Digits": ended_by})

    def _question(self, call: CallRecord) -> Gather:
        if call.gather is None:
            raise WrongState(f"call {call.sid}", call.status, "only a call that asks for keys takes any")
        return call.gather

    def _fetch(self, url: str, params: Mapping[str, str]) -> tuple[Verb, ...]:
        answer = self._webhooks.post(url, params).answer
        if answer is None or answer.status != 200:
            return (APPLICATION_ERROR,)
        try:
            return read_voice(answer.body)
        except BadTwiml:
            return (APPLICATION_ERROR,)

    def _hear(self, call: CallRecord, verbs: tuple[Verb, ...]) -> str | None:
        """The URL to go on at, where a Redirect comes before a question or the end."""
        with self._network.lock:
            # Alertnet may have ended the call while its answer was under way.
            if call.status in FINISHED:
                return None
            call.gather, call.record, call.rest, call.keyed = None, None, (), ""
            for position, verb in enumerate(verbs):
                match verb:
                    case Say():
                        self._say(call, verb)
                    case Gather():
                        self._say(call, *verb.says)
                        call.gather, call.rest = verb, verbs[position + 1 :]
                        return None
                    case Record():
                        call.record, call.rest = verb, verbs[position + 1 :]
                        return None
                    case Dial():
                        call.put_through_to = verb.number
                        if self._network.behaviours[verb.number] not in NOT_REACHED:
                            return None
                    case Redirect():
                        return urljoin(call.url, verb.url)
                    case Hangup():
                        break
            self._end(call, "completed")
            return None

    def _say(self, call: CallRecord, *says: Say) -> None:
        call.heard.extend(Heard(say.text, say.language, self._network.now()) for say in says)


def call_params(account_sid: str, call: CallRecord) -> dict[str, str]:
    """The fields of every webhook about a call."""
    return UNKNOWN | {
        "CallSid": call.sid,
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "Direction": call.direction,
        "From": call.sender,
        "Caller": call.sender,
        "To": call.to,
        "Called": call.to,
    }
