"""A network of our own, which knows no address but those that a test gives it."""

from __future__ import annotations

import io
import ssl
import urllib.request
from collections.abc import Callable
from email.message import Message
from urllib.error import URLError
from urllib.response import addinfourl


class Body(io.BytesIO):
    """What a server sends; after `breaks_after` bytes the connection breaks."""

    def __init__(self, content: bytes, breaks_after: int | None = None) -> None:
        super().__init__(content)
        self.length = len(content)
        self.breaks_after = breaks_after

    def read(self, size: int | None = -1) -> bytes:
        if self.breaks_after is not None and self.tell() >= self.breaks_after:
            raise ConnectionResetError("Connection reset by peer")
        return super().read(size)


class LocalNetwork(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Answers requests from `files` (address -> makes the body) and knows no other address."""

    def __init__(self) -> None:
        super().__init__(context=ssl.create_default_context())
        self.files: dict[str, Callable[[], Body]] = {}
        self.asked: list[str] = []

    def https_open(self, request: urllib.request.Request) -> addinfourl:
        self.asked.append(request.full_url)
        if request.full_url not in self.files:
            raise URLError("Temporary failure in name resolution")
        body = self.files[request.full_url]()
        headers = Message()
        headers["Content-Length"] = str(body.length)
        response = addinfourl(body, headers, request.full_url, 200)
        response.msg = "OK"
        return response

    http_open = https_open
