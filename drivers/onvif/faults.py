"""Everything that a device can answer instead of what was asked, turned into ``drivers.errors`` in one place."""

from __future__ import annotations

import re
from typing import NoReturn

from zeep.exceptions import DTDForbidden, EntitiesForbidden, Fault, TransportError

from drivers.errors import BadAnswer, DriverError, LockedOut, Refused, Unsupported
from drivers.http_wire import Answer

_MAX_DETAIL = 160
_FAULT = re.compile(r"<(?:[\w.-]+:)?Fault\b")
_REFUSED = re.compile(r"not\s?authori[sz]ed|unauthori[sz]ed|FailedAuthentication|InvalidSecurity", re.IGNORECASE)
_LOCKED = re.compile(r"\block(ed|out)|too many (failed|wrong|login|attempts)|try again (later|after)", re.IGNORECASE)
_ABSENT = re.compile(
    r"ActionNotSupported|NotSupported|not supported|not implemented|NoSuchService|UnknownAction|NoEntity|NoGeoLocation",
    re.IGNORECASE,
)
_NO_CREDENTIALS = "Enter the credentials of this device."


def check_refusal(name: str, answer: Answer, with_credentials: bool) -> None:
    """Raise Refused or LockedOut when the HTTP status or the fault in the body says so, however it is spelt."""
    text = _start(answer)
    if answer.status_code == 423 or (_refuses(answer, text) and _LOCKED.search(text)):
        raise LockedOut(name)
    if _refuses(answer, text):
        raise Refused(name) if with_credentials else Refused(name, "it wants credentials", _NO_CREDENTIALS)


def check_soap(name: str, answer: Answer) -> None:
    """Raise BadAnswer for what cannot be a whole SOAP message, before a parser sees it."""
    head = answer.content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    status = f" (HTTP {answer.status_code})" if answer.status_code != 200 else ""
    if not head:
        raise BadAnswer(name, f"an empty answer{status}")
    lower = head.lower()
    if lower.startswith(b"<!doctype html") or b"<html" in lower:
        raise BadAnswer(name, f"an HTML page instead of SOAP{status}")
    if b"<!doctype" in lower or b"<!entity" in lower:
        raise BadAnswer(name, "XML with a DTD, which is not read")
    if answer.status_code == 404:
        raise Unsupported(name, "no such service at its address (HTTP 404)")
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"--", b"<\x00", b"\x00<")):
        return  # UTF-16 or multipart: the parser decides
    if not head.startswith(b"<"):
        raise BadAnswer(name, f"plain text instead of SOAP{status}")
    if b"Envelope" not in answer.content[-256:]:
        what = "its answer was cut off" if b"Envelope" in head else "XML that is not SOAP"
        raise BadAnswer(name, f"{what}{status}")


def check_operation(name: str, answer: Answer, operation: str) -> None:
    """Raise BadAnswer for a SOAP message that answers something else; the parser would make empty fields of it."""
    text = answer.content.replace(b"\0", b"")  # UTF-16 becomes readable enough
    if not any(word in text for word in (f"{operation}Response".encode(), b"Fault", b"<!DOCTYPE")):
        raise BadAnswer(name, f"SOAP that is no answer to {operation}")


def translate(name: str, error: Exception) -> NoReturn:
    """Raise the DriverError for what zeep made of an answer. Only for errors that the *answer* caused."""
    if isinstance(error, DriverError):
        raise error
    if isinstance(error, Fault):
        codes = " ".join(str(getattr(code, "localname", code)) for code in (error.subcodes or ()) if code is not None)
        said = f"{codes} {error.message or ''}"
        if _ABSENT.search(said):
            raise Unsupported(name, _short(error.message or codes)) from None
        raise DriverError(name, f"it says: {_short(error.message or codes or 'a fault without a reason')}") from None
    if isinstance(error, DTDForbidden | EntitiesForbidden):
        raise BadAnswer(name, "XML with a DTD, which is not read") from None
    if isinstance(error, TransportError):
        raise BadAnswer(name, f"HTTP {error.status_code} without SOAP") from None
    raise BadAnswer(name, f"SOAP that does not fit ({type(error).__name__})") from None


def _refuses(answer: Answer, text: str) -> bool:
    if answer.status_code in (401, 403):
        return True
    return _FAULT.search(text) is not None and _REFUSED.search(text) is not None


def _start(answer: Answer) -> str:
    return answer.content[:16384].decode("utf-8", "replace")


def _short(text: str) -> str:
    """A device's words, printable and short, without a full stop of its own."""
    clean = "".join(letter if letter.isprintable() else " " for letter in str(text)).strip().rstrip(".")
    return clean if len(clean) <= _MAX_DETAIL else clean[:_MAX_DETAIL] + "..."
