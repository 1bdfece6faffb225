"""What moves: vehicles with plates, lights and shadows, and people on foot, drawn into a picture.

Plates are nearly twice as wide as real ones, so that they can be read in the main stream across a crossing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import Person
from drivers.virtual.scene import Image, add_glow
from drivers.virtual.view import View

Floats = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Plates = Callable[[int], Image]
"""Gives a plate's picture, so many pixels wide."""
_PLATE_W, _PLATE_H = 0.95, 0.23
_GLASS = (0.15, 0.115, 0.09)
# Quads as corner numbers, wound so that a face towards the eye has a positive area on the screen.
_BODY = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))
_SHADES = (0.62, 0.52, 0.62, 0.52, 1.0)


class Drawn(Protocol):
    """What a vehicle looks like. Lengths in metres, ``paint`` is B, G, R, ``kind`` car, van or suv."""

    @property
    def plate(self) -> str:
        """What its plate says."""

    @property
    def paint(self) -> tuple[int, int, int]:
        """Its colour."""

    @property
    def kind(self) -> str:
        """Its shape."""

    @property
    def length(self) -> float:
        """From bumper to bumper."""

    @property
    def width(self) -> float:
        """From side to side."""

    @property
    def height(self) -> float:
        """From the ground."""


def _box(
    x0: float, x1: float, w0: float, w1: float, z0: float, z1: float, rake: float = 0.0
) -> list[tuple[float, float, float]]:
    """Eight corners: bottom from rear left around, then top, narrowed to ``w1`` and drawn in by ``rake``."""
    a, b = x0 + rake, x1 - rake * 1.5
    low = [(x0, w0, z0), (x1, w0, z0), (x1, -w0, z0), (x0, -w0, z0)]
    return [*low, (a, w1, z1), (b, w1, z1), (b, -w1, z1), (a, -w1, z1)]


@lru_cache(maxsize=64)
def _model(kind: str, length: float, width: float, height: float) -> Floats:
    """All points of a vehicle about its middle, x forward: body 0-7, cabin 8-15, shadow 16-19, wheels 20-35 (quads),
    head lamps 36-37, tail lamps 38-39, front plate 40-43, rear plate 44-47, pool of light 48-51."""
    half, side = length / 2, width / 2
    waist = {"van": 1.15, "suv": 1.0}.get(kind, 0.85)
    points = _box(-half, half, side, side * 0.97, 0.28, waist)
    if kind == "van":
        points += _box(-half * 0.98, half * 0.78, side * 0.96, side * 0.9, waist, height, 0.12)
    else:
        points += _box(-half * 0.86, half * 0.46, side * 0.92, side * 0.74, waist, height, 0.42)
    points += [
        (-half - 0.15, side + 0.2, 0),
        (half + 0.1, side + 0.2, 0),
        (half + 0.1, -side - 0.2, 0),
        (-half - 0.15, -side - 0.2, 0),
    ]
    for at in (-half * 0.62, half * 0.62):
        for y in (side + 0.01, -side - 0.01):
            points += [(at - 0.33, y, 0.33), (at, y, 0.66), (at + 0.33, y, 0.33), (at, y, 0.0)]
    points += [(half + 0.02, side * 0.72, 0.66), (half + 0.02, -side * 0.72, 0.66)]
    points += [(-half - 0.02, side * 0.78, 0.76), (-half - 0.02, -side * 0.78, 0.76)]
    w, z = _PLATE_W / 2, 0.46
    points += [(half + 0.03, y, h) for y, h in ((-w, z + _PLATE_H), (w, z + _PLATE_H), (w, z), (-w, z))]
    points += [(-half - 0.03, y, h) for y, h in ((w, z + _PLATE_H), (-w, z + _PLATE_H), (-w, z), (w, z))]
    points += [(half + 1.0, 0, 0), (half + 13.0, 0, 0), (half + 6.0, 2.6, 0), (half + 6.0, -2.6, 0)]
    return np.array(points)


