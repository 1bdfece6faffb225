"""Real pages from servers on this machine: what is shown, and what is refused. One server is on the list, one is not;
whatever the second one is asked for got out."""

import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from console.ui.web.allow_list import AllowList
from console.ui.web.page import Page
from console.ui.web.pages import FLAGS, PageSize, WebPages, only_these

GREEN = "<body style='background:#00aa00;margin:0'>"
PAGES: dict[str, str] = {}
asked: list[str] = []
strange: list[str] = []


class Here(http.server.BaseHTTPRequestHandler):
    """The allowed server."""

    def do_GET(self) -> None:
        asked.append(self.path)
        path = self.path.partition("?")[0]
        if path == "/show/jump":
            self.send_response(302)
            self.send_header("Location", f"{out}/jumped")
            self.end_headers()
            return
        body = PAGES.get(path, "").encode()
        self.send_response(200 if path in PAGES else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Set-Cookie", "kept=1; Max-Age=99999")
        if path == "/show/file":
            self.send_header("Content-Disposition", "attachment; filename=evil.exe")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class There(Here):
    """The server that nobody may reach."""

    def do_GET(self) -> None:
        strange.append(self.path)
        self.send_response(204)
        self.end_headers()


good = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Here)
evil = http.server.ThreadingHTTPServer(("127.0.0.1", 0), There)
for server in (good, evil):
    threading.Thread(target=server.serve_forever, daemon=True).start()
base, out = f"http://127.0.0.1:{good.server_port}", f"http://localhost:{evil.server_port}"
PAGES["/show/plain"] = GREEN
PAGES["/other/page"] = "<body style='background:#aa0000'>"
PAGES[
    "/show/attack"
] = f"""{GREEN}<img src="{out}/img"><script src="{out}/js"></script><iframe src="{out}/frame"></iframe>
<iframe src="{base}/other/page"></iframe><link rel=stylesheet href="{out}/css"><iframe src="file:///etc/passwd"></iframe>
<script>
fetch("{out}/fetch").catch(() => 0); new Image().src = "{base}/show/jump"; navigator.sendBeacon("{out}/beacon", "x");
try {{ new WebSocket("ws://localhost:{evil.server_port}/socket") }} catch (e) {{}}
try {{ new EventSource("{out}/events") }} catch (e) {{}}
window.open("{base}/show/plain"); alert("hello"); confirm("well?"); prompt("name?");
Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => 0);
let a = document.createElement("a"); a.href = "{base}/show/file"; a.download = "evil.exe"; a.click();
setTimeout(() => {{ location.href = "data:text/html,<body style=background:red>" }}, 200);
setTimeout(() => {{ location.href = "file:///etc/passwd" }}, 300);
setTimeout(() => {{ location.href = "{base}/other/page" }}, 400);
setTimeout(() => {{ location.href = "{out}/top" }}, 500);
setTimeout(() => {{ document.title = "done" }}, 900);
</script>"""
PAGES["/show/hang"] = GREEN + "<script>setTimeout(() => { while (true); }, 300)</script>"

allowed = AllowList([f"{base}/show"])
os.environ[FLAGS] += " " + only_these(allowed.hosts)
app = QApplication(["test"])
line = QLineEdit()
line.show()
line.activateWindow()
line.setFocus()
size = PageSize(320, 200)
now = [0.0]


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        QTest.qWait(20)


def colour(image: QImage | None) -> str:
    return "" if image is None else QColor(image.pixel(image.width() - 2, image.height() - 2)).name()


def shown(page: Page) -> str:
    page.beat(size)
    return colour(page.look().image)


page = Page(QUrl(f"{base}/show/plain"), size, allowed, lambda: now[0])
wait(lambda: shown(page) == "#00aa00", "a plain page")
assert page.look().image.size().toTuple() == (320, 200)
assert not page.refusals.counts, page.refusals.counts
assert app.focusWidget() is line
assert app.activeWindow() is line

# Its process dies: a sentence, and after the pause it is back.
os.kill(page._view.page().renderProcessPid(), signal.SIGKILL)
wait(lambda: "crashed" in page.look().sentence, "a crash is said")
assert page.look().image is None
page.beat(size)
assert page._view is None
now[0] += 6
wait(lambda: shown(page) == "#00aa00", "back after a crash")
page.close()
page.close()

page = Page(QUrl(f"{base}/show/attack"), size, allowed, lambda: now[0])
wait(lambda: shown(page) == "#00aa00" and page._view.page().title() == "done", "the attacking page is shown")
QTest.qWait(300)
assert shown(page) == "#00aa00", page.look()
counts = page.refusals.counts
assert not strange, strange
assert "/other/page" not in asked, asked
for what in ("navigation", "request", "dialog", "download", "permission"):
    assert counts[what] >= 1, (what, counts)
assert counts["dialog"] == 3, counts
page.close()

# A server that sends on to elsewhere, and one that is not there.
page = Page(QUrl(f"{base}/show/jump"), size, allowed, lambda: now[0])
wait(lambda: "can not be reached" in page.look().sentence, "a jump outside")
assert not strange, strange
page.close()

# A script without end: its last picture must not pass for a present one.
page = Page(QUrl(f"{base}/show/hang"), size, allowed, lambda: now[0])
wait(lambda: shown(page) == "#00aa00", "a page that will hang")
QTest.qWait(800)
page.beat(size)
now[0] += 16
wait(lambda: (page.beat(size), "hangs" in page.look().sentence)[1], "a page that hangs")
page.close()

# As tiles do it, at scale 2: as many device pixels as the tile has.
pages = WebPages(allowed)
large = PageSize(641, 401, 2.0)
wait(lambda: colour(pages.look(f"{base}/show/plain", large).image) == "#00aa00", "through WebPages")
image = pages.look(f"{base}/show/plain", large).image
assert image.size().toTuple() == (641, 401), image.size()
assert "not on the list" in pages.look(f"{base}/other/page", large).sentence
pages.close()
assert app.focusWidget() is line
line.close()
for server in (good, evil):
    server.shutdown()
    server.server_close()
sys.stdout.write("shown and kept")
