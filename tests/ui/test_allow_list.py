"""Which addresses a wall opens, attacked in the ways that lists of prefixes are attacked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QUrl

from console.ui.web.allow_list import AllowList, AllowListError, parsed

LIST = AllowList(["https://weather.example.org/radar", "http://10.0.0.5:8080/", "https://bücher.example/plan/"])


@pytest.mark.parametrize(
    "url",
    [
        "https://weather.example.org/radar",
        "https://weather.example.org/radar/",
        "https://weather.example.org/radar/today?zoom=3#now",
        "https://WEATHER.example.org:443/radar/x",
        "https://weather.example.org./radar",
        "http://10.0.0.5:8080",
        "http://10.0.0.5:8080/any/thing",
        "https://xn--bcher-kva.example/plan/a",
    ],
)
def test_what_is_opened(url: str) -> None:
    assert LIST.opens(QUrl(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://weather.example.org/radar",
        "https://weather.example.org/",
        "https://weather.example.org/radars",
        "https://weather.example.org/radar/../admin",
        "https://weather.example.org/radar/%2e%2e/admin",
        "https://weather.example.org/radar/..%2fadmin",
        "https://weather.example.org/radar/%252e%252e%252fadmin",
        "https://weather.example.org/radar/%25252525252e%2525252e/admin",
        "https://weather.example.org/radar\\..\\admin",
        "https://weather.example.org/radar/%5c..%5cadmin",
        "https://weather.example.org/radar/%0a",
        "https://weather.example.org.evil.example/radar",
        "https://evil.example/weather.example.org/radar",
        "https://weather.example.org@evil.example/radar",
        "https://user:word@weather.example.org/radar",
        "https://weather.example.org:8443/radar",
        "https://sub.weather.example.org/radar",
        "https://example.org/radar",
        "http://10.0.0.5/any",
        "http://10.0.0.50:8080/",
        "ftp://weather.example.org/radar",
        "file:///radar",
        "data:text/html,hello",
        "javascript:alert(1)",
        "about:blank",
        "blob:https://weather.example.org/radar",
        "view-source:https://weather.example.org/radar",
        "qrc:/radar",
        "chrome://gpu",
        "",
        "https://",
        "//weather.example.org/radar",
    ],
)
def test_what_is_not_opened(url: str) -> None:
    assert not LIST.opens(QUrl(url))


def test_a_page_fetches_from_the_hosts_of_the_list_alone() -> None:
    for url in ("https://weather.example.org/style.css", "wss://weather.example.org/feed", "ws://10.0.0.5:8080/"):
        assert LIST.feeds(QUrl(url)), url
    for url in (
        "http://weather.example.org/style.css", "ws://weather.example.org/feed", "https://cdn.example.org/lib.js",
        "http://10.0.0.5:9090/", "file:///etc/passwd", "https://u@weather.example.org/x",
    ):  # fmt: skip
        assert not LIST.feeds(QUrl(url)), url


@pytest.mark.parametrize(
    "entry",
    [
        "weather.example.org", "file:///tmp", "ws://weather.example.org/", "https://", "", "https://a b/",
        "https://user:word@weather.example.org/", "https://weather.example.org/?a=1", "https://weather.example.org/#a",
        "https://weather.example.org/a/../b", "javascript:alert(1)", "https://a.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_entries_that_can_not_be_are_named(entry: str) -> None:
    with pytest.raises(AllowListError, match="Write an address such as"):
        AllowList([entry])


def test_an_empty_list_opens_nothing() -> None:
    assert not AllowList().opens(QUrl("https://weather.example.org/"))
    assert not AllowList().feeds(QUrl("https://weather.example.org/"))


def test_what_stands_in_a_layout_is_parsed_strictly() -> None:
    assert parsed("https://weather.example.org/radar") is not None
    assert parsed("weather") is None
    assert parsed("https://a.example/" + "x" * 3000) is None
