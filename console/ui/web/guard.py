"""What a shown page may not do: everything but being loaded from the list and painted. All of it is counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QObject, QUrl
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineClientCertificateSelection,
    QWebEngineDesktopMediaRequest,
    QWebEngineDownloadRequest,
    QWebEngineFileSystemAccessRequest,
    QWebEngineFullScreenRequest,
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineProfile,
    QWebEngineRegisterProtocolHandlerRequest,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)

from console.ui.web.allow_list import AllowList

log = logging.getLogger(__name__)

Attribute = QWebEngineSettings.WebAttribute
OFF = (
    Attribute.AllowGeolocationOnInsecureOrigins, Attribute.AllowRunningInsecureContent,
    Attribute.AllowWindowActivationFromJavaScript, Attribute.AutoLoadIconsForPage, Attribute.DnsPrefetchEnabled,
    Attribute.ErrorPageEnabled, Attribute.FocusOnNavigationEnabled, Attribute.FullScreenSupportEnabled,
    Attribute.HyperlinkAuditingEnabled, Attribute.JavascriptCanAccessClipboard, Attribute.JavascriptCanOpenWindows,
    Attribute.JavascriptCanPaste, Attribute.LocalContentCanAccessFileUrls, Attribute.LocalContentCanAccessRemoteUrls,
    Attribute.NavigateOnDropEnabled, Attribute.PdfViewerEnabled, Attribute.PluginsEnabled,
    Attribute.ScreenCaptureEnabled, Attribute.ShowScrollBars, Attribute.TouchIconsEnabled,
)  # fmt: skip
INLINE = frozenset({"data", "blob"})
"""What a page carries within itself. It may paint that, and not go there."""
ENTERED = frozenset(
    {
        QWebEngineUrlRequestInfo.ResourceType.ResourceTypeMainFrame,
        QWebEngineUrlRequestInfo.ResourceType.ResourceTypeSubFrame,
    }
)


class Refusals:
    """How often what was refused; the log names the host, never the whole address: it may hold secrets."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, what: str, url: QUrl | None = None) -> None:
        """Count one; the first of a kind is logged."""
        self.counts[what] += 1
        if self.counts[what] == 1:
            log.info("a page was refused: %s %s", what, "" if url is None else f"{url.scheme()}://{url.host()}")


class Interceptor(QWebEngineUrlRequestInterceptor):
    """Sees each request before it leaves this computer, redirected ones too."""

    def __init__(self, allowed: AllowList, refusals: Refusals, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._allowed, self._refusals = allowed, refusals

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        """Block what the list does not allow."""
        url = info.requestUrl()
        entered = info.resourceType() in ENTERED
        if url.scheme() in INLINE and not entered:
            return
        if not (self._allowed.opens(url) if entered else self._allowed.feeds(url)):
            info.block(True)
            self._refusals.add("navigation" if entered else "request", url)


class GuardedPage(QWebEnginePage):
    """A page that asks nobody anything and goes nowhere but along the list."""

    def __init__(self, profile: QWebEngineProfile, allowed: AllowList, refusals: Refusals) -> None:
        super().__init__(profile)
        self._allowed, self._refusals = allowed, refusals
        settings = self.settings()
        for attribute in OFF:
            settings.setAttribute(attribute, False)
        settings.setAttribute(Attribute.PlaybackRequiresUserGesture, True)
        settings.setAttribute(Attribute.WebRTCPublicInterfacesOnly, True)
        self.setAudioMuted(True)
        profile.downloadRequested.connect(self._no_download)
        self.permissionRequested.connect(self._no_permission)
        self.fullScreenRequested.connect(self._no_full_screen)
        self.fileSystemAccessRequested.connect(self._no_files)
        self.registerProtocolHandlerRequested.connect(self._no_handler)
        self.desktopMediaRequested.connect(self._no_desktop)
        self.selectClientCertificate.connect(self._no_client_certificate)
        self.certificateError.connect(self._no_bad_certificate)

    def acceptNavigationRequest(self, url: QUrl | str, type: QWebEnginePage.NavigationType, isMainFrame: bool) -> bool:
        """Main frame and sub-frames alike; also where the server sends them on to."""
        address = QUrl(url)
        if self._allowed.opens(address) or (not isMainFrame and address.toString() in ("about:blank", "about:srcdoc")):
            return True
        self._refusals.add("navigation", address)
        return False

    def createWindow(self, type: QWebEnginePage.WebWindowType) -> QWebEnginePage | None:  # type: ignore[override]
        """There are no other windows."""
        self._refusals.add("window")
        return None

    def chooseFiles(
        self, mode: QWebEnginePage.FileSelectionMode, oldFiles: Sequence[str], acceptedMimeTypes: Sequence[str]
    ) -> list[str]:
        """No file of this computer."""
        self._refusals.add("file")
        return []

    def javaScriptAlert(self, securityOrigin: QUrl | str, msg: str) -> None:
        """Nobody is asked: a dialog would stop the wall."""
        self._refusals.add("dialog")

    def javaScriptConfirm(self, securityOrigin: QUrl | str, msg: str) -> bool:
        """Answered with no."""
        self._refusals.add("dialog")
        return False

    def javaScriptPrompt(self, securityOrigin: QUrl | str, msg: str, defaultValue: str) -> tuple[bool, str]:
        """Cancelled."""
        self._refusals.add("dialog")
        return False, ""

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, lineNumber: int, sourceID: str
    ) -> None:
        """Not into our log: the text is the page's."""

    def _no_download(self, download: QWebEngineDownloadRequest) -> None:
        download.cancel()
        self._refusals.add("download", download.url())

    def _no_permission(self, permission: QWebEnginePermission) -> None:
        permission.deny()
        self._refusals.add("permission", permission.origin())

    def _no_full_screen(self, request: QWebEngineFullScreenRequest) -> None:
        request.reject()
        self._refusals.add("full screen", request.origin())

    def _no_files(self, request: QWebEngineFileSystemAccessRequest) -> None:
        request.reject()
        self._refusals.add("file", request.origin())

    def _no_handler(self, request: QWebEngineRegisterProtocolHandlerRequest) -> None:
        request.reject()
        self._refusals.add("protocol handler", request.origin())

    def _no_desktop(self, request: QWebEngineDesktopMediaRequest) -> None:
        request.cancel()
        self._refusals.add("screen capture")

    def _no_client_certificate(self, selection: QWebEngineClientCertificateSelection) -> None:
        selection.selectNone()
        self._refusals.add("client certificate", selection.host())

    def _no_bad_certificate(self, error: QWebEngineCertificateError) -> None:
        error.rejectCertificate()
        self._refusals.add("certificate", error.url())
