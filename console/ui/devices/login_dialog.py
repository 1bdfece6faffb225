"""Small dialogs: a user name and password, a camera's name and number."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from console.model.site import MAX_NUMBER, Camera
from drivers.types import Credentials, Transport


class LoginDialog(QDialog):
    """Asks for credentials. They go into the vault only if the camera takes them."""

    def __init__(self, camera: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Login for {camera}")
        self._user = QLineEdit(self)
        self._password = QLineEdit(self)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        note = QLabel("They are tried once. A camera may lock the account after a few wrong ones.", self)
        note.setObjectName("dim")
        note.setWordWrap(True)
        form = QFormLayout()
        form.addRow("User name", self._user)
        form.addRow("Password", self._password)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(_buttons(self, "Try them"))

    def credentials(self) -> Credentials | None:
        """What was entered, None without a user name."""
        user = self._user.text().strip()
        return Credentials(user, self._password.text()) if user else None


class EditDialog(QDialog):
    """A camera's name, number and transport."""

    def __init__(self, camera: Camera, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Camera {camera.number}")
        self._name = QLineEdit(camera.name, self)
        self._name.setMaxLength(120)
        self._number = QSpinBox(self)
        self._number.setRange(1, MAX_NUMBER)
        self._number.setValue(camera.number)
        form = QFormLayout()
        form.addRow("Name", self._name)
        self._transport = QComboBox(self)
        for label, transport in (("TCP (default)", Transport.TCP), ("UDP (where TCP is not offered)", Transport.UDP)):
            self._transport.addItem(label, transport.value)
        self._transport.setCurrentIndex(self._transport.findData(camera.transport.value))
        form.addRow("Number to call it up", self._number)
        form.addRow("Streams travel by", self._transport)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(_buttons(self, "Save"))

    def entered(self) -> tuple[str, int, Transport]:
        """Name, number and transport."""
        return self._name.text().strip(), self._number.value(), Transport(self._transport.currentData())


class PassphraseDialog(QDialog):
    """Asks for the passphrase of the password file where the system has no keyring."""

    def __init__(self, new: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Passwords of the cameras")
        words = (
            "This system has no keyring. Choose a passphrase: it encrypts the file with the cameras' passwords, "
            "and is asked for at each start."
            if new
            else "Enter the passphrase of the file with the cameras' passwords."
        )
        label = QLabel(words, self)
        label.setWordWrap(True)
        self._text = QLineEdit(self)
        self._text.setEchoMode(QLineEdit.EchoMode.Password)
        self._again = QLineEdit(self)
        self._again.setEchoMode(QLineEdit.EchoMode.Password)
        self._again.setPlaceholderText("the same again")
        self._again.setVisible(new)
        self._new, self._label = new, label
        column = QVBoxLayout(self)
        for part in (label, self._text, self._again, _buttons(self, "Open")):
            column.addWidget(part)

    def accept(self) -> None:
        """A new passphrase must be typed twice: a slip would lock every password away."""
        if self._new and self._text.text() != self._again.text():
            self._label.setText("The two are not the same. Type the passphrase twice.")
            self._again.clear()
            return
        super().accept()

    def passphrase(self) -> str:
        """What was entered."""
        return self._text.text()


def _buttons(dialog: QDialog, accept: str) -> QDialogButtonBox:
    box = QDialogButtonBox(dialog)
    box.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
    box.addButton(QDialogButtonBox.StandardButton.Cancel)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box
