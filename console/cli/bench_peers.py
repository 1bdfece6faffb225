"""What others cost for the same streams in the same minutes: FFmpeg (decode only), GStreamer, mpv.

Each runs as a process of its own that shows the same pictures at the same size on the same display; its CPU is read
from the system. Peers that are not installed are left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from math import ceil, isqrt

import psutil

PROBE = {"probesize": "32768", "analyzeduration": "500000"}


def peer_commands(urls: Sequence[str], size: tuple[int, int]) -> dict[str, list[str]]:
    """The command lines of the installed peers. ``urls`` must hold no passwords: others can read command lines."""
    side = isqrt(len(urls) - 1) + 1
    width, height = size[0] // side, size[1] // side
    found = {}
    if shutil.which("ffmpeg"):
        found["ffmpeg_decode_only"] = list(_ffmpeg(urls))
    if shutil.which("gst-launch-1.0"):
        found["gstreamer_compositor"] = list(_gstreamer(urls, size, side, width, height))
    if shutil.which("mpv"):
        found["mpv_mosaic"] = list(_mpv(urls, side, width, height))
    return found


def measure_peer(commands: Sequence[Sequence[str]], streams: int, seconds: float, warm_up: float) -> float | None:
    """CPU of the peer, one command a monitor, in per cent of one core; None if one of them ended by itself (it could
    not show the streams)."""
    with open(os.devnull, "wb") as nothing:
        started = [
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing) for command in commands
        ]
    try:
        time.sleep(warm_up + streams / 4)
        watched = [psutil.Process(process.pid) for process in started]
        before, start = sum(map(_used, watched)), time.monotonic()
        time.sleep(seconds)
        if any(process.poll() is not None for process in started):
            return None
        return 100.0 * (sum(map(_used, watched)) - before) / (time.monotonic() - start)
    except psutil.NoSuchProcess:
        return None
    finally:
        for process in started:
            process.kill()
            process.wait()


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _ffmpeg(urls: Sequence[str]) -> Iterator[str]:
    yield from ("ffmpeg", "-v", "quiet", "-nostdin")
    for url in urls:
        yield from ("-rtsp_transport", "tcp", "-fflags", "nobuffer", "-probesize", PROBE["probesize"])
        yield from ("-analyzeduration", PROBE["analyzeduration"], "-threads", "1", "-i", url)
    for index in range(len(urls)):
        yield from ("-map", f"{index}:v")
    yield from ("-fps_mode", "passthrough", "-f", "null", "-")


def _gstreamer(urls: Sequence[str], size: tuple[int, int], side: int, width: int, height: int) -> Iterator[str]:
    yield from ("gst-launch-1.0", "-q", "compositor", "name=c")
    for index in range(len(urls)):
        x, y = index % side * width, index // side * height
        yield from (f"sink_{index}::xpos={x}", f"sink_{index}::ypos={y}")
        yield from (f"sink_{index}::width={width}", f"sink_{index}::height={height}")
    yield from ("!", f"video/x-raw,width={size[0]},height={size[1]},framerate=15/1")
    yield from ("!", "videoconvert", "!", "ximagesink", "sync=false")
    for index, url in enumerate(urls):
        yield from ("rtspsrc", f"location={url}", "protocols=tcp", "latency=0")
        yield from ("!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "max-threads=1")
        yield from ("!", "queue", "!", f"c.sink_{index}")


def _mpv(urls: Sequence[str], side: int, width: int, height: int) -> Iterator[str]:
    yield from ("mpv", "--no-config", "--no-audio", "--really-quiet", "--vo=x11", "--profile=low-latency")
    yield from ("--rtsp-transport=tcp", f"--demuxer-lavf-probesize={PROBE['probesize']}")
    yield from ("--demuxer-lavf-analyzeduration=0.5", "--vd-lavc-threads=1", "--hwdec=no", urls[0])
    yield from (f"--external-file={url}" for url in urls[1:])
    count = len(urls)
    scaled = "".join(f"[vid{i + 1}]scale={width}:{height}[v{i}];" for i in range(count))
    if count == 1:
        yield f"--lavfi-complex=[vid1]scale={width}:{height}[vo]"
        return
    inputs = "".join(f"[v{i}]" for i in range(count))
    places = "|".join(f"{i % side * width}_{i // side * height}" for i in range(count))
    yield f"--lavfi-complex={scaled}{inputs}xstack=inputs={count}:layout={places}[vo]"


def rounded(value: float) -> float:
    """One decimal, upwards: a bench does not flatter."""
    return ceil(value * 10) / 10
