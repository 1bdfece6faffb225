"""FFmpeg's errors become drivers.errors in this one place.

Sentences never hold the URL: it can carry a password, and devices put odd things into theirs.
"""

from __future__ import annotations

import errno

import av.error
from av.error import FFmpegError

from drivers.errors import BadAnswer, DriverError, NotFound, Refused, TimedOut, Unreachable, Unsupported

_CANNOT = (av.error.ProtocolNotFoundError, av.error.DemuxerNotFoundError, av.error.DecoderNotFoundError)
_UNREACHABLE = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network is unreachable",
    errno.EPIPE: "connection broken",
    errno.EADDRNOTAVAIL: "the address is not valid here",
    errno.ENETDOWN: "the network is down",
    errno.EIO: "the connection broke or the name is unknown",
}


def unreachable(source: str, error: OSError) -> Unreachable:
    """The DriverError for what the system said about a connection to ``source``."""
    if isinstance(error, TimeoutError):
        return TimedOut(source)
    return Unreachable(source, _UNREACHABLE.get(error.errno or 0, "the connection broke"))


def translate(source: str, error: FFmpegError) -> DriverError:
    """The DriverError for what FFmpeg said about the stream called ``source``."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return Refused(source)
    if isinstance(error, av.error.HTTPNotFoundError):
        return NotFound(source)
    if isinstance(error, av.error.HTTPClientError | av.error.HTTPError):
        return BadAnswer(source, "the server answered with an error status")
    # A time-out of FFmpeg's interrupt callback arrives as ExitError, one of the socket as ETIMEDOUT.
    if isinstance(error, av.error.ExitError) or error.errno in (errno.ETIMEDOUT, errno.EAGAIN):
        return TimedOut(source)
    if error.errno in _UNREACHABLE:
        return Unreachable(source, _UNREACHABLE[error.errno])
    if error.errno == errno.ENOENT:
        return NotFound(source, advice="Check the path or the URL.")
    if error.errno == errno.EPROTONOSUPPORT:
        return Unsupported(source, "it does not serve over this transport", "Set this camera to the other, TCP or UDP.")
    if isinstance(error, _CANNOT):
        return Unsupported(source, "no protocol or decoder for this kind of stream", "Choose another profile or URL.")
    if isinstance(error, av.error.EOFError):
        return Unreachable(source, "the other side ended the stream")
    return BadAnswer(source, error.strerror or "invalid data")
