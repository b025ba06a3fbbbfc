"""Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PACKAGE = "chromium"
# It asks other hosts for news and updates unless told not to.
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def is_installed() -> bool:
    """Whether the system has a Chromium."""
    return which(CHROMIUM) is not None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window for as long as the block runs."""
    # Its sandbox refuses to run as root.
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
