"""A headless Chromium, driven through its debugging pipe, that tells what a page did."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--disable-dev-shm-usage",
    "--remote-debugging-pipe", "--window-size=1100,900",
)  # fmt: skip


@dataclass
class Visit:
    """What the browser saw: addresses asked for, messages on the console, images, and the whole page as PNG."""

    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    widths: tuple[int, int] = (0, 0)
    hidden: list[int] = field(default_factory=list)  # of each table, pixels that must be scrolled to
    screenshot: bytes = b""


def _pipe() -> tuple[int, int]:
    """Reading and writing end of a pipe, on descriptors that are clear of 3 and 4."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved


class Browser:
    """Speaks the DevTools protocol: JSON messages, each ended by a zero byte, on descriptors 3 and 4."""

    def __init__(self, program: str, profile: str):
        to_browser, self._out = _pipe()
        self._in, from_browser = _pipe()
        redirected = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["bash", "-c", redirected, "bash", program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._buffer, self._events, self._session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self._events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def wait_for(self, event: str) -> None:
        """Read until `event` has come."""
        while all(seen.get("method") != event for seen in self._events):
            self._events.append(self._read())

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], 60)[0], "the browser has said nothing for a minute"
            chunk = os.read(self._in, 1 << 16)
            assert chunk, "the browser ended"
            self._buffer += chunk
        text, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(text)

    def visit(self, page: Path, *, scheme: str = "light") -> Visit:
        """Open a page and report what happened."""
        self._events = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=page.as_uri())
        self.wait_for("Page.loadEventFired")
        images = self._value(
            "JSON.stringify([...document.images].map(i => "
            "({complete: i.complete, width: i.naturalWidth, shown: i.clientWidth, alt: i.alt})))"
        )
        widths = self._value("JSON.stringify([document.documentElement.scrollWidth, innerWidth])")
        hidden = self._value(
            "JSON.stringify([...document.querySelectorAll('.table')].map(t => t.scrollWidth - t.clientWidth))"
        )
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=self._whole_page())["data"]
        found = {"requests": [], "messages": []}
        for event in self._events:
            if event.get("method") == "Network.requestWillBeSent":
                found["requests"].append(event["params"]["request"]["url"])
            if event.get("method") in (
                "Log.entryAdded",
                "Runtime.consoleAPICalled",
                "Runtime.exceptionThrown",
            ):
                found["messages"].append(json.dumps(event["params"]))
        shown = {"images": images, "widths": tuple(widths), "hidden": hidden}
        return Visit(**found, **shown, screenshot=base64.b64decode(shot))

    def _value(self, expression: str) -> Any:
        return json.loads(self.call("Runtime.evaluate", expression=expression)["result"]["value"])

    def _whole_page(self) -> dict[str, float]:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def close(self) -> None:
        """End the browser."""
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Skips where Chromium is not installed, unless SUFFICE_REQUIRE_BROWSER says that it must be."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("SUFFICE_REQUIRE_BROWSER"):
            pytest.fail("chromium is not installed, and SUFFICE_REQUIRE_BROWSER is set")
        pytest.skip("needs chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = Browser(program, profile)
        yield running
        running.close()
