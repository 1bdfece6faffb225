"""What stands still in one camera's view: ground, houses, sky and lamp posts, and how the lamps light them.

``survey`` finds for each pixel what is seen there, with its colour and place (once per view); ``light`` then adds up
the lamps, so that a changed lamp costs only the second half. Colours are linear, 0 to 1, in the order B, G, R.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import PAVEMENT, ROAD_HALF, Building, Lamp, Plan
from drivers.virtual.sight import Sight
from drivers.virtual.view import NEAR, View

F32 = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
_FAR = 330.0
LAMP_POWER = 170.0
"""Light on the ground right under a lamp at 100 % is this over the square of its height."""
LAMP_COLOUR = (0.55, 0.82, 1.0)
_WALLS = np.array(
    (
        (0.30, 0.36, 0.46),
        (0.34, 0.36, 0.38),
        (0.42, 0.46, 0.50),
        (0.26, 0.30, 0.44),
        (0.44, 0.42, 0.38),
        (0.30, 0.42, 0.48),
    ),
    np.float32,
)  # fmt: skip
_GROUND = np.array(
    (
        (0.20, 0.27, 0.24),
        (0.40, 0.41, 0.42),
        (0.415, 0.425, 0.435),
        (0.56, 0.57, 0.58),
        (0.215, 0.205, 0.20),
        (0.74, 0.76, 0.78),
    ),
    np.float32,
)
_WARM = np.array(((0.34, 0.62, 0.88), (0.42, 0.70, 0.92), (0.58, 0.56, 0.50), (0.26, 0.50, 0.80)), np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """The light that does not come from lamps: from the sky, from the sun (towards which ``sun`` points), and haze."""

    sky: tuple[float, float, float]
    sun: tuple[float, float, float]
    sun_way: tuple[float, float, float]
    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    haze_m: float
    windows: float
    """How brightly lit windows shine."""
    lamps: float
    """How much the lamps count beside the daylight."""


NIGHT = Light((0.21, 0.140, 0.100), (0, 0, 0), (0, 0, 1), (0.115, 0.062, 0.032), (0.27, 0.175, 0.125), 420.0, 1.0, 1.0)
DAY = Light(
    (0.80, 0.70, 0.62), (0.80, 0.98, 1.12), (0.45, -0.5, 0.74), (0.86, 0.62, 0.40), (0.92, 0.86, 0.80), 520.0, 0.0, 0.08
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What each pixel of a view shows (H x W): own colour, own shine, place in metres, wall direction, haze."""

    colour: F32
    shine: F32
    place: F32
    facing: F32
    """The unit vector away from the surface."""
    haze: F32


