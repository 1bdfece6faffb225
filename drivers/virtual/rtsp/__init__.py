"""The RTSP side of a virtual camera (RFC 2326): signalling is here, encoding and packets come from the stream bank."""

from drivers.virtual.rtsp.server import RtspServer

__all__ = ["RtspServer"]
