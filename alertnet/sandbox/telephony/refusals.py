"""What the provider refuses, with its own codes, and its magic numbers: https://www.twilio.com/docs/iam/test-credentials."""

REASONS = {
    20001: "Unknown parameters: {}",
    20003: "Authenticate",
    20005: "Account {} is not active",
    20404: "The requested resource {} was not found",
    20409: "Only scheduled messages can be canceled, this one is {}",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21201: "No 'To' number is specified",
    21205: "Url parameter is required and must be valid: {}",
    21206: "Invalid SendDigits: {}",
    21208: "Invalid Timeout: {} (allowed: 1 to 600)",
    21209: "Invalid method: {} (allowed: POST)",
    21211: "Invalid 'To' Phone Number: {}",
    21212: "Invalid From Number: {}",
    21213: "No 'From' number is specified",
    21214: "'To' phone number cannot be reached: {}",
    21215: "Account not authorized to call {}",
    21216: "Account not allowed to call {}",
    21217: "Phone number does not appear to be valid: {}",
    21220: "Invalid call state: {}",
    21408: "Permission to send an SMS has not been enabled for the region of {}",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' phone number {} is not a valid, SMS-capable phone number for your account",
    21609: "Invalid 'StatusCallback' URL: {}",
    21610: "Attempt to send to unsubscribed recipient {}",
    21611: "This 'From' number has exceeded the maximum number of queued messages: {}",
    21612: "Message cannot be sent with the current combination of 'To' and 'From': {}",
    21614: "'To' number is not a valid mobile number: {}",
    21617: "The concatenated message body exceeds the 1600 character limit: {}",
    21624: "Invalid ValidityPeriod: {} (allowed: 1 to 36000)",
    21626: "Invalid StatusCallbackEvent: {} (allowed: initiated, ringing, answered, completed)",
    30003: "Unreachable destination handset",
}

_MAGIC = "+1500555000"
TEXTS_TO = {_MAGIC + "1": 21211, _MAGIC + "2": 21612, _MAGIC + "3": 21408, _MAGIC + "4": 21610, _MAGIC + "9": 21614}
TEXTS_FROM = {_MAGIC + "1": 21212, _MAGIC + "7": 21606, _MAGIC + "8": 21611}
CALLS_TO = {_MAGIC + "1": 21217, _MAGIC + "2": 21214, _MAGIC + "3": 21215, _MAGIC + "4": 21216}
CALLS_FROM = {_MAGIC + "1": 21212}


class Refusal(Exception):
    """A request that the provider refuses: its HTTP status, its code and its words."""

    def __init__(self, code: int, subject: object = "", status: int = 400) -> None:
        self.code = code
        self.status = status
        self.message = REASONS[code].format(subject)
        super().__init__(self.message)
