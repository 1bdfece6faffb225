"""What can go wrong with a device. The class builds the sentence: who, what, and what to do next.

A ``DriverError`` carries the device's or stream's name, never a URL with credentials.
"""

from __future__ import annotations


class DriverError(Exception):
    """Base of all errors of drivers: ``source`` names the device, ``detail`` what was seen, ``advice`` what to do."""

    what = "failed"
    advice = "Try again; if it stays so, open the doctor for this device."

    def __init__(self, source: str, detail: str = "", advice: str = "") -> None:
        self.source = source
        self.detail = detail
        if advice:
            self.advice = advice
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """One sentence for the operator, then the advice."""
        middle = f": {self.detail}" if self.detail else ""
        return f"{self.source}: {self.what}{middle}. {self.advice}"

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.source, self.detail, self.advice))


class Unreachable(DriverError):
    """Nothing answers, or the connection broke."""

    what = "not reachable"
    advice = "Check its power, cable and address."


class TimedOut(Unreachable):
    """It accepted and then said nothing in time."""

    what = "no answer in time"
    advice = "Check the network between here and the device, and whether it is overloaded."


class Refused(DriverError):
    """User name or password refused. Never retried by itself: cameras lock accounts."""

    what = "user name or password refused"
    advice = "Enter other credentials; it is not tried again until they change."


class LockedOut(Refused):
    """The device has locked the account after too many wrong passwords."""

    what = "account locked by the device"
    advice = "Wait until the device unlocks it (often 30 minutes), then enter the right credentials."


class BadAnswer(DriverError):
    """It answered, but not in the protocol: HTML for SOAP, cut or oversized XML, an SDP that lies."""

    what = "answered with something that cannot be understood"
    advice = "Check that the address leads to the device itself and that its firmware is current."


class Unsupported(DriverError):
    """The device does not offer what was asked for."""

    what = "does not offer this"
    advice = "See the device's page for what it can do."


class NotVideo(BadAnswer):
    """The stream was opened and has no video in it."""

    what = "the stream has no video"
    advice = "Choose another profile or URL of this camera."


class NotFound(DriverError):
    """The server says that there is no such stream or service."""

    what = "no such stream on the device"
    advice = "Read the camera's profiles again, or correct the URL."


class NoSound(Unsupported):
    """The stream was opened and has nothing to hear in it."""

    what = "no sound in this stream"
    advice = "Switch its microphone on at the camera, if it has one."


class NoSoundOut(DriverError):
    """This computer cannot play sound."""

    what = "sound cannot be played here"
    advice = "Check that this computer has a sound card that no other program holds for itself."


class StopNotConfirmed(DriverError):
    """A camera was told to stop in every way it has and has not said that it stands still."""

    what = "it may still be moving; the stop is not confirmed"
    advice = "Watch its picture, press Stop again, and switch its power off if it does not stand still."
