"""What the telephone provider's statuses and error codes mean to us, as data: it says so and decides nothing.

The provider splits and adds codes over time, so a code that is not listed means "not delivered": the next method goes
at once, and the address stays good. Source: the Twilio error dictionary, and the enums of its Message and Call.
"""

from enum import StrEnum

from alertnet.core.notification import AttemptStatus, Failure

Code = int | str | None
"""As callbacks (text), answers (number) or neither have it. Where an answer has none its HTTP status stands in."""

_CODES: dict[Failure, tuple[int, ...]] = {
    Failure.INVALID: (21211, 21214, 21217, 21612, 21614, 21635, 30004, 30005, 30006),
    Failure.OPTED_OUT: (21610,),
    # Geographic permission, registration, the request itself: never the recipient's fault, but only of some messages.
    Failure.OUR_ACCOUNT: (21215, 21216, 21219, 21408, 21602, 21608, 21617, 21619, 30032, 30034),
    # 30003 is a handset that is switched off: it is listed to say that the number is good.
    Failure.UNDELIVERED: (30001, 30003, 30008, 30009, 30410),
    Failure.EXPIRED: (30036,),
    Failure.FILTERED: (30007, 30450),
}
_FAILURES = {code: failure for failure, codes in _CODES.items() for code in codes}


class AccountFault(StrEnum):
    """Why a provider takes nothing from us at all, or is given nothing, whoever the recipient is."""

    TOKEN = "token"  # noqa: S105 - a word for what is wrong
    """It does not know our token or password."""
    BALANCE = "balance"
    """The account has no credit, or is suspended."""
    PERMISSION = "permission"
    """It, or a proxy before it, does not let us send."""
    SETTINGS = "settings"
    """It does not accept what our settings name: the account, an address of ours."""
    PAUSED = "paused"
    """Somebody of ours has paused it: `alertnet pause`."""


_WHOLE_ACCOUNT: dict[AccountFault, tuple[int, ...]] = {
    AccountFault.TOKEN: (401, 20003, 20101, 20104, 20107, 20151),
    AccountFault.BALANCE: (402, 10001, 20005, 30002, 90010),
    AccountFault.PERMISSION: (301, 302, 303, 307, 308, 403, 405, 407, 10002, 20006, 20403),
    AccountFault.SETTINGS: (404, 20404, 21205, 21609),
}
_SENDERS = frozenset({21210, 21212, 21213, 21603, 21606, 21659, 21660, 21703})
"""One number of ours may not send: all of them where there is no other."""

_ACCOUNT_FAULTS = {code: fault for fault, codes in _WHOLE_ACCOUNT.items() for code in codes} | dict.fromkeys(
    _SENDERS, AccountFault.PERMISSION
)

_UNMISTAKABLE = frozenset({401, 402, 407})
"""HTTP: these speak of credentials and payment, whatever code stands beside them."""

_FIRST_CODE = 10_000
"""The provider's own codes begin here: what is less is an HTTP status, perhaps of somebody in between."""

_TRIAL = range(573000, 574000)
"""A trial account, or one without an approved compliance profile."""

_THROTTLED = frozenset({429, 14107, 20429, 21611, 22005})

_UNHEARD = frozenset({408, 425})
"""HTTP: the request was not read to its end, or not looked at yet."""

_ONE_NUMBERS = 14107
"""Too much between two numbers; others are free."""

_SMS_ENDED_WELL = frozenset({"delivered", "read"})
_SMS_FAILED = frozenset({"undelivered", "failed", "canceled"})

_CALL_FAILURES = {"busy": Failure.BUSY, "no-answer": Failure.NO_ANSWER}
_SIP_FAILURES = {408: Failure.NO_ANSWER, 480: Failure.NO_ANSWER, 486: Failure.BUSY, 600: Failure.BUSY}
"""RFC 3261. 404 is missing on purpose: carriers use it loosely, and a good number must not be struck off."""


def failure_of(code: Code) -> Failure:
    """The failure that a code stands for; `undelivered` where it is unknown or absent."""
    number = _number(code)
    is_ours = number in _TRIAL or account_fault(code) is not None
    return Failure.OUR_ACCOUNT if is_ours else _FAILURES.get(number, Failure.UNDELIVERED)


def account_fault(code: Code, http_status: int = 0) -> AccountFault | None:
    """Why nothing else would be taken from us either; None where the refusal is of that message alone."""
    number = _number(code)
    status = http_status if not number or http_status in _UNMISTAKABLE else 0
    return _ACCOUNT_FAULTS.get(number) or _ACCOUNT_FAULTS.get(status)


def is_whole_account(code: Code, http_status: int = 0) -> bool:
    """Whether it is the provider's own word that all of our account is meant.

    Else it may be one number of ours, or a proxy that dislikes one message.
    """
    number = _number(code)
    is_ours = account_fault(code, http_status) is not None and number not in _SENDERS
    return is_ours and (number >= _FIRST_CODE or http_status in _UNMISTAKABLE)


def is_throttle(code: Code) -> bool:
    """Whether the request was refused for its pace alone: it was never processed, and may be made again later."""
    return _number(code) in _THROTTLED


def is_unprocessed(http_status: int) -> bool:
    """Whether the request was never processed, for no reason of its own: it may be made again."""
    return http_status in _UNHEARD


def is_one_numbers(code: Code) -> bool:
    """Whether the pace that was refused is that to one number alone."""
    return _number(code) == _ONE_NUMBERS


def outcome_of_sms(status: str, code: Code = None) -> tuple[AttemptStatus, Failure | None]:
    """What a MessageStatus with its ErrorCode makes of an attempt.

    `sent` may be the last word, since many carriers give no receipt: it is neither delivered nor failed. So is a status
    that we do not know.
    """
    if status in _SMS_ENDED_WELL:
        return AttemptStatus.DELIVERED, None
    if status in _SMS_FAILED:
        return AttemptStatus.FAILED, failure_of(code)
    return AttemptStatus.SENT, None


def outcome_of_call(status: str, sip_code: Code = None, code: Code = None) -> tuple[AttemptStatus, Failure | None]:
    """What a CallStatus with its SipResponseCode and ErrorCode makes of an attempt.

    `completed` is delivered: something picked up, perhaps a voicemail. Whether its code was keyed only we know.
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
    """The code as a number; 0, which is no code, where it is none."""
    text = str(code)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
