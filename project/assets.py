"""What travels to the browser: static files at an address with the hash of their content, kept for a year; they and pages compressed."""

import gzip
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.security import safe_join

FOR_A_YEAR = "public, max-age=31536000, immutable"
TEXT = ("text/html", "text/css", "text/javascript", "image/svg+xml")
WORTH_IT = 1000
"""Bytes from which on compressing saves anything."""
HASH_LENGTH = 16
"""Hexadecimal digits."""
MOST_PADDING = 100
NAMED = 8
"""The flag of gzip's header that says that a file's name follows it (RFC 1952)."""


def hash_of(file: Path) -> str:
    """The hash of a file's content, read again only when the file has changed. Raises OSError."""
    state = file.stat()
    return _hash(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _hash(file: Path, _changed: int, _size: int) -> str:
    return sha256(file.read_bytes()).hexdigest()[:HASH_LENGTH]


@lru_cache(maxsize=64)
def compressed_file(content: bytes) -> bytes:
    """A file's content as gzip; it is the same for everybody, so it is made once."""
    return gzip.compress(content, mtime=0)


def compressed_page(html: bytes) -> bytes:
    """A page as gzip, of a length that differs from one time to the next by up to a hundred bytes.

    A page holds its form's token beside what somebody else may have made it show, and the exact length of the two compressed together would tell of both
    (BREACH). The padding is a name in gzip's header, which browsers skip ("Heal the Breach", 2022).
    """
    packed = gzip.compress(html, compresslevel=5, mtime=0)
    padding = b"x" * secrets.randbelow(MOST_PADDING + 1) + b"\0"
    return packed[:3] + bytes([packed[3] | NAMED]) + packed[4:10] + padding + packed[10:]


def register(app: Flask) -> None:
    """Put the hash into the address of each static file, say how long it is kept, and compress what is text."""
    folder = str(app.static_folder)

    @app.url_defaults
    def name_the_content(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (file := safe_join(folder, values["filename"])):
            values["v"] = hash_of(Path(file))

    @app.after_request
    def keep(response: Response) -> Response:
        if is_file(response):
            file = Path(folder, (request.view_args or {})["filename"])
            # Another hash is that of an older or a newer release, whose page must not keep this one's file.
            response.headers["Cache-Control"] = FOR_A_YEAR if request.args.get("v") == hash_of(file) else "no-cache"
        return response

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TEXT or (response.is_streamed and not is_file(response)):
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code not in (204, 206, 304) and (response.content_length or 0) >= WORTH_IT and request.accept_encodings["gzip"]:
            pack = compressed_file if is_file(response) else compressed_page
            response.direct_passthrough = False
            content = response.get_data()
            response.close()
            response.set_data(pack(content))
            response.headers["Content-Encoding"] = "gzip"
            if tag := response.get_etag()[0]:
                # The same file, but other bytes.
                response.set_etag(tag, weak=True)
        return response


def is_file(response: Response) -> bool:
    """Whether it is a static file that is answered, or that the browser's own is still good."""
    return request.endpoint == "static" and response.status_code in (200, 206, 304)
