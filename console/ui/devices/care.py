"""What is done to the site's cameras by dialogs: adding, another login, another name or number, taking one out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QMainWindow, QMessageBox
from shiboken6 import delete, isValid

from console.model.site import DuplicateCameraError
from console.services.devices import Devices
from console.services.onboarding import Outcome, Progress
from console.ui.bridge import Bridge
from console.ui.devices.add_dialog import AddDialog
from console.ui.devices.login_dialog import EditDialog, LoginDialog
from console.ui.plain import plain_tip
from drivers.interfaces import Finder


class CameraCare(QObject):
    """Lives on the Qt thread."""

    added = Signal()
    """Cameras were added by the dialog."""
    login_taken = Signal(int)
    renumbered = Signal(int, object)
    """A camera's old number, and its new one, or None: it is no more."""

    def __init__(
        self,
        devices: Devices,
        bridge: Bridge,
        sweep: Callable[[str], Finder],
        window: QMainWindow,
        note: Callable[[str], None],
    ) -> None:
        """``sweep`` makes a search of a range of addresses."""
        super().__init__(window)
        self._devices, self._bridge, self._sweep, self._window, self._note = devices, bridge, sweep, window, note
        self._add: AddDialog | None = None

    def add(self) -> None:
        """The dialog for adding many at once."""
        if self._add is None:
            self._add = AddDialog(self._devices, self._bridge, self._sweep, self._window)
            self._add.added.connect(self.added)
        self._add.show()
        self._add.raise_()

    def dispose(self) -> None:
        """Destroy its windows before the application ends."""
        if self._add is not None and isValid(self._add):
            delete(self._add)

    def ask_login(self, number: int) -> None:
        """Other credentials for a camera; tried once."""
        camera = self._devices.site.by_number(number)
        if camera is None:
            return
        dialog = LoginDialog(camera.name, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted and (login := dialog.credentials()) is not None:
            self._note(f"{camera.name}: trying the credentials …")
            self._devices.change_credentials(number, login, self._login_tried)
        dialog.deleteLater()

    def edit(self, number: int) -> None:
        """Another name, number or transport."""
        camera = self._devices.site.by_number(number)
        if camera is None:
            return
        dialog = EditDialog(camera, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            name, wanted, transport = dialog.entered()
            try:
                self._devices.edit(camera.id, name or camera.name, wanted, transport)
            except DuplicateCameraError as error:
                self._note(f"{camera.name}: {error}. Choose another number.")
            else:
                self.renumbered.emit(number, wanted)
        dialog.deleteLater()

    def remove(self, number: int) -> None:
        """Take a camera out of the site, after asking."""
        camera = self._devices.site.by_number(number)
        if camera is None:
            return
        question = f"Take camera {number} {camera.name} out of the site? It stays as it is and can be added again."
        if QMessageBox.question(self._window, "Remove camera", plain_tip(question)) == QMessageBox.StandardButton.Yes:
            self._devices.remove(camera.id)
            self.renumbered.emit(number, None)

    def _login_tried(self, event: Progress) -> None:
        """In a worker."""
        number = event.candidate.number
        if event.outcome is Outcome.ADDED:
            self._bridge.call.emit(lambda: self._taken(number))
        else:
            self._bridge.trouble.emit(event.sentence)

    def _taken(self, number: int) -> None:
        self._note("")
        self.login_taken.emit(number)