@lru_cache(maxsize=2048)
def _plate(text: str, width: int) -> Image:
    """A plate's picture, ``width`` pixels wide, made large and reduced so that its letters stay smooth."""
    big = np.full((100, 416, 3), (236, 240, 240), np.uint8)
    cv2.rectangle(big, (0, 0), (38, 99), (150, 70, 30), -1)
    cv2.rectangle(big, (0, 0), (415, 99), (30, 28, 28), 5)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 2.15, 7)
    cv2.putText(
        big,
        text,
        (40 + (370 - wide) // 2, 50 + high // 2),
        cv2.FONT_HERSHEY_SIMPLEX,
        2.15,
        (24, 20, 20),
        7,
        cv2.LINE_AA,
    )
    return np.asarray(cv2.resize(big, (width, round(width * 100 / 416)), interpolation=cv2.INTER_AREA), np.uint8)


def _shown(albedo: tuple[float, float, float], light: tuple[float, float, float]) -> Colour:
    b, g, r = (int(255 * (1 - math.exp(-1.55 * a * part))) for a, part in zip(albedo, light, strict=True))
    return b, g, r


def _fill(image: Image, points: npt.NDArray[np.int32], colour: Colour) -> None:
    cv2.fillConvexPoly(image, points, colour, cv2.LINE_AA, 4)


def _placed(vehicle: Drawn, x: float, y: float, heading: float) -> Floats:
    cos, sin = math.cos(heading), math.sin(heading)
    model = _model(vehicle.kind, vehicle.length, vehicle.width, vehicle.height)
    points: Floats = model @ np.array(((cos, sin, 0), (-sin, cos, 0), (0, 0, 1)))
    points += (x, y, 0.0)
    return points


def plate_corners(vehicle: Drawn, x: float, y: float, heading: float, front: bool) -> Floats:
    """Where a plate hangs, metres of the plan (4 x 3): top left, top right, bottom right, bottom left as one reads."""
    return _placed(vehicle, x, y, heading)[40:44] if front else _placed(vehicle, x, y, heading)[44:48]


def draw_vehicle(
    image: Image,
    view: View,
    vehicle: Drawn,
    x: float,
    y: float,
    heading: float,
    light: tuple[float, float, float],
    night: bool,
    plates: Plates | None = None,
) -> None:
    """Draw one vehicle at a place (metres) under ``light`` (B, G, R on the ground, linear); ``plates`` draws its plate
    where that is to look otherwise than those of the cars on laps."""
    points = _placed(vehicle, x, y, heading)
    local = view.camera(points)
    if local[:40, 2].min() < 1.5:
        return
    pixels = view.pixels(local[:48])
    left, top = pixels[:48].min(axis=0)
    right, bottom = pixels[:48].max(axis=0)
    scale = view.focal / float(local[0, 2])
    if right < -scale or left > view.width + scale or bottom < 0 or top > view.height or right - left > 3 * view.width:
        return
    fixed = np.round(pixels * 16).astype(np.int32)
    if night:
        _pool(image, view, local[48:52])
    _fill(image, fixed[16:20], _shown((0.045, 0.045, 0.045), light))
    paint = tuple((part / 255) ** 1.25 * 0.85 + 0.045 for part in vehicle.paint)
    body = (paint[0], paint[1], paint[2])
    for offset, glass in ((0, False), (8, True)):
        for number, (quad, shade) in enumerate(zip(_BODY, _SHADES, strict=True)):
            a, b, c, d = (pixels[corner + offset] for corner in quad)
            if (c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0]) <= 0:
                continue
            albedo = _GLASS if glass and number < 4 and not (vehicle.kind == "van" and number != 1) else body
            lit = (light[0] * shade, light[1] * shade, light[2] * shade)
            _fill(image, fixed[[corner + offset for corner in quad]], _shown(albedo, lit))
        if offset == 0 and scale > 7:
            _wheels(image, pixels, fixed, light)
    front = _towards(pixels[40:44])
    if scale > 6:
        _fittings(image, view, plates or partial(_plate, vehicle.plate), pixels, scale, light, night, front)


def _towards(quad: Floats) -> bool:
    a, b, c, d = quad
    return float((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])) > 0


def _wheels(image: Image, pixels: Floats, fixed: npt.NDArray[np.int32], light: tuple[float, float, float]) -> None:
    left = _towards(pixels[[0, 1, 5, 4]])
    dark = _shown((0.03, 0.03, 0.03), light)
    for wheel in range(4):
        if (wheel % 2 == 0) == left:
            quad = fixed[20 + wheel * 4 : 24 + wheel * 4]
            centre = (int(quad[:, 0].mean()), int(quad[:, 1].mean()))
            wide = max(8, int(abs(quad[2] - quad[0]).max() / 2))
            tall = max(8, int(abs(quad[1] - quad[3]).max() / 2))
            cv2.ellipse(image, centre, (wide, tall), 0, 0, 360, dark, -1, cv2.LINE_AA, 4)


def _pool(image: Image, view: View, local: Floats) -> None:
    """The headlights' light on the road ahead."""
    if local[:, 2].min() < 2.0:
        return
    spots = view.pixels(local)
    x, y = spots.mean(axis=0)
    rx, ry = (spots.max(axis=0) - spots.min(axis=0)) / 2
    if ry < 0.15 * rx:
        return  # seen edge-on it would be a streak across the houses
    add_glow(image, float(x), float(y), float(max(rx, 2)) * 1.15, float(max(ry, 2)) * 1.2, (150, 190, 205), 0.42)


