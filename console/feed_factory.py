"""Makes the feeds of a site's plate sources. With ``acting``, ``lamp_factory``, ``engine`` and ``app`` the only place
of the console that picks concrete drivers; each is imported when a site has such a source.

What cannot be made is said in a sentence that names the source, and keeps none of the others away. Feeds that push
share one receiver, and those behind one broker one connection: both live as long as one of their feeds runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.model.site import Camera, Site
from console.store.credentials import Vault, VaultError
from drivers.events import EventFeed
from drivers.feeding import Parser
from drivers.onvif.describe import OnvifDescriber
from drivers.plates.push import FORM_KINDS, JSON_KINDS, XML_KINDS
from drivers.types import Credentials


class FeedSetupError(ValueError):
    """A feed cannot be made as the site file describes it."""


def make_feeds(
    site: Site, vault: Vault, describer: OnvifDescriber, station: str = "", folder: Path | None = None
) -> tuple[list[EventFeed], list[str]]:
    """The feeds, not yet started, and sentences about those that could not be made. Blocks: the vault may take its
    time. ``station`` is a name of this console that nobody else has and that stays: brokers keep messages under it.
    Relative paths of certificates are within ``folder``, that of the site file."""
    maker = _Maker(site, vault, describer, station, folder)
    feeds: list[EventFeed] = []
    problems: list[str] = []
    for source in site.plate_sources:
        try:
            feeds.append(maker.feed(source))
        except (ValueError, VaultError) as problem:
            words = str(problem).removeprefix(f"{source.name}: ").rstrip(".")
            advice = "Correct its part of the site file, and start again."
            problems.append(f"Plate source {source.name!r} is left out: {words}. {advice}")
    return feeds, problems


class _Maker:
    """Makes feeds one by one, and remembers what they share."""

    def __init__(self, site: Site, vault: Vault, describer: OnvifDescriber, station: str, folder: Path | None) -> None:
        self._site, self._vault, self._describer = site, vault, describer
        self._station, self._folder = station, folder
        self._receiver: Any = None
        self._brokers: dict[tuple[Any, ...], Any] = {}
        self._paths: set[str] = set()

    def feed(self, source: PlateSource) -> EventFeed:
        """The feed of one source. Raises ValueError, VaultError."""
        if source.kind.pushes:
            return self._pushed(source)
        if source.kind.brokered:
            return self._brokered(source)
        return self._asked(source)

    def _pushed(self, source: PlateSource) -> EventFeed:
        from drivers.plates.push import PushSource

        parse, kinds = _pushing(source.kind)
        token = self._login(source.token, "token")
        rates = {"rate": source.rate, "burst": max(10.0, 4 * source.rate)} if source.rate else {}
        made = PushSource(
            source.name,
            parse,
            kinds,
            token.password if token else "",
            self._login(source.credentials, "credentials"),
            source.path,
            _zone(source),
            **rates,
        )
        if made.where in self._paths:
            raise FeedSetupError(f"another source posts to {made.where} already")
        self._paths.add(made.where)
        feed: EventFeed = self._shared_receiver().feed(made)
        return feed

    def _shared_receiver(self) -> Any:
        from drivers.plates.receiver import Receiver, ReceiverConfig

        if self._receiver is None:
            entry = self._site.receiver or ReceiverEntry()
            certificate, key = self._file(entry.certificate, "certificate"), self._file(entry.key, "key")
            self._receiver = Receiver(ReceiverConfig(entry.address, entry.port, certificate, key))
        return self._receiver

    def _brokered(self, source: PlateSource) -> EventFeed:
        from drivers.mqtt_link import Broker, Tls
        from drivers.plates.frigate import TOPIC, read_frigate
        from drivers.plates.mqtt import MqttClient, MqttSource
        from drivers.plates.onvif import TOPICS, read_onvif_json

        frigate = source.kind is PlateKind.FRIGATE
        prefix = source.prefix or ("frigate" if frigate else "")
        topics = TOPIC if frigate else TOPICS
        tls = None
        if source.tls or source.ca_file:
            ca = self._file(source.ca_file, "ca_file")
            tls = Tls(Path(ca) if ca else None, source.verify)
        port = source.port or (1883 if tls is None else 8883)
        key = (source.host, port, source.credentials, tls, source.client_id)
        if key not in self._brokers:
            name = f"The broker at {source.host}"
            client = source.client_id or (f"watchfloor-plates-{self._station}" if self._station else "")
            login = self._login(source.credentials, "credentials")
            self._brokers[key] = MqttClient(Broker(name, source.host, port, login, tls, client))
        parse: Parser = read_frigate if frigate else read_onvif_json
        made = MqttSource(source.name, parse, f"{prefix}/{topics}" if prefix else topics, _zone(source))
        feed: EventFeed = self._brokers[key].feed(made)
        return feed

    def _asked(self, source: PlateSource) -> EventFeed:
        from drivers.onvif.events import PullPointFeed, connector
        from drivers.plates.onvif import read_onvif_xml
        from drivers.video.rtsp.metadata import MetadataFeed

        camera = self._site.by_number(source.camera)
        login = self._login(source.credentials or (camera.credentials if camera else ""), "credentials")
        if source.kind is PlateKind.ONVIF_METADATA:
            uri = source.uri or _stream(camera)
            return MetadataFeed(source.name, uri, login, read_onvif_xml, zone=_zone(source))
        if camera is None or not camera.xaddrs:
            raise FeedSetupError(f"no ONVIF camera has the number {source.camera}")
        connect = connector(self._describer, source.name, camera.xaddrs, login, camera.id)
        return PullPointFeed(source.name, connect, read_onvif_xml, zone=_zone(source))

    def _login(self, name: str, key: str) -> Credentials | None:
        if not name:
            return None
        login = self._vault.get(name)
        if login is None:
            raise FeedSetupError(f"the credentials {name!r} ({key}) are not on this computer")
        return login

    def _file(self, name: str, key: str) -> str:
        if not name:
            return ""
        path = Path(name) if self._folder is None else self._folder / name
        try:
            there = path.is_file()
        except OSError as error:
            raise FeedSetupError(f"{path} ({key}) cannot be read: {error.strerror}") from None
        if not there:
            raise FeedSetupError(f"there is no file {path} ({key})")
        return str(path)


def _pushing(kind: PlateKind) -> tuple[Parser, frozenset[str]]:
    from drivers.plates.axis import read_axis
    from drivers.plates.hikvision import read_hikvision
    from drivers.plates.plate_recognizer import read_plate_recognizer
    from drivers.plates.rekor import read_rekor

    ways: Mapping[PlateKind, Callable[[], tuple[Parser, frozenset[str]]]] = {
        PlateKind.REKOR: lambda: (read_rekor, JSON_KINDS),
        PlateKind.PLATE_RECOGNIZER: lambda: (
            read_plate_recognizer,
            JSON_KINDS | FORM_KINDS | {"application/x-www-form-urlencoded"},
        ),
        PlateKind.HIKVISION: lambda: (read_hikvision, XML_KINDS | FORM_KINDS),
        PlateKind.AXIS: lambda: (read_axis, JSON_KINDS | FORM_KINDS),
    }
    return ways[kind]()


def _zone(source: PlateSource) -> tzinfo:
    return ZoneInfo(source.time_zone) if source.time_zone else UTC


def _stream(camera: Camera | None) -> str:
    if camera is None or not camera.streams:
        raise FeedSetupError("its camera has no stream; add a line uri = ... with the address of the metadata")
    return camera.streams[0].uri
