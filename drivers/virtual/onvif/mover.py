"""How a PTZ head moves over time: speeds, time limits and targets, without any clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.virtual.state import CameraState, Pose

PAN_TILT_SPEED = 0.5
"""Units of [-1, 1] per second at full speed: from end to end in four seconds, as quick domes do."""
ZOOM_SPEED = 0.25
DEFAULT_TIMEOUT = 10.0


@dataclass(slots=True)
class _Axis:
    velocity: float = 0.0
    until: float = 0.0
    target: float | None = None

    def step(self, position: float, before: float, now: float, low: float) -> float:
        """The new position; stops by itself at the target, at an end or when its time is over."""
        seconds = max(0.0, min(now, self.until) - before)
        moved = position + self.velocity * seconds
        if self.target is not None and (self.target - moved) * self.velocity <= 0:
            moved, self.velocity = self.target, 0.0
        if moved >= 1.0 or moved <= low:
            moved = min(1.0, max(low, moved))
            self.velocity = self.velocity if (moved == low) == (self.velocity > 0) else 0.0
        if now >= self.until:
            self.velocity = 0.0
        if not self.velocity:
            self.target = None
        return moved


class Mover:
    """Moves ``state.pose``. ``mono`` gives seconds; call ``advance`` often enough for the picture. City's loop only."""

    def __init__(self, state: CameraState, mono: Callable[[], float]) -> None:
        self._state, self._mono = state, mono
        self._at = mono()
        self._pan, self._tilt, self._zoom = _Axis(), _Axis(), _Axis()

    @property
    def moving(self) -> tuple[bool, bool]:
        """Whether pan/tilt and zoom move now."""
        return bool(self._pan.velocity or self._tilt.velocity), bool(self._zoom.velocity)

    def advance(self) -> Pose:
        """Bring the pose up to now."""
        before, self._at = self._at, self._mono()
        if not any(self.moving):
            return self._state.pose
        pose = self._state.pose
        return self._state.look(
            pan=self._pan.step(pose.pan, before, self._at, -1.0),
            tilt=self._tilt.step(pose.tilt, before, self._at, -1.0),
            zoom=self._zoom.step(pose.zoom, before, self._at, 0.0),
        )

    def drive(self, pan_tilt: tuple[float, float] | None, zoom: float | None, timeout: float | None) -> None:
        """Move at speeds in [-1, 1] for ``timeout`` seconds (the device's own limit for None; may be infinite);
        axes given as None go on as they were."""
        self.advance()
        until = self._at + (DEFAULT_TIMEOUT if timeout is None else timeout)
        if pan_tilt is not None:
            self._pan = _Axis(pan_tilt[0] * PAN_TILT_SPEED, until)
            self._tilt = _Axis(pan_tilt[1] * PAN_TILT_SPEED, until)
        if zoom is not None:
            self._zoom = _Axis(zoom * ZOOM_SPEED, until)

    def go(self, pan_tilt: tuple[float, float] | None, zoom: float | None, speed: float = 1.0) -> None:
        """Move to a position; pan and tilt arrive together."""
        pose = self.advance()
        if pan_tilt is not None:
            ways = (pan_tilt[0] - pose.pan, pan_tilt[1] - pose.tilt)
            seconds = max(abs(way) for way in ways) / (PAN_TILT_SPEED * speed)
            self._pan, self._tilt = (
                _Axis(way / seconds if seconds else 0.0, self._at + seconds + 1.0, target)
                for way, target in zip(ways, pan_tilt, strict=True)
            )
        if zoom is not None:
            way = zoom - pose.zoom
            velocity = ZOOM_SPEED * speed * (1 if way > 0 else -1 if way < 0 else 0)
            self._zoom = _Axis(velocity, self._at + abs(way) / (ZOOM_SPEED * speed) + 1.0, zoom)

    def stop(self, pan_tilt: bool = True, zoom: bool = True) -> None:
        """Stand still where it is now."""
        self.advance()
        if pan_tilt:
            self._pan, self._tilt = _Axis(), _Axis()
        if zoom:
            self._zoom = _Axis()
