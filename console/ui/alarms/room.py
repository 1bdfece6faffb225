"""Alarms as the operator drives them: keys, panel, what is shown with an alarm, what became of each order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QSplitter, QWidget

from console.model.alarm_list import next_worst
from console.model.alarm_show import commands, tile_of
from console.model.alarms import Alarm, AlarmRefusal, Priority
from console.model.permissions import Actor
from console.model.show import ShowError
from console.services.alarm_desk import AlarmDesk, Done
from console.services.alarm_sound import AlarmSound
from console.services.alarm_view import AlarmsView
from console.store.database import DatabaseError
from console.ui.actions import Action
from console.ui.alarms.dialogs import NoteDialog, ShelveDialog
from console.ui.alarms.figures_window import FiguresWindow
from console.ui.alarms.panel import AlarmPanel
from console.ui.alarms.signs import LETTERS
from console.ui.alarms.words import alarms_words
from console.ui.pulse import Pulse
from console.ui.theme import Theme
from console.ui.wall.room import WallRoom
from drivers.types import GeoPlace

Call = Callable[[Callable[[], None]], None]
"""Runs a function on the Qt thread; any thread."""
MANY = 1000
"""Alarms from which the screens look at news once a second, and not at each word of the pulse."""
NOTHING_CHOSEN = "No alarm is selected. Space selects the next worst."


class AlarmRoom(QObject):
    """Lives on the Qt thread. ``may`` says whether whoever sits here may do something to alarms, ``note`` takes a
    sentence for the bottom line, ``show_places`` puts places on the map, ``show_hit`` opens the hit of this number,
    with all others of its car where there are several, ``show_incident`` looks for plates near a place at a time,
    ``sound`` None: alarms are not heard here.
    The panel has to be there before the desk is: ``attach`` gives it the window."""

    def __init__(
        self,
        desk: AlarmDesk,
        sound: AlarmSound | None,
        actor: Callable[[], Actor],
        may: Callable[[], bool],
        room: WallRoom,
        theme: Theme,
        call: Call,
        note: Callable[[str], None],
        show_help: Callable[[], None],
        show_places: Callable[[Sequence[GeoPlace]], None] = lambda places: None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        show_hit: Callable[[int, bool], None] = lambda hit, several: None,
        show_incident: Callable[[GeoPlace, datetime], None] = lambda place, at: None,
    ) -> None:
        super().__init__()
        self._desk, self._sound, self._actor, self._may, self._room = desk, sound, actor, may, room
        self._theme, self._call, self._note = theme, call, note
        self._show_incident = show_incident
        self._owner: QWidget | None = None
        self._keys: Callable[[QKeyEvent], object] = lambda event: None
        self._show_help, self._show_places, self._show_hit, self._utc = show_help, show_places, show_hit, utc
        self.changed: list[Callable[[], None]] = []
        """Called when the alarms are others now: tiles with the alarm list."""
        self._seen = -1
        self._looked_at: set[tuple[str, int]] = set()
        self._life_of: tuple[str, int] | None = None
        self._marks: dict[int, str] = {}
        self._figures: FiguresWindow | None = None
        self.panel = AlarmPanel(theme, utc)
        panel, details = self.panel, self.panel.details
        panel.chosen.connect(self._chosen)
        panel.silence_wanted.connect(self.silence)
        panel.figures_wanted.connect(self.open_figures)
        panel.list.go_wanted.connect(self.go)
        panel.list.key_wanted.connect(lambda event: self._keys(event))
        details.acknowledge_wanted.connect(self.acknowledge)
        details.note_wanted.connect(self.acknowledge_with_note)
        details.shelve_wanted.connect(self.shelve)
        details.close_wanted.connect(self.close_or_bring_back)
        details.back_wanted.connect(self.close_or_bring_back)
        details.go_wanted.connect(self.go)
        details.hit_wanted.connect(self.open_hit)

    # Wiring

    def above(self, below: QWidget) -> QWidget:
        """The right column: alarms above what is selected on the wall."""
        column = QSplitter(Qt.Orientation.Vertical)
        column.addWidget(self.panel)
        column.addWidget(below)
        column.setStretchFactor(0, 3)
        column.setStretchFactor(1, 2)
        column.setSizes([600, 400])
        column.setHandleWidth(2)
        column.setChildrenCollapsible(False)
        return column

    def attach(self, window: QWidget, keys: Callable[[QKeyEvent], object]) -> None:
        """The window that dialogs belong to, and what takes keys that were pressed on the list and are the wall's."""
        self.setParent(window)
        self._owner, self._keys = window, keys

    def actions(self) -> list[Action]:
        """All of them."""
        return [
            Action("Next worst alarm", self.next, ("Space",)),
            Action("Acknowledge the alarm", self.acknowledge, ("A",)),
            Action("Acknowledge the alarm with a note…", self.acknowledge_with_note, ("Shift+A",)),
            Action("Shelve the alarm…", self.shelve, ("Z",)),
            Action("Close the alarm, or bring it back", self.close_or_bring_back, ("Shift+Z",)),
            Action("Look at the hit of the alarm", self.open_hit, ("Shift+Space",)),
            Action("Look for plates near the alarm", self.as_incident, ("Ctrl+Shift+I",)),
            Action("Silence alarms for some minutes", self.silence, ("X",)),
            Action("Filter alarms", self.panel.focus_search, ("Ctrl+Alt+F",), anywhere=True),
            Action("Figures of alarms", self.open_figures, ("Ctrl+Shift+A",), anywhere=True),
            *(
                Action(f"Hear what {each.value} alarms sound like", partial(self._try_out, each))
                for each in Priority
                if self._sound is not None
            ),
        ]

    def follow(self, pulse: Pulse) -> None:
        """Look at news with this heartbeat."""
        pulse.words.connect(self.look)
        pulse.second.connect(self.second)

    @property
    def view(self) -> AlarmsView:
        """All alarms, for tiles."""
        return self._desk.view

    def mark(self, number: int) -> str:
        """What a camera's tile says of alarms."""
        return self._marks.get(number, "")

    def close(self) -> None:
        """The console ends."""
        if self._figures is not None:
            self._figures.close()

    # Looking

    def look(self, closely: bool = False) -> None:
        """Several times a second: show what changed; of very many alarms once a second (``closely``)."""
        view = self._desk.view
        if view.version == self._seen or (len(view.alarms) >= MANY and not closely):
            return
        self._seen = view.version
        self.panel.show_view(view, self._may())
        if self._looked_at:
            self._looked_at &= {each.sight for each in view.alarms}
        marks: dict[int, str] = {}
        for each in view.shown[: view.waits]:
            for number in each.cause.cameras:
                marks.setdefault(number, f"{LETTERS[each.priority]} ALARM")
        if marks != self._marks:
            self._marks = marks
            self._room.put_everywhere(lambda each: each.refresh())
        self._read_life()
        for changed in self.changed:
            changed()

    def second(self) -> None:
        """Once a second."""
        self.look(closely=True)
        self.panel.show_silence(0.0 if self._sound is None else self._sound.silent_for())
        self.panel.show_unheard("" if self._sound is None else self._sound.unheard)
        self.panel.tell_time()

    # What the hands do

    def next(self) -> None:
        """The worst alarm that was not looked at yet: selected, its cameras on the wall, its place on the map."""
        self.look(closely=True)
        view = self._desk.view
        alarm = next_worst(view.alarms, self._looked_at)
        if alarm is None:
            self._note("There is no alarm." if view.ready else "Alarms are being read; try again in a moment.")
            return
        key = alarm.sight
        if key in self._looked_at:
            self._looked_at.clear()
        self._looked_at.add(key)
        self.panel.choose(alarm)
        self._show(alarm)

    def go(self) -> None:
        """Cameras and place of the selected alarm, and its hit in front."""
        chosen = self.panel.chosen_alarms
        if not chosen:
            self._note(NOTHING_CHOSEN)
            return
        self._looked_at.add(chosen[0].sight)
        self._show(chosen[0])
        if chosen[0].cause.hit_number:
            self._open_hit(chosen[0])

    def open_hit(self) -> None:
        """What was read beside what the list has, where the selected alarm is that of a hit."""
        alarm = next((each for each in self.panel.chosen_alarms if each.cause.hit_number), None)
        if alarm is not None:
            self._open_hit(alarm)
        else:
            self._note("The selected alarm is not of a hit." if self.panel.chosen_alarms else NOTHING_CHOSEN)

    def as_incident(self) -> None:
        """Place and time of the selected alarm are those of an incident near which plates are looked for."""
        chosen = self.panel.chosen_alarms
        cause = next((each.cause for each in chosen if each.cause.place is not None), None)
        if cause is not None and cause.place is not None:
            self._show_incident(cause.place, cause.at)
        else:
            self._note("The place of the selected alarm is not known." if chosen else NOTHING_CHOSEN)

    def acknowledge(self) -> None:
        """The selected alarms are ours."""
        self._take("")

    def acknowledge_with_note(self) -> None:
        """The same with a few words for the record."""
        if self._waiting():
            note = self._asked("Acknowledge")
            if note is not None:
                self._take(note)
        else:
            self._take("")

    def shelve(self) -> None:
        """The selected alarms off the list, for a reason and a time."""
        chosen = [each for each in self.panel.chosen_alarms if each.shown]
        if not chosen:
            self._note(NOTHING_CHOSEN)
            return
        dialog = ShelveDialog(chosen, self._utc(), self._owner)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            ids, actor = [each.id for each in chosen], self._actor()
            seconds = dialog.seconds
            if seconds is None:
                self._then(self._desk.take_out(ids, actor, dialog.reason), "Out of service: {}.")
            else:
                self._then(self._desk.shelve(ids, actor, dialog.reason, seconds), "Shelved: {}.")
        dialog.deleteLater()

    def close_or_bring_back(self) -> None:
        """What is dealt with is closed; what was put aside comes back."""
        chosen = self.panel.chosen_alarms
        away = [each.id for each in chosen if not each.shown]
        ready = [each for each in chosen if each.closable(self._utc())]
        if away:
            self._then(self._desk.bring_back(away, self._actor()), "Brought back: {}.")
        elif ready:
            note = self._asked("Close")
            if note is not None:
                ids = [each.id for each in ready]
                self._then(self._desk.close_alarms(ids, self._actor(), note), "Closed: {}.")
        elif chosen:
            over = chosen[0].acked is not None
            self._note("What raised it is not over; it closes by itself then." if over else "Acknowledge it first (A).")
        else:
            self._note(NOTHING_CHOSEN)

    def silence(self) -> None:
        """The sound off for some minutes; what is new is heard."""
        if self._sound is None:
            self._note("Alarms are not heard at this console.")
        elif self._sound.silence():
            seconds = self._sound.silent_seconds
            span = f"{seconds / 60:g} minutes" if seconds >= 120 and not seconds % 60 else f"{seconds:g} seconds"
            self._note(f"Silent for {span}, or until something new comes. What waits goes on waiting.")
            self.second()
        else:
            self._note("No alarm sounds.")

    def open_figures(self) -> None:
        """The window with rates, times and floods."""
        if self._figures is None:
            window = self._figures = FiguresWindow(self._theme, self._owner)
            window.wanted.connect(self._ask_figures)
            window.help_wanted.connect(self._show_help)
        self._figures.show()
        self._figures.raise_()
        self._figures.activateWindow()
        self._figures.ask()

    # Inside

    def _open_hit(self, alarm: Alarm) -> None:
        """The newest hit of an alarm."""
        self._show_hit(alarm.cause.hit_number, len(alarm.hits) > 1)

    def _try_out(self, priority: Priority) -> None:
        if self._sound is not None:
            self._sound.try_out(priority)

    def _take(self, note: str) -> None:
        ids = [each.id for each in self._waiting()]
        if ids:
            self._then(self._desk.acknowledge(ids, self._actor(), note), "Acknowledged: {}.")
        elif self.panel.chosen_alarms:
            self._note("The selected alarm is acknowledged already. Space selects the next worst.")
        else:
            self._note(NOTHING_CHOSEN)

    def _waiting(self) -> list[Alarm]:
        return [each for each in self.panel.chosen_alarms if each.waits]

    def _asked(self, verb: str) -> str | None:
        """What somebody says with it; None where they think better of it."""
        chosen = self.panel.chosen_alarms
        title = chosen[0].cause.title if len(chosen) == 1 else alarms_words(len(chosen))
        dialog = NoteDialog(title, verb, self._owner)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        note = dialog.note
        dialog.deleteLater()
        return note if accepted else None

    def _show(self, alarm: Alarm) -> None:
        """The alarm's cameras on the wall, its place on the map."""
        room, cameras = self._room, alarm.cause.cameras
        for command in commands(room.wall, cameras, room.active_number):
            try:
                room.show(command)
            except ShowError as error:
                self._note(str(error))
        first = next((place for number in cameras if (place := self._where(number)) is not None), None)
        if first is not None:
            room.activate(first[0])
            room.active.go(room.active.state.chosen(first[1]))
        if alarm.cause.place is not None:
            self._show_places((alarm.cause.place,))

    def _where(self, number: int) -> tuple[int, int] | None:
        return tile_of(self._room.wall, number, self._room.active_number)

    def _then(self, future: Future[Done], words: str) -> None:
        """Say what became of an order, when it is known."""
        future.add_done_callback(lambda done: self._call(partial(self._told, done, words)))

    def _told(self, future: Future[Done], words: str) -> None:
        try:
            done = future.result()
        except (AlarmRefusal, DatabaseError) as error:
            self._note(str(error))
        else:
            refused = f" Not: {done.refused[0]}" if done.refused else ""
            self._note(words.format(alarms_words(done.count)) + refused)
        self.look(closely=True)

    def _chosen(self) -> None:
        self._life_of = None
        self._read_life()

    def _read_life(self) -> None:
        """The log of the one alarm that is selected, where it is not there yet."""
        chosen = self.panel.chosen_alarms
        if len(chosen) != 1:
            return
        wanted = (chosen[0].id, chosen[0].version)
        if wanted == self._life_of:
            return
        if self._life_of is None or self._life_of[0] != wanted[0]:
            self.panel.details.show_life((), self._utc())
        self._life_of = wanted
        future = self._desk.life(wanted[0])

        def came() -> None:
            if self._life_of != wanted:
                return
            try:
                self.panel.details.show_life(future.result(), self._utc())
            except DatabaseError as error:
                self._note(str(error))

        future.add_done_callback(lambda done: self._call(came))  # at once where it is there already

    def _ask_figures(self, span: object) -> None:
        window, end = self._figures, self._utc() + timedelta(seconds=1)  # what is done this moment counts
        assert window is not None
        future = self._desk.figures(end - window.span, end)

        def came() -> None:
            try:
                window.show_figures(future.result())
            except DatabaseError as error:
                window.say(str(error))

        future.add_done_callback(lambda done: self._call(came))
