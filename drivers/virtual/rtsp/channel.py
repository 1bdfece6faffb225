"""One stream of one camera as it runs, shared by all who watch it.

A new watcher is started at once with the group of pictures that is running, in one burst with the frames' true
timestamps, as GStreamer's server does; real cameras often make it wait for the next key frame instead. Timestamps and
sender reports follow the wall clock, so a burst shows as what it is: pictures from the past second or two.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

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
        width, height = (int(part) & ~1 for part in size.lower().split("x"))
        profile = replace(profile, width=width, height=height)
    return profile


@dataclass(eq=False, slots=True)
class Member:
    """A watcher and how to end its connection."""

    watcher: Watcher
    end: Callable[[], None]


class Channel:
    """Frames of one stream at their times. Lives in the city's asyncio loop; drawing happens in the bank's threads."""

    def __init__(self, state: CameraState, token: str, bank: StreamBank, clock: Callable[[], float]) -> None:
        self._state, self._token, self._bank, self._clock = state, token, bank, clock
        self._members: list[Member] = []
        self._task: asyncio.Task[None] | None = None
        self._live: Live | None = None
        self._live_profile: VirtualProfile | None = None
        self._group: list[tuple[Frame, float]] = []
        self._mute = False

    def join(self, watcher: Watcher, end: Callable[[], None]) -> Member:
        """Start sending to a watcher; ``end`` is called when the stream ends for good."""
        member = Member(watcher, end)
        jump = self._jump()
        if self._group and not self._mute:
            for frame, time in self._group:
                watcher.send(frame, time, jump)
        self._members.append(member)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return member

    def leave(self, member: Member) -> None:
        """Stop sending to a watcher."""
        if member in self._members:
            self._members.remove(member)

    async def stop(self) -> None:
        """End the stream; its watchers get nothing more."""
        self._members.clear()
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _jump(self) -> float:
        return float(self._state.faults.peek("time_jump") or 0.0)

    async def _run(self) -> None:
        try:
            while self._members:
                profile = profile_of(self._state, self._token)
                if not await self._play(profile):
                    break
        finally:
            # Nobody is left waiting for a stream that has ended, be it by a new codec or by a failure.
            for member in self._members:
                member.end()
            self._members.clear()
            self._close_live()
            self._group.clear()
            self._task = None

    async def _play(self, profile: VirtualProfile) -> bool:
        """Send frames until nobody watches or the settings change. False: the codec changed, which ends a stream."""
        loop = None
        usual = self._state.spec.sub
        if self._token == usual.token and profile == usual:
            loop = await asyncio.wrap_future(self._bank.pool.submit(self._bank.loop, self._state.spec, usual))
        shift, fps = phase(self._state.spec), profile.fps
        index = math.floor(self._clock() * fps - shift)
        index -= index % profile.gop if loop is not None and self._calm() else 0
        while self._members:
            due = (index + shift) / fps
            delay = due - self._clock()
            if delay > 0:
                await asyncio.sleep(min(delay, 1.0))
                if delay > 1.0:  # the wall clock was set back: begin anew
                    return True
            now = profile_of(self._state, self._token)
            if now != profile:
                return now.codec is profile.codec
            frame = await self._frame(loop, profile, index, due)
            self._deliver(frame, due)
            index += 1
            late = math.floor(self._clock() * fps - shift) - index
            if self._live is not None and late > 0:
                index += late  # too slow to draw every picture: leave some out, never lag
            elif late > profile.gop:
                return True
        return True

    def _calm(self) -> bool:
        return self._bank.calm(self._state)

    async def _frame(self, loop: Loop | None, profile: VirtualProfile, index: int, due: float) -> Frame:
        if loop is not None:
            group, place = divmod(index % loop.frames, loop.gop)
            if self._calm() and (self._live is None or place == 0):  # back from live only with a key frame
                self._close_live()
                if place == 0:
                    self._bank.group(self._state.spec, profile, (group + 1) % len(loop))
                frames = loop.ready(group)
                if frames is None:
                    frames = await asyncio.wrap_future(self._bank.group(self._state.spec, profile, group))
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
