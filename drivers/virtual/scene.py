"""What stands still in one camera's view: ground, houses, sky and lamp posts, and how the lamps light them.

``survey`` finds for each pixel what is seen there, with its colour and place (once per view); ``light`` then adds up the
lamps, so that a changed lamp costs only the second half. Colours are linear, 0 to 1, in the order B, G, R.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import PAVEMENT, ROAD_HALF, Building, Lamp, Plan
from drivers.virtual.sight import Sight
from drivers.virtual.view import View

F32 = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
_FAR = 330.0
LAMP_POWER = 170.0
"""Light on the ground right under a lamp at 100 % is this over the square of its height."""
LAMP_COLOUR = (0.55, 0.82, 1.0)
_WALLS = np.array(
    ((0.30, 0.36, 0.46), (0.34, 0.36, 0.38), (0.42, 0.46, 0.50), (0.26, 0.30, 0.44), (0.44, 0.42, 0.38), (0.30, 0.42, 0.48)),
    np.float32,
)  # fmt: skip
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
    colour = np.zeros_like(rays)
    shine = _sky(rays, light)
    place = np.zeros_like(rays)
    facing = np.zeros_like(rays)
    eye = wide.eye.astype(np.float32)
    haze = np.zeros(ids.shape, np.float32)

    ground = (ids == 0) & (rays[:, :, 2] < -0.004)
    way = np.minimum(-eye[2] / rays[ground][:, 2], _FAR)
    spots = eye + rays[ground] * way[:, None]
    colour[ground] = _ground(plan, spots, way)
    place[ground], facing[ground], shine[ground] = spots, (0, 0, 1), 0
    haze[ground] = 1 - np.exp(-way / np.float32(light.haze_m))

    if walls:
        seen = ids > 0
        which = ids[seen] - 1
        table = np.array([(w.axis, w.level, w.start, w.side, w.height, w.tone) for w in walls], np.float64)
        along_y = table[which, 0] == 0
        ray = rays[seen]
        level = table[which, 1].astype(np.float32)
        across = np.where(along_y, ray[:, 0], ray[:, 1])
        way = (level - np.where(along_y, eye[0], eye[1])) / np.where(np.abs(across) < 1e-5, 1e-5, across)
        way = np.clip(way, 0.5, _FAR).astype(np.float32)
        spots = eye + ray * way[:, None]
        u = np.where(along_y, spots[:, 1], spots[:, 0]) - table[which, 2].astype(np.float32)
        colour[seen], shine[seen] = _facade(
            u, spots[:, 2], table[which, 4].astype(np.float32), table[which, 5].astype(np.int64), light
        )
        place[seen] = spots
        side = table[which, 3].astype(np.float32)
        facing[seen] = np.stack((np.where(along_y, side, 0), np.where(along_y, 0, side), 0 * side), axis=1)
        haze[seen] = 1 - np.exp(-way / np.float32(light.haze_m))

    size = (view.width, view.height)

    def small(array: F32) -> F32:
        return array if fine == 1 else np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)

    half = fine // 2
    return Survey(
        small(colour), small(shine), place[half::fine, half::fine], facing[half::fine, half::fine], small(haze)
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


def _sky(rays: F32, light: Light) -> F32:
    rise = np.clip(rays[:, :, 2] / 0.45, 0, 1)[:, :, None] ** 0.6
    low, high = np.array(light.horizon, np.float32), np.array(light.zenith, np.float32)
    return np.asarray(low + (high - low) * rise, np.float32)


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


def _ground(plan: Plan, spots: F32, way: F32) -> F32:
    x, y = spots[:, 0], spots[:, 1]
    dx, dy = _nearest(plan.xs, x), _nearest(plan.ys, y)
    ax, ay = np.abs(dx) - ROAD_HALF, np.abs(dy) - ROAD_HALF
    bend = 4.0
    corner = (ax > 0) & (ay > 0) & (ax < bend) & (ay < bend) & ((bend - ax) ** 2 + (bend - ay) ** 2 > bend * bend)
    road = (ax < 0) | (ay < 0) | corner
    colour = np.empty((len(x), 3), np.float32)
    # Lots behind the pavements, then pavement, kerb and road. Large soft patches keep the asphalt from looking flat.
    colour[:] = (0.20, 0.27, 0.24)
    rim = np.minimum(ax, ay)
    paved = rim < PAVEMENT
    slab = ((np.floor(x / 1.5) + np.floor(y / 1.5)) % 2) * 0.018 * np.exp(-way / 30)
    colour[paved] = (np.array((0.40, 0.41, 0.42), np.float32) + slab[:, None])[paved]
    patch = 0.012 * np.sin(x * 0.9 + 2 * np.sin(y * 0.23)) * np.sin(y * 0.7 + np.sin(x * 0.31))
    colour[road] = (np.array((0.215, 0.205, 0.20), np.float32) + patch[:, None])[road]
    kerb = ~road & (rim < 0.3)
    colour[kerb] = (0.56, 0.57, 0.58)
    for across, aside, other, along in ((dx, ax, ay, y), (dy, ay, ax, x)):
        open_road = (aside < 0) & (other > 4.6)
        dash = open_road & (np.abs(across) < 0.09) & (along % 6.0 < 3.2)
        edge = open_road & (np.abs(aside + 0.35) < 0.06)
        stop = (aside < -0.5) & (across * 0 + other > 3.9) & (other < 4.35)
        zebra = (aside < -0.3) & (other > 0.9) & (other < 3.4) & ((across + 50) % 1.1 < 0.55)
        paint = dash | edge | stop | zebra
        colour[paint] = (0.74, 0.76, 0.78)
    return colour


def _nearest(lines: tuple[float, ...], at: F32) -> F32:
    """Signed distance to the nearest street's centre line."""
    places = np.array(lines, np.float32)
    index = np.searchsorted((places[1:] + places[:-1]) / 2, at)
    return np.asarray(at - places[index], np.float32)


