"""What the telephone provider's statuses and error codes mean to us, as data: it says so and decides nothing.

The provider splits and adds codes over time, so a code that is not listed means "not delivered": the next method goes
at once, and the address stays good. Source: the Twilio error dictionary, and the enums of its Message and Call.
"""

from alertnet.core.notification import AttemptStatus, Failure

Code = int | str | None
"""As callbacks (text), answers (number) or neither have it. Where an answer has none its HTTP status stands in."""

_CODES: dict[Failure, tuple[int, ...]] = {
    Failure.INVALID: (21211, 21214, 21217, 21612, 21614, 21635, 30004, 30005, 30006),
    Failure.OPTED_OUT: (21610,),
    # Credentials, sender, geographic permission, registration, the request itself: never the recipient's fault.
    Failure.OUR_ACCOUNT: (
        *(301, 302, 303, 307, 308, 401, 403, 404, 405),
        *(10001, 10002, 20003, 20005, 20404, 30002, 30032, 30034),
        *(21215, 21216, 21219, 21408, 21602, 21606, 21603, 21608, 21609, 21617, 21619, 21659, 21660, 21703),
    ),
    # 30003 is a handset that is switched off: it is listed to say that the number is good.
    Failure.UNDELIVERED: (30001, 30003, 30008, 30009, 30410),
    Failure.EXPIRED: (30036,),
    Failure.FILTERED: (30007, 30450),
}
_FAILURES = {code: failure for failure, codes in _CODES.items() for code in codes}

_TRIAL = range(573000, 574000)
"""A trial account, or one without an approved compliance profile."""

_THROTTLED = frozenset({429, 14107, 20429, 21611, 22005})

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
    return Failure.OUR_ACCOUNT if number in _TRIAL else _FAILURES.get(number, Failure.UNDELIVERED)


def is_throttle(code: Code) -> bool:
    """Whether the request was refused for its pace alone: it was never processed, and may be made again later."""
    return _number(code) in _THROTTLED


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
