"""Redirects: whatever somebody puts into a link to the login page, a browser stays on this site after logging in."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.utils import redirect

from project.redirects import local_target

HERE = "https://site.example/accounts/login"
# Pieces out of which addresses that mislead are made.
TRICKY = st.lists(
    st.sampled_from(
        [
            "/",
            "\\",
            "//",
            "@",
            ":",
            ".",
            "..",
            "?",
            "#",
            "%2f",
            "%5c",
            "%09",
            "\t",
            "\r",
            "\n",
            "\0",
            " ",
            "https:",
            "javascript:",
            "[",
            "]",
            "évil",
            "evil.example",
            "site.example",
        ]
    )
    | st.characters(exclude_categories=["Cs"])
).map("".join)


def host_in_a_browser(target: str) -> str | None:
    """The host that a browser opens for the target of a redirect, as the URL standard has it."""
    stripped = target.strip("".join(map(chr, range(0x21))))
    without_breaks = re.sub(r"[\t\n\r]", "", stripped)
    path, *query = re.split(r"([?#])", without_breaks, maxsplit=1)
    slashed = path.replace("\\", "/") + "".join(query)
    # However many slashes there are, what follows is the host.
    return urlsplit(urljoin(HERE, re.sub(r"^//+", "//", slashed))).hostname


@pytest.mark.parametrize(
    "target", ["/", "/tasks/", "/tasks/details/?id=7&url=/tasks/", "/reviews/?search=a%2Fb#end", "/a//b", "/..//b", "/?next=https://evil.example", "/ä"]
)
def test_a_page_of_this_site_is_where_one_goes(target: str) -> None:
    assert local_target(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "tasks",
        "?next",
        "#end",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "\0//evil.example",
        "/\x7f/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "HTTPS://site.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "@evil.example",
        ".evil.example",
        "/a\\b",
        "/a\r\nSet-Cookie: b=c",
    ],
)
def test_any_other_address_is_refused(target: str | None) -> None:
    assert local_target(target) is None


@given(TRICKY)
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
def test_no_address_that_is_accepted_leads_a_browser_to_another_host(target: str) -> None:
    accepted = local_target(target)

    assert accepted is None or host_in_a_browser(accepted) == "site.example"


@given(TRICKY.map(lambda pieces: f"/{pieces}"))
def test_an_address_that_is_accepted_stays_on_this_site_as_the_header_that_is_sent(target: str) -> None:
    accepted = local_target(target)

    assert accepted is None or host_in_a_browser(redirect(accepted).location) == "site.example"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "/\t/evil.example", "///evil.example"])
def test_the_browser_that_these_tests_imagine_would_be_led_astray(target: str) -> None:
    assert host_in_a_browser(target) == "evil.example"
