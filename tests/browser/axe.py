"""What axe-core finds on a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

EVERY_RULE = {"resultTypes": ["violations"]}
COLOURS = {**EVERY_RULE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What can differ between the themes."""
_axe = Axe()


def violations(page: Page) -> list[str]:
    """What keeps people from using the page as it is now, in either theme of the system: the rule, the element and the reason of each."""
    page.emulate_media(color_scheme="dark")
    dark = _violations(page, COLOURS)
    page.emulate_media(color_scheme="light")
    return [*_violations(page, EVERY_RULE), *(f"dark: {violation}" for violation in dark)]


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    rules = _axe.run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in rules for node in rule["nodes"]]
