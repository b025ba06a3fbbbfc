"""Where to go after logging in: only ever to a page of this site."""

from urllib.parse import urlsplit


def local_target(target: str | None) -> str | None:
    """`target` if a browser would stay on this site with it, else None.

    Browsers take `//host` and `/\\host` for another host and skip control characters
    (WHATWG URL, "special authority slashes state"), so those are refused, not repaired.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(character < " " or character in "\\\x7f" for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