def _fittings(
    image: Image,
    view: View,
    plates: Plates,
    pixels: Floats,
    scale: float,
    light: tuple[float, float, float],
    night: bool,
    front: bool,
) -> None:
    lamps = pixels[36:38] if front else pixels[38:40]
    size = max(16, int(scale * 16 * (0.15 if front else 0.12)))
    bright: Colour = (235, 250, 255) if night else (190, 200, 205)
    if not front:
        bright = (50, 40, 235) if night else (40, 36, 150)
    for lamp in lamps:
        centre = (round(float(lamp[0]) * 16), round(float(lamp[1]) * 16))
        cv2.ellipse(image, centre, (int(size * 1.25), size), 0, 0, 360, bright, -1, cv2.LINE_AA, 4)
        if night:
            reach = scale * (1.05 if front else 0.5)
            glow: Colour = (150, 190, 210) if front else (20, 20, 170)
            add_glow(image, float(lamp[0]), float(lamp[1]), reach, reach, glow, 0.75 if front else 0.6)
    quad = pixels[40:44] if front else pixels[44:48]
    wide = float(np.hypot(*(quad[1] - quad[0])))
    if wide < 4 or not _towards(quad):
        return
    shine = min(1.0, 0.42 + 0.5 * (light[2] ** 0.5)) if night else 0.95
    if wide < 10:
        _fill(image, np.round(quad * 16).astype(np.int32), (int(225 * shine),) * 3)
        return
    width = next((step for step in (16, 24, 36, 54, 80, 120, 180, 260) if step >= wide), 260)
    plate = plates(width)
    x0, y0 = np.maximum(np.floor(quad.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + 1, (view.width, view.height))
    if x0 >= x1 or y0 >= y1:
        return
    high = plate.shape[0]
    corners = np.array(((0, 0), (width, 0), (width, high), (0, high)), np.float32)
    matrix = cv2.getPerspectiveTransform(corners, (quad - (x0, y0)).astype(np.float32))
    part = image[y0:y1, x0:x1]
    if shine < 1:
        plate = np.asarray(cv2.convertScaleAbs(plate, alpha=shine), np.uint8)
    cv2.warpPerspective(
        plate, matrix, (x1 - x0, y1 - y0), dst=part, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )


def draw_person(
    image: Image, view: View, person: Person, x: float, y: float, step: float, light: tuple[float, float, float]
) -> None:
    """Draw one walker at a place (metres); ``step`` is the walking cycle in radians."""
    local = view.camera(np.array(((x, y, 0.0), (x, y, 1.75))))
    if local[:, 2].min() < 2.0:
        return
    pixels = view.pixels(local)
    scale = float(pixels[0, 1] - pixels[1, 1]) / 1.75
    px, foot = float(pixels[0, 0]), float(pixels[0, 1])
    if scale < 4 or px < -scale or px > view.width + scale or foot < 0 or foot - 2 * scale > view.height:
        return

    def at(dx: float, up: float) -> tuple[int, int]:
        return round((px + dx * scale) * 16), round((foot - up * scale) * 16)

    coat = _shown(tuple((part / 255) ** 1.2 for part in person.coat), (light[0] * 0.8, light[1] * 0.8, light[2] * 0.8))
    legs = _shown((0.07, 0.06, 0.06), light)
    skin = _shown((0.30, 0.40, 0.55), (light[0] * 0.8, light[1] * 0.8, light[2] * 0.8))
    cv2.ellipse(
        image,
        at(0, 0.0),
        (round(scale * 16 * 0.32), round(scale * 16 * 0.09)),
        0,
        0,
        360,
        _shown((0.1, 0.1, 0.1), light),
        -1,
        cv2.LINE_AA,
        4,
    )
    stride, thick = 0.23 * math.sin(step), max(1, round(scale * 0.15))
    for side in (-1, 1):
        cv2.line(image, at(0.04 * side, 0.85), at(stride * side, 0.03), legs, thick, cv2.LINE_AA, 4)
        cv2.line(
            image,
            at(0.2 * side, 1.38),
            at(0.2 * side - stride * 0.8 * side, 0.86),
            coat,
            max(1, round(scale * 0.11)),
            cv2.LINE_AA,
            4,
        )
    torso = np.array((at(-0.23, 1.42), at(0.23, 1.42), at(0.18, 0.78), at(-0.18, 0.78)), np.int32)
    _fill(image, torso, coat)
    cv2.ellipse(
        image,
        at(0, 1.60),
        (max(12, round(scale * 16 * 0.115)), max(14, round(scale * 16 * 0.15))),
        0,
        0,
        360,
        skin,
        -1,
        cv2.LINE_AA,
        4,
    )