def survey(plan: Plan, view: View, light: Light, fine: int = 2) -> Survey:
    """Look at the plan through ``view``; ``fine`` samples per pixel in each direction against jagged edges."""
    wide = view.finer(fine)
    ys, xs = np.mgrid[0 : wide.height, 0 : wide.width].astype(np.float32)
    rays = _rays(wide, xs + 0.5, ys + 0.5)
    walls = _walls(plan, wide)
    ids = np.zeros((wide.height, wide.width), np.int32)
    for number, wall in enumerate(walls, 1):
        cv2.fillConvexPoly(ids, np.round(wall.pixels * 16).astype(np.int32), number, cv2.LINE_8, 4)
    rays, flat = rays.reshape(-1, 3), ids.ravel()
    rise = np.ascontiguousarray(rays[:, 2])
    eye = wide.eye.astype(np.float32)
    colour, shine, place, facing = (np.zeros(rays.shape, np.float32) for _ in range(4))
    haze = np.zeros(len(rays), np.float32)

    sky = np.flatnonzero((flat == 0) & (rise >= -0.004))
    shine[sky] = _sky(rise[sky], light)
    ground = np.flatnonzero((flat == 0) & (rise < -0.004))
    way = np.minimum(-eye[2] / rise[ground], _FAR)
    spots = rays.take(ground, axis=0) * way[:, None]
    spots += eye
    colour[ground] = _ground(plan, spots)
    place[ground], facing[ground, 2] = spots, 1
    haze[ground] = 1 - np.exp(-way / np.float32(light.haze_m))

    if walls:
        seen = np.flatnonzero(flat)
        which = flat[seen] - 1
        along_y = np.array([w.axis == 0 for w in walls])[which]
        levels, starts, sides, heights = (
            np.array([getattr(w, name) for w in walls], np.float32)[which]
            for name in ("level", "start", "side", "height")
        )
        ray = rays.take(seen, axis=0)
        across = np.where(along_y, ray[:, 0], ray[:, 1])
        way = (levels - np.where(along_y, eye[0], eye[1])) / np.where(np.abs(across) < 1e-5, np.float32(1e-5), across)
        way = np.clip(way, np.float32(0.5), np.float32(_FAR))
        spots = ray * way[:, None]
        spots += eye
        u = np.where(along_y, spots[:, 1], spots[:, 0]) - starts
        tones = np.array([w.tone for w in walls], np.uint32)[which]
        colour[seen], shine[seen] = _facade(u, spots[:, 2], heights, tones, light)
        place[seen] = spots
        facing[seen, 0], facing[seen, 1] = np.where(along_y, sides, 0), np.where(along_y, 0, sides)
        haze[seen] = 1 - np.exp(-way / np.float32(light.haze_m))

    shape = (wide.height, wide.width, 3)
    half = fine // 2
    coarse = (slice(half, None, fine), slice(half, None, fine))
    size = (view.width, view.height)

    def small(array: F32) -> F32:
        return array if fine == 1 else np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)

    return Survey(
        small(colour.reshape(shape)),
        small(shine.reshape(shape)),
        place.reshape(shape)[coarse].copy(),  # not a view: that would keep all the samples
        facing.reshape(shape)[coarse].copy(),
        small(haze.reshape(shape[:2])),
    )


def light(sight: Sight, view: View, seen: Survey, levels: Mapping[str, float], mood: Light) -> Image:
    """The picture (H x W x 3 uint8) of a survey with the lamps at ``levels`` in percent."""
    total = np.empty_like(seen.colour)
    sun = np.clip(seen.facing @ np.array(mood.sun_way, np.float32), 0, 1)
    for channel in range(3):
        total[:, :, channel] = mood.sky[channel] + sun * mood.sun[channel]
    glow = np.zeros(total.shape[:2], np.float32)
    for lamp in sight.lamps:
        level = levels.get(lamp.id, 0.0) / 100 * mood.lamps
        if level > 0:
            _shed(glow, seen, lamp, level * LAMP_POWER, view)
    total += glow[:, :, None] * np.array(LAMP_COLOUR, np.float32)
    picture = seen.colour * total
    haze = seen.haze[:, :, None]
    picture += (np.array(mood.horizon, np.float32) - picture) * haze
    picture += seen.shine * (1 - haze)
    image = tone(picture)
    eye = view.eye
    for lamp in sorted(sight.posts, key=lambda lamp: -math.hypot(lamp.x - eye[0], lamp.y - eye[1])):
        _post(image, view, lamp, levels.get(lamp.id, 0.0) / 100, mood)
    return image


def tone(picture: F32) -> Image:
    """Linear light to display values, with a soft shoulder instead of hard clipping."""
    return np.asarray(255.0 * (1 - np.exp(-1.55 * picture)), np.uint8)


def head(lamp: Lamp) -> tuple[float, float, float]:
    """Where a lamp's light comes from, metres."""
    return lamp.x + lamp.arm[0] * 2.0, lamp.y + lamp.arm[1] * 2.0, lamp.height


def _rays(view: View, xs: F32, ys: F32) -> F32:
    axes = view.axes.astype(np.float32)
    right, down = (xs - view.width / 2) / np.float32(view.focal), (ys - view.height / 2) / np.float32(view.focal)
    return np.asarray(right[..., None] * axes[0] + down[..., None] * axes[1] + axes[2], np.float32)


