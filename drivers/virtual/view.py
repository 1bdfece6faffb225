"""Central perspective: from metres of the plan to pixels of one camera's picture."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import Site
from drivers.virtual.state import Pose

Floats = npt.NDArray[np.float64]
PAN_RANGE = math.radians(55)
TILT_RANGE = math.radians(20)
ZOOM_RANGE = 6.0
"""How much narrower the view is at full zoom."""
NEAR = 1.0


class View:
    """One camera's eye: where it is, where it looks, how large its picture is. Immutable."""

    def __init__(self, site: Site, pose: Pose, width: int, height: int, fov: float | None = None) -> None:
        yaw = site.yaw - pose.pan * PAN_RANGE
        pitch = site.pitch - pose.tilt * TILT_RANGE
        self.width, self.height = width, height
        wide = site.fov if fov is None else fov
        # Zoom narrows the picture on the image plane, evenly to the eye: the factor grows exponentially.
        self.focal = width / 2 / math.tan(wide / 2) * ZOOM_RANGE**pose.zoom
        self.eye = np.array((site.x, site.y, site.height))
        cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
        self.axes = np.array(((sy, -cy, 0.0), (-cy * sp, -sy * sp, -cp), (cy * cp, sy * cp, -sp)))
        """Rows: the picture's right, its down, and forward, in metres of the plan."""

    def finer(self, factor: float) -> View:
        """The same view with ``factor`` times as many pixels each way (below 1: fewer)."""
        other = View.__new__(View)
        other.width, other.height = round(self.width * factor), round(self.height * factor)
        other.focal, other.eye, other.axes = self.focal * other.width / self.width, self.eye, self.axes
        return other

    def camera(self, points: Floats) -> Floats:
        """Points of the plan (N x 3, metres) in the camera's own axes: right, down, forward."""
        local: Floats = (points - self.eye) @ self.axes.T
        return local

    def pixels(self, local: Floats) -> Floats:
        """Pixels (N x 2) of points in the camera's axes, whose forward part must be positive."""
        flat: Floats = local[:, :2] * (self.focal / local[:, 2:3])
        flat += (self.width / 2, self.height / 2)
        return flat

    def project(self, points: Floats) -> Floats | None:
        """Pixels of a shape's points, or None when a part of it is behind the camera."""
        local = self.camera(points)
        return None if local[:, 2].min() < NEAR else self.pixels(local)

    def polygon(self, points: Floats) -> Floats | None:
        """Pixels of a flat polygon cut at the near plane; None when nothing of it is in front."""
        local = self.camera(points)
        ahead = local[:, 2] >= NEAR
        if not ahead.any():
            return None
        if not ahead.all():
            kept = []
            for index in range(len(local)):
                a, b = local[index - 1], local[index]
                if (a[2] >= NEAR) != (b[2] >= NEAR):
                    kept.append(a + (b - a) * ((NEAR - a[2]) / (b[2] - a[2])))
                if b[2] >= NEAR:
                    kept.append(b)
            local = np.array(kept)
        return self.pixels(local)