def _facade(u: F32, z: F32, height: F32, tones: npt.NDArray[np.int64], light: Light) -> tuple[F32, F32]:
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
    key = column.astype(np.int64) * 7349 + row.astype(np.int64) * 9151 + tones * 31
    key = (key ^ (key >> 5)) * 2654435761 >> 9 & 0xFFFF
    lit = upper & (key % 100 < 26)
    shop_key = (shop.astype(np.int64) * 6271 + tones * 131) * 2654435761 >> 11 & 0xFFFF
    shop_lit = front & (shop_key % 100 < 34)
    glass = upper | front
    colour = np.where(glass[:, None], np.array((0.30, 0.24, 0.19), np.float32), wall)
    frame = (np.abs(inside_u - 0.0) < 0.014) & upper
    shine = np.zeros_like(colour)
    shine[lit] = _WARM[key[lit] % 4] * (0.35 + 0.45 * ((key[lit] >> 3) % 8) / 8)[:, None].astype(np.float32)
    # Blinds hang down some way in most rooms, and light comes from the ceiling.
    blind = inside_v > 0.74 - 0.07 * ((key >> 6) % 6)
    shine *= np.where(blind, 0.45, 0.75 + 0.4 * inside_v)[:, None].astype(np.float32)
    # Shops are brightest at the ceiling and darker where goods stand.
    fall = (0.42 + 0.30 * (z - 0.55) / 2.45)[:, None].astype(np.float32)
    shine[shop_lit] = (_WARM[shop_key % 4] * fall)[shop_lit]
    shine[frame] *= 0.35
    return colour.astype(np.float32), shine * np.float32(light.windows)


def _shed(glow: F32, seen: Survey, lamp: Lamp, power: float, view: View) -> None:
    """Add one lamp's light: inverse square, the cosine on the surface, and a head that throws downwards."""
    hx, hy, hz = head(lamp)
    # Only the part of the picture that the lamp can reach: its surroundings projected, all of it when in doubt.
    reach = 34.0
    corners = np.array([(hx + a, hy + b, c) for a in (-reach, reach) for b in (-reach, reach) for c in (0.0, 14.0)])
    pixels = view.project(corners)
    top, bottom, left, right = 0, view.height, 0, view.width
    if pixels is not None:
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
