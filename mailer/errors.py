"""What can go wrong between a letter's text and the other side's mail server.

    MailError
    ├── LetterError             the letter cannot become a message
    │   ├── UnknownPlaceholder  a `{name}` that is not in the list
    │   ├── MalformedTemplate   any other fault of the sheet's text
    │   ├── UnsafeHeader        a line break or control character in a header
    │   ├── InconsistentValues  the amounts do not add up: nothing wrong may leave
    │   └── UnknownIdentity     the creditor's name, tax id or address is missing
    ├── AddressError            not one plain address
    ├── PixError                no BR Code can be made of these values
    ├── ConfigurationError      a person has to change a setting; trying again will not help
    │   └── PasswordMissing     no password where one is needed
    ├── DeliveryError           misuse of a transport
    │   └── MalformedMessage    bytes that SMTP must not carry
    └── InboxError              the mailbox could not be read (further); later it may be

What a person typed comes back as `Problem`s (see `letter.Problem`) from the `check` functions;
these exceptions are raised when somebody goes on regardless. What a server answers is an
`Outcome`, not an exception.
"""

from __future__ import annotations


class MailError(Exception):
    """Anything of this package; `code` is what a program may compare."""

    code = "mail_error"


class LetterError(MailError):
    """The letter cannot become a message."""

    code = "letter"


class UnknownPlaceholder(LetterError):
    """A `{name}` that is not in the list of placeholders."""

    code = "unknown_placeholder"


class MalformedTemplate(LetterError):
    """A fault of the sheet's text other than an unknown placeholder; `code` names it."""

    def __init__(self, message: str, code: str = "malformed_template") -> None:
        super().__init__(message)
        self.code = code


class UnsafeHeader(LetterError):
    """A line break or control character where a header is to be written."""

    code = "unsafe_header"


class InconsistentValues(LetterError):
    """Amounts that do not add up: such a letter must not leave."""

    code = "inconsistent_values"


class UnknownIdentity(LetterError):
    """The creditor's legal name, tax id or address is missing (CDC art. 42-A)."""

    code = "unknown_identity"


class AddressError(MailError):
    """Not one plain address."""

    code = "invalid_address"


class PixError(MailError):
    """No BR Code can be made of these values; `code` names the reason."""

    def __init__(self, message: str, code: str = "pix") -> None:
        super().__init__(message)
        self.code = code


class ConfigurationError(MailError):
    """A person has to change a setting; trying again will not help."""

    code = "configuration"


class PasswordMissing(ConfigurationError):
    """No password where one is needed."""

    code = "password_missing"


class DeliveryError(MailError):
    """A transport was used in a way it does not allow."""

    code = "delivery"


class MalformedMessage(DeliveryError):
    """Bytes that SMTP must not carry, such as a bare line feed."""

    code = "malformed_message"


class InboxError(MailError):
    """The mailbox could not be read, or not to its end; what was read before counts."""

    code = "inbox"
