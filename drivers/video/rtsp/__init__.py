"""An own reader of RTSP over TCP for H.264 and H.265, for pictures that are there with their last packet.

FFmpeg's demuxer gives a picture away when the next one begins, one frame late, and reads with several system calls a
packet. Whatever this reader does not understand it leaves to FFmpeg (``NotOurs``).
"""

from __future__ import annotations


class NotOurs(Exception):
    """Something that FFmpeg may know better; never a verdict on the camera. Holds no URL and no password."""
