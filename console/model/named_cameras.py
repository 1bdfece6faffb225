"""Cameras as people know them, beside what sources of plates call them: "5 Main St" for what the reader at the gate
calls "lane-2". Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from console.model.plate_queries import Called
from console.model.plate_sources import OWN_READER, PlateSource, camera_numbered
from console.model.search import fold
from console.model.site import Camera, Site

CameraWords = Callable[[str, str], str]
"""What people call the camera that a source (first) calls so (second)."""
AskedCameras = Callable[[str], tuple[tuple[str, ...], tuple[Called, ...]]]
"""What was typed, as names for the record and as what sources call these cameras."""
_LONGEST_JOIN = 8
"""Parts between commas that may be one name."""


def own_words(source: str, camera: str) -> str:
    """The source's own word, where there is no site to ask."""
    return camera


def as_sources_say(text: str) -> tuple[tuple[str, ...], tuple[Called, ...]]:
    """What was typed as the sources' own words, where there is no site to ask."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip()))), ()


def camera_words(source: str, camera: str, site: Site) -> str:
    """The site's camera as "5 Main St", the source's own word where the site does not know it."""
    known = camera_numbered(source, camera, site)
    return camera if known is None else title_of(known)


def title_of(camera: Camera) -> str:
    """Its number and its name."""
    return f"{camera.number} {camera.name}".strip()


class CameraNames:
    """``camera_words`` of the site as it is now, remembered until the site is another one. Any thread."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site = site
        self._known: tuple[Site, dict[tuple[str, str], str]] = (site(), {})

    def __call__(self, source: str, camera: str) -> str:
        """See ``camera_words``."""
        site = self._site()
        known = self._known  # both parts at once: another thread may bring the next site meanwhile
        if known[0] is not site:
            known = self._known = (site, {})
        words = known[1].get((source, camera))
        if words is None:
            words = known[1][source, camera] = camera_words(source, camera, site)
        return words

    def asked(self, text: str) -> tuple[tuple[str, ...], tuple[Called, ...]]:
        """See ``asked_cameras``."""
        return asked_cameras(text, self._site())

    def strangers(self, names: Sequence[str]) -> tuple[str, ...]:
        """See ``strangers``."""
        return strangers(names, self._site())


def strangers(names: Sequence[str], site: Site) -> tuple[str, ...]:
    """Those of the names that were asked for which are no camera of the site: mistyped, or a source's own word."""
    known = {label for camera in site.cameras for label in _labels(camera)}
    return tuple(name for name in names if _plain(name) not in known)


def asked_cameras(text: str, site: Site) -> tuple[tuple[str, ...], tuple[Called, ...]]:
    """Cameras that were typed with commas between them: numbers and names of the site's, and what sources call theirs.
    A word means what results show: the site's camera, and the source's own word where the site does not know it. A
    word that is none of the site's means what any source calls so."""
    by_label: dict[str, list[Camera]] = {}
    for camera in site.cameras:
        for label in _labels(camera):
            if label:
                by_label.setdefault(label, []).append(camera)
    words: dict[str, None] = {}
    called: dict[Called, None] = {}
    for typed in _typed(text, by_label):
        cameras = by_label.get(_plain(typed), [])
        if not cameras:
            words[typed] = called[Called(cameras=(typed,), not_sources=True)] = None
            continue
        for camera in cameras:
            words[title_of(camera)] = None
            called.update(dict.fromkeys(_called(camera, site.plate_sources)))
        known = (each.name for each in site.plate_sources if camera_numbered(each.name, typed, site) is not None)
        called[Called(sources=tuple(known), cameras=(typed,), not_sources=True)] = None
    return tuple(words), _merged(called)


def _called(camera: Camera, sources: Sequence[PlateSource]) -> Iterator[Called]:
    """What sources call one camera of the site."""
    yield Called(sources=(OWN_READER,), cameras=(camera.id,))
    for source in sources:
        mine = tuple(word for word, number in source.cameras.items() if number == camera.number)
        if source.camera == camera.number:  # and whatever it says of no other
            others = tuple(word for word, number in source.cameras.items() if number != camera.number)
            yield Called(sources=(source.name,), cameras=others, not_cameras=True)
        elif mine:
            yield Called(sources=(source.name,), cameras=mine)


def _merged(called: Iterable[Called]) -> tuple[Called, ...]:
    """The same in few: cameras of the same sources together, then sources with the same cameras."""
    cameras: dict[tuple[object, ...], Called] = {}
    for each in called:
        key = (each.sources, each.not_sources, each.cameras if each.not_cameras else (), each.not_cameras)
        before = cameras.get(key)
        joined = dict.fromkeys((*(before.cameras if before else ()), *each.cameras))
        cameras[key] = replace(each, cameras=tuple(joined))
    sources: dict[tuple[object, ...], Called] = {}
    for each in cameras.values():
        key = (each.cameras, each.not_cameras, each.sources if each.not_sources else (), each.not_sources)
        before = sources.get(key)
        joined = dict.fromkeys((*(before.sources if before else ()), *each.sources))
        sources[key] = replace(each, sources=tuple(joined))
    return tuple(sources.values())


def _typed(text: str, by_label: Mapping[str, object]) -> Iterator[str]:
    """The parts between commas; several are one where the site has a camera whose name holds the commas."""
    parts = [part for each in text.split(",") if (part := each.strip())]
    at = 0
    while at < len(parts):
        for end in range(min(len(parts), at + _LONGEST_JOIN), at, -1):
            joined = ", ".join(parts[at:end])
            if end == at + 1 or _plain(joined) in by_label:
                yield joined
                at = end
                break


def _labels(camera: Camera) -> Iterable[str]:
    """All that people may mean it by, plain."""
    return dict.fromkeys(map(_plain, (str(camera.number), camera.name, title_of(camera))))


def _plain(text: str) -> str:
    """As it is compared: small letters, one blank after each comma."""
    return " ".join(fold(text).replace(",", ", ").split())
