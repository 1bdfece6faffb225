"""One stream of one camera as it runs, shared by all who watch it.

A new watcher is started at once with the group of pictures that is running, in one burst with the frames' true
timestamps, as GStreamer's server does; real cameras often make it wait for the next key frame instead. Timestamps and
sender reports follow the wall clock, so a burst shows as what it is: pictures from the past second or two.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace

from drivers.types import Codec
from drivers.virtual.encode import Frame
from drivers.virtual.loops import Live, Loop, StreamBank, phase
from drivers.virtual.rtsp.rtp import Watcher
from drivers.virtual.state import CameraState, VirtualProfile

STUCK_S = 10.0
"""A watcher that has not read for so long is dropped."""


def profile_of(state: CameraState, token: str) -> VirtualProfile:
    """A stream's settings as they are now, with the faults ``codec`` and ``resolution`` applied."""
    profile = state.spec.main if token == state.spec.main.token else state.spec.sub
    codec, size = state.faults.peek("codec"), state.faults.peek("resolution")
    if codec is not None:
        profile = replace(profile, codec=Codec(codec))
    if size is not None:
        width, height = (min(1920, max(32, int(part) & ~1)) for part in size.lower().split("x"))
        profile = replace(profile, width=width, height=height)
    return profile


class Member:
    """A watcher, how to end its connection, and the run that serves it."""

    def __init__(self, watcher: Watcher, end: Callable[[], None], run: _Run) -> None:
        self.watcher, self.end, self.run = watcher, end, run


class Channel:
    """Hands watchers to the run of its stream, starting one when there is none. Lives in the city's asyncio loop."""

    def __init__(self, state: CameraState, token: str, bank: StreamBank, clock: Callable[[], float]) -> None:
        self._state, self._token, self._bank, self._clock = state, token, bank, clock
        self._run: _Run | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, watcher: Watcher, end: Callable[[], None]) -> Member:
        """Start sending to a watcher; ``end`` is called when the stream ends for good."""
        run, codec = self._run, profile_of(self._state, self._token).codec
        if run is None or run.over or run.codec is not codec:
            run = self._run = _Run(self._state, self._token, self._bank, self._clock, codec)
            task = asyncio.get_running_loop().create_task(run.serve())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        member = Member(watcher, end, run)
        run.join(member)
        return member

    def leave(self, member: Member) -> None:
        """Stop sending to a watcher."""
        member.run.leave(member)

    async def stop(self) -> None:
        """End the stream; its watchers get nothing more."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Run:
    """Frames of one stream at their times, from the first watcher to the last; drawn in the bank's threads."""

    def __init__(
        self, state: CameraState, token: str, bank: StreamBank, clock: Callable[[], float], codec: Codec
    ) -> None:
        self._state, self._token, self._bank, self._clock = state, token, bank, clock
        self.codec = codec
        self.over = False
        """True when nobody watches any more, so that the next watcher starts a run of its own."""
        self._members: list[Member] = []
        self._live: Live | None = None
        self._live_profile: VirtualProfile | None = None
        self._group: list[tuple[Frame, float]] = []
        self._mute = False

    def join(self, member: Member) -> None:
        """Add a watcher; it gets the running group of pictures at once."""
        if not self._mute:
            jump = self._jump()
            for frame, time in self._group:
                member.watcher.send(frame, time, jump)
        self._members.append(member)

    def leave(self, member: Member) -> None:
        """Remove a watcher."""
        if member in self._members:
            self._members.remove(member)
            self.over = not self._members

    def _jump(self) -> float:
        return float(self._state.faults.peek("time_jump") or 0.0)

    async def serve(self) -> None:
        """Send until nobody watches, the codec changes or the task is cancelled."""
        try:
            while not self.over:
                profile = profile_of(self._state, self._token)
                if profile.codec is not self.codec:
                    break
                await self._play(profile)
        finally:
            # Nobody is left waiting for a stream that has ended, be it by a new codec or by a failure.
            self.over = True
            for member in self._members:
                member.end()
            self._members.clear()
            self._close_live()

    async def _play(self, profile: VirtualProfile) -> None:
        """Send frames until nobody watches, the settings change or the clock jumps."""
        loop = None
        usual = self._state.spec.sub
        if self._token == usual.token and profile == usual:
            loop = await asyncio.wrap_future(self._bank.pool.submit(self._bank.loop, self._state.spec, usual))
        shift, fps = phase(self._state.spec), profile.fps
        index = math.floor(self._clock() * fps - shift)
        if loop is not None and self._bank.calm(self._state, self._clock()):
            index -= index % loop.frames % loop.gop  # begin with the key frame of the group that is due
        while not self.over:
            due = (index + shift) / fps
            delay = due - self._clock()
            if delay > 0:
                await asyncio.sleep(min(delay, 1.0))
            if delay > 1.0 or profile_of(self._state, self._token) != profile:
                return  # the wall clock was set back, or there are new settings
            self._deliver(await self._frame(loop, profile, index, due), due)
            index += 1
            late = math.floor(self._clock() * fps - shift) - index
            if self._live is not None and late > 0:
                index += late  # too slow to draw every picture: leave some out, never lag
            elif late > profile.gop:
                return

    async def _frame(self, loop: Loop | None, profile: VirtualProfile, index: int, due: float) -> Frame:
        spec = self._state.spec
        if loop is not None:
            group, place = divmod(index % loop.frames, loop.gop)
            # Back from live only with a key frame, so that what follows fits.
            if self._bank.calm(self._state, due) and (self._live is None or place == 0):
                self._close_live()
                if place == 0:
                    self._bank.group(spec, profile, (group + 1) % len(loop))
                frames = loop.ready(group)
                if frames is None:
                    frames = await asyncio.wrap_future(self._bank.group(spec, profile, group))
                return frames[place]
        run = asyncio.get_running_loop().run_in_executor
        if self._live is None or self._live_profile != profile:
            self._close_live()
            self._live = await run(self._bank.pool, Live, self._bank, self._state, profile)
            self._live_profile = profile
        return await run(self._bank.pool, self._live.frame, due)

    def _deliver(self, frame: Frame, due: float) -> None:
        if frame.key:
            self._group.clear()
        self._group.append((frame, due))
        faults = self._state.faults
        if faults.peek("silent") is not None or faults.take("stall") is not None:
            self._mute = True
            return
        if self._mute and not frame.key:
            return  # after a pause a decoder can only begin with a key frame
        self._mute = False
        jump, now = self._jump(), self._clock()
        for member in tuple(self._members):
            member.watcher.send(frame, due, jump)
            if member.watcher.stuck is not None and now - member.watcher.stuck > STUCK_S:
                self.leave(member)
                member.end()

    def _close_live(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            self._bank.pool.submit(live.close)  # its last frame may still be in the making there