def _sky(rise: F32, light: Light) -> F32:
    share = np.clip(rise / 0.45, 0, 1)[:, None] ** 0.6
    low, high = np.array(light.horizon, np.float32), np.array(light.zenith, np.float32)
    return np.asarray(low + (high - low) * share, np.float32)


@dataclass(frozen=True, slots=True)
class _Wall:
    axis: int  # 0: the wall runs along y at x = level; 1: along x at y = level
    level: float
    start: float
    side: int
    height: float
    tone: int
    distance: float
    pixels: npt.NDArray[np.float64]


def _walls(plan: Plan, view: View) -> list[_Wall]:
    """Walls that face the eye, the farthest first."""
    found = []
    x, y = float(view.eye[0]), float(view.eye[1])
    for house in plan.buildings:
        dx = max(house.x0 - x, 0.0, x - house.x1)
        dy = max(house.y0 - y, 0.0, y - house.y1)
        distance = math.hypot(dx, dy)
        if distance < _FAR:
            found += _sides(house, view, x, y, distance)
    return sorted(found, key=lambda wall: -wall.distance)


def _sides(house: Building, view: View, x: float, y: float, distance: float) -> list[_Wall]:
    sides = []
    for axis, level, side, hidden in (
        (0, house.x0, -1, x >= house.x0), (0, house.x1, 1, x <= house.x1),
        (1, house.y0, -1, y >= house.y0), (1, house.y1, 1, y <= house.y1),
    ):  # fmt: skip
        if hidden:
            continue
        a, b = (house.y0, house.y1) if axis == 0 else (house.x0, house.x1)
        ends = ((level, a), (level, b)) if axis == 0 else ((a, level), (b, level))
        (ax, ay), (bx, by) = ends
        corners = np.array(((ax, ay, 0), (bx, by, 0), (bx, by, house.height), (ax, ay, house.height)), float)
        pixels = view.polygon(corners)
        if pixels is not None and pixels[:, 0].max() > 0 and pixels[:, 0].min() < view.width:
            pixels = np.clip(pixels, -20_000, 20_000)
            sides.append(_Wall(axis, level, a, side, house.height, house.tone, distance, pixels))
    return sides


def _ground(plan: Plan, spots: F32) -> F32:
    x, y = np.ascontiguousarray(spots[:, 0]), np.ascontiguousarray(spots[:, 1])
    dx, dy = abs(_nearest(plan.xs, x)), abs(_nearest(plan.ys, y))
    ax, ay = dx - ROAD_HALF, dy - ROAD_HALF
    rim, bend = np.minimum(ax, ay), 4.0
    corner = (ax < bend) & (ay < bend) & (rim > 0) & ((bend - ax) ** 2 + (bend - ay) ** 2 > bend * bend)
    road = (rim < 0) | corner
    # What each spot is made of, as an index into the palette: lots, slabs light and dark, kerb, asphalt, paint.
    slabs = ((x * (1 / 1.5)).astype(np.int32) + (y * (1 / 1.5)).astype(np.int32)) & 1
    kind = np.where(rim < PAVEMENT, 1 + slabs, 0).astype(np.uint8)
    kind[~road & (rim < 0.3)] = 3
    kind[road] = 4
    for across, aside, other, along in ((dx, ax, ay, y), (dy, ay, ax, x)):
        lane = np.flatnonzero((aside < -0.28) & (other > 0.9))  # away from crossings, where paint can be
        across, aside, other, along = across[lane], aside[lane], other[lane], along[lane]
        line = ((across < 0.09) & (_part(along, 6.0) < 3.2)) | (aside > -0.41)
        paint = line & (other > 4.6)
        paint |= (aside < -0.5) & (other > 3.9) & (other < 4.35)
        paint |= (other < 3.4) & (_part(across + 0.275, 1.1) < 0.55)
        kind[lane[paint]] = 5
    return np.asarray(_GROUND[kind], np.float32)


