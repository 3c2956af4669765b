"""The meaning of the telephone provider's statuses and error codes, as data; it decides nothing.

The provider adds and splits codes over time. So an unlisted code means "not delivered": the next method goes at once,
and the address stays good. Source: the Twilio error dictionary, and the enums of its Message and Call.
"""

from enum import StrEnum

from alertnet.core.notification import AttemptStatus, Failure

Code = int | str | None
"""A code in a callback (text), in an answer (number) or absent. Where an answer has none, its HTTP status is used."""

_CODES: dict[Failure, tuple[int, ...]] = {
    Failure.INVALID: (21211, 21214, 21217, 21614, 21635, 30004, 30005, 30006),
    Failure.OPTED_OUT: (21610,),
    # Geographic permission, registration, the request itself, or our number, which may not text that country (21612):
    # never the recipient's fault, and only for some messages.
    Failure.OUR_ACCOUNT: (
        *(21215, 21216, 21219, 21408, 21602, 21608, 21612, 21617, 21619, 21657, 30032, 30034, 30042, 30044),
    ),
    # 30003 is a phone that is switched off; it is listed to show that the number is good.
    Failure.UNDELIVERED: (30001, 30003, 30008, 30009, 30410),
    Failure.EXPIRED: (30036,),
    Failure.FILTERED: (30007, 30450),
}
_FAILURES = {code: failure for failure, codes in _CODES.items() for code in codes}


class AccountFault(StrEnum):
    """Why nothing at all goes through a provider, whoever the recipient is."""

    TOKEN = "token"  # noqa: S105 - a word for what is wrong
    """The provider does not accept our token or password."""
    BALANCE = "balance"
    """The account has no credit, or is suspended."""
    PERMISSION = "permission"
    """The provider, or a proxy before it, does not let us send."""
    SETTINGS = "settings"
    """The provider does not accept something in our settings: the account, or one of our addresses."""
    PAUSED = "paused"
    """Somebody of ours has paused the provider with `alertnet pause`."""


_WHOLE_ACCOUNT: dict[AccountFault, tuple[int, ...]] = {
    AccountFault.TOKEN: (401, 20003, 20101, 20104, 20107, 20151),
    AccountFault.BALANCE: (402, 10001, 20005, 30002, 90010),
    AccountFault.PERMISSION: (301, 302, 303, 307, 308, 403, 405, 407, 10002, 20006, 20403),
    AccountFault.SETTINGS: (404, 20404, 21205, 21609),
}
_SENDERS = frozenset({21210, 21212, 21213, 21601, 21603, 21606, 21607, 21659, 21660, 21703})
"""One of our numbers may not send; where there is no other, that means all."""

_ACCOUNT_FAULTS = {code: fault for fault, codes in _WHOLE_ACCOUNT.items() for code in codes} | dict.fromkeys(
    _SENDERS, AccountFault.PERMISSION
)

_UNMISTAKABLE = frozenset({401, 402, 407})
"""HTTP statuses about credentials and payment; they count whatever code comes with them."""

_FIRST_CODE = 10_000
"""The provider's own codes begin here; a lower number is an HTTP status, perhaps from a proxy."""

_TRIAL = range(572000, 574000)
"""A trial account, or one without an approved compliance profile: messages, then calls."""

_THROTTLED = frozenset({429, 10004, 14107, 20429, 21611, 22005, 86008})
"""10004 and 86008: as many calls as the account may have at a time, which a new account has few of."""

_UNHEARD = frozenset({408, 425})
"""HTTP statuses: the request was not read to its end, or not looked at yet."""

_ONE_NUMBERS = 14107
"""Too many messages between two numbers; other numbers are free."""

_SMS_ENDED_WELL = frozenset({"delivered", "read"})
_SMS_FAILED = frozenset({"undelivered", "failed", "canceled"})

_CALL_FAILURES = {"busy": Failure.BUSY, "no-answer": Failure.NO_ANSWER}
_SIP_FAILURES = {408: Failure.NO_ANSWER, 480: Failure.NO_ANSWER, 486: Failure.BUSY, 600: Failure.BUSY}
"""SIP codes of RFC 3261. 404 is left out on purpose: carriers use it loosely, and good numbers must stay in use."""


def failure_of(code: Code) -> Failure:
    """The failure that a code stands for; `undelivered` where it is unknown or absent."""
    number = _number(code)
    is_ours = number in _TRIAL or account_fault(code) is not None
    return Failure.OUR_ACCOUNT if is_ours else _FAILURES.get(number, Failure.UNDELIVERED)


def account_fault(code: Code, http_status: int = 0) -> AccountFault | None:
    """Why the provider would refuse everything else too; None where it refuses this message only."""
    number = _number(code)
    status = http_status if not number or http_status in _UNMISTAKABLE else 0
    return _ACCOUNT_FAULTS.get(number) or _ACCOUNT_FAULTS.get(status)


def is_whole_account(code: Code, http_status: int = 0) -> bool:
    """Whether the provider itself says that it refuses our whole account.

    Otherwise one of our numbers may be refused, or a proxy may dislike one message.
    """
    number = _number(code)
    is_ours = account_fault(code, http_status) is not None and number not in _SENDERS
    return is_ours and (number >= _FIRST_CODE or http_status in _UNMISTAKABLE)


def is_throttle(code: Code) -> bool:
    """Whether the request was refused only for its pace: it was not processed, and may be made again later."""
    return _number(code) in _THROTTLED


def is_unprocessed(http_status: int) -> bool:
    """Whether the request was not processed for no fault of its own, so that it may be made again."""
    return http_status in _UNHEARD


def is_one_numbers(code: Code) -> bool:
    """Whether the refused pace is that to one number only."""
    return _number(code) == _ONE_NUMBERS


def outcome_of_sms(status: str, code: Code) -> tuple[AttemptStatus, Failure | None]:
    """The attempt's status and failure for a MessageStatus with its ErrorCode.

    `sent` may stay the last status, since many carriers give no receipt: it counts neither as delivered nor as failed.
    So does an unknown status.
    """
    if status in _SMS_ENDED_WELL:
        return AttemptStatus.DELIVERED, None
    if status in _SMS_FAILED:
        return AttemptStatus.FAILED, failure_of(code)
    return AttemptStatus.SENT, None


def outcome_of_call(status: str, sip_code: Code = None, code: Code = None) -> tuple[AttemptStatus, Failure | None]:
    """The attempt's status and failure for a CallStatus with its SipResponseCode and ErrorCode.

    `completed` is delivered: something answered, perhaps a voicemail. Only we know whether the code was pressed.
    `canceled` is a call that we took back while it rang.
    """
    if status == "completed":
        return AttemptStatus.DELIVERED, None
    if status == "canceled":
        return AttemptStatus.CANCELLED, None
    if status in _CALL_FAILURES:
        return AttemptStatus.FAILED, _CALL_FAILURES[status]
    if status == "failed":
        return AttemptStatus.FAILED, _SIP_FAILURES.get(_number(sip_code)) or failure_of(code)
    return AttemptStatus.SENT, None


def _number(code: Code) -> int:
    """The code as a number; 0, which is not a code, where it is not a number."""
    text = str(code)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