def _nearest(lines: tuple[float, ...], at: F32) -> F32:
    """Signed distance to the nearest street's centre line."""
    places = np.array(lines, np.float32)
    index = np.searchsorted((places[1:] + places[:-1]) / 2, at)
    return np.asarray(at - places[index], np.float32)


def _facade(u: F32, z: F32, height: F32, tones: npt.NDArray[np.uint32], light: Light) -> tuple[F32, F32]:
    """Colour and shine of wall pixels: ``u`` metres along the wall, ``z`` above ground."""
    wall = _WALLS[tones % len(_WALLS)] * (0.82 + 0.06 * ((tones >> 4) % 5))[:, None].astype(np.float32)
    wall *= np.where(z > height - 0.5, 0.72, 1.0)[:, None]
    wall *= np.where((z > 3.55) & (z < 3.85), 0.75, 1.0)[:, None]
    pitch = (2.6 + 0.35 * ((tones >> 7) % 4)).astype(np.float32)
    column, row = np.floor(u / pitch), np.floor((z - 4.2) / 3.1)
    inside_u, inside_v = np.abs(u / pitch - column - 0.5), (z - 4.2) / 3.1 - row
    upper = (inside_u < 0.21) & (inside_v > 0.16) & (inside_v < 0.74) & (row >= 0) & (z < height - 0.9)
    shop = np.floor(u / 4.6)
    front = (np.abs(u / 4.6 - shop - 0.5) < 0.41) & (z > 0.55) & (z < 3.0)
    key = _whole(column) * 7349 + _whole(row) * 9151 + tones * 31
    mixed = (key ^ (key >> 5)) * 2654435761 >> 11 & 0xFFFF
    lit = upper & (mixed % 100 < 26)
    shop_key = (_whole(shop) * 6271 + tones * 131) * 2654435761 >> 11 & 0xFFFF
    shop_lit = front & (shop_key % 100 < 34)
    glass = upper | front
    wall[np.flatnonzero(glass)] = (0.30, 0.24, 0.19)
    shine = np.zeros_like(wall)
    if not light.windows:
        return wall, shine
    rooms = np.flatnonzero(lit)
    own, high = mixed[rooms], inside_v[rooms]
    # Blinds hang down some way in most rooms, and light comes from the ceiling; a bar divides the window.
    force = (0.35 + 0.45 * ((own >> 3) % 8) / 8) * np.where(
        high > 0.74 - 0.07 * ((own >> 6) % 6), 0.45, 0.75 + 0.4 * high
    )
    force = np.where(inside_u[rooms] < 0.014, force * 0.35, force).astype(np.float32)
    shine[rooms] = _WARM[own % 4] * (force * np.float32(light.windows))[:, None]
    # Shops are brightest at the ceiling and darker where goods stand.
    shops = np.flatnonzero(shop_lit)
    fall = (0.42 + 0.30 * (z[shops] - 0.55) / 2.45).astype(np.float32) * np.float32(light.windows)
    shine[shops] = _WARM[shop_key[shops] % 4] * fall[:, None]
    return wall, shine


def _part(at: npt.NDArray[np.floating], length: float) -> F32:
    """``at % length``; NumPy's own raises a false alarm about invalid values for some float32 arrays."""
    return np.asarray(at - np.floor(at * np.float32(1 / length)) * np.float32(length), np.float32)


def _whole(numbers: F32) -> npt.NDArray[np.uint32]:
    return numbers.astype(np.int32).astype(np.uint32)


def _shed(glow: F32, seen: Survey, lamp: Lamp, power: float, view: View) -> None:
    """Add one lamp's light: inverse square, the cosine on the surface, and a head that throws downwards."""
    hx, hy, hz = head(lamp)
    # Only the part of the picture that the lamp can reach: its surroundings projected, all of it when in doubt.
    reach = 34.0
    corners = np.array([(hx + a, hy + b, c) for a in (-reach, reach) for b in (-reach, reach) for c in (0.0, 14.0)])
    pixels = view.project(corners)
    top, bottom, left, right = 0, view.height, 0, view.width
    if pixels is None:
        if view.camera(corners)[:, 2].max() < NEAR:
            return
    else:
        (left, top), (right, bottom) = np.floor(pixels.min(axis=0)).astype(int), np.ceil(pixels.max(axis=0)).astype(int)
        left, right = max(0, int(left)), min(view.width, int(right))
        top, bottom = max(0, int(top)), min(view.height, int(bottom))
        if left >= right or top >= bottom:
            return
    part = (slice(top, bottom), slice(left, right))
    rel = np.array((hx, hy, hz), np.float32) - seen.place[part]
    square = np.einsum("ijk,ijk->ij", rel, rel) + np.float32(0.5)
    down = np.clip(rel[:, :, 2], 0.0, None)
    hit = np.clip(np.einsum("ijk,ijk->ij", rel, seen.facing[part]), 0.0, None)
    # cos(surface) * cos(beam) / d^2 with both cosines over d
    glow[part] += np.float32(power) * hit * down / (square * square)


def _post(image: Image, view: View, lamp: Lamp, level: float, mood: Light) -> None:
    hx, hy, hz = head(lamp)
    points = view.project(
        np.array(((lamp.x, lamp.y, 0.0), (lamp.x, lamp.y, hz + 0.1), (hx, hy, hz + 0.25), (hx, hy, hz)))
    )
    if points is None:
        return
    depth = float(view.camera(np.array(((lamp.x, lamp.y, 2.0),)))[0, 2])
    scale = view.focal / depth
    if points[:, 0].max() < -50 or points[:, 0].min() > view.width + 50 or scale < 3:
        return
    fixed = np.clip(np.round(points * 16), -1_000_000, 1_000_000).astype(np.int32)
    dark = (52, 48, 46) if mood is DAY else (30, 24, 22)
    cv2.polylines(image, [fixed[:3]], False, dark, max(1, round(scale * 0.13)), cv2.LINE_AA, 4)
    size = max(1.2, scale * 0.24)
    x, y = float(points[3, 0]), float(points[3, 1])
    shown = level if mood is not DAY else level * 0.25
    if shown > 0:
        add_glow(image, x, y, size * (4.0 + 7 * shown), size * (4.0 + 7 * shown), (120, 190, 230), 0.22 + 0.50 * shown)
    bulb = tuple(
        int(dim + (lit - dim) * min(1.0, shown * 1.3)) for dim, lit in zip((70, 70, 72), (215, 245, 255), strict=True)
    )
    axes = (round(size * 16 * 1.5), round(size * 16 * 0.55))
    cv2.ellipse(image, (round(x * 16), round(y * 16)), axes, 0, 0, 360, bulb, -1, cv2.LINE_AA, 4)


def _glow_sprite() -> F32:
    ys, xs = np.mgrid[-1:1:64j, -1:1:64j].astype(np.float32)
    radius = np.sqrt(xs * xs + ys * ys)
    return np.asarray(np.clip(1 - radius, 0, 1) ** 2.2, np.float32)


_GLOW = np.asarray(_glow_sprite() * 255, np.uint8)


def add_glow(
    image: Image, x: float, y: float, rx: float, ry: float, colour: tuple[int, int, int], force: float
) -> None:
    """Add a soft spot of light at pixel ``x``, ``y`` with radii ``rx``, ``ry``; ``force`` from 0 to 1."""
    height, width = image.shape[:2]
    x0, y0 = math.floor(x - rx), math.floor(y - ry)
    w, h = math.ceil(2 * rx), math.ceil(2 * ry)
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x0 + w), min(height, y0 + h)
    if w < 2 or h < 2 or left >= right or top >= bottom or w > 4 * width or h > 4 * height:
        return
    spot = cv2.resize(_GLOW, (w, h), interpolation=cv2.INTER_LINEAR)[top - y0 : bottom - y0, left - x0 : right - x0]
    coloured = cv2.merge([cv2.convertScaleAbs(spot, alpha=force * channel / 255) for channel in colour])
    part = image[top:bottom, left:right]
    cv2.add(part, coloured, dst=part)
