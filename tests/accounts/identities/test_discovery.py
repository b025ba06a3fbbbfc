"""Patience with providers: what one says of itself is kept for a while, and one that is silent holds up two threads and nobody else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
import requests

from accounts.identities import discovery
from accounts.identities.discovery import Acquaintance, Metadata, ProviderError
from project.providers import Provider
from tests.handmade_provider import HandmadeProvider, handmade_provider
from tests.waiting import wait_until

METADATA = "/.well-known/openid-configuration"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    def __call__(self) -> float:
        """The time it shows."""
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which answers grow old."""
    clock = Clock()
    monkeypatch.setattr(discovery, "monotonic", clock)
    return clock


@pytest.fixture(scope="module")
def listening() -> Iterator[HandmadeProvider]:
    """A provider for all these tests."""
    with handmade_provider() as provider:
        yield provider


@pytest.fixture
def handmade(listening: HandmadeProvider) -> HandmadeProvider:
    """The provider, honest so far."""
    vars(listening).update(vars(HandmadeProvider(listening.url)))
    return listening


def asks(acquaintance: Acquaintance, handmade: HandmadeProvider) -> bool:
    """Whether the provider is asked when its metadata are needed now."""
    handmade.asked.clear()
    acquaintance.metadata()
    return METADATA in handmade.asked


def refusal(acquaintance: Acquaintance) -> str:
    """Why there are no metadata now."""
    with pytest.raises(ProviderError) as caught:
        acquaintance.metadata()
    return str(caught.value)


def test_metadata_are_kept_for_five_minutes(handmade: HandmadeProvider, clock: Clock) -> None:
    acquaintance = Acquaintance(handmade.provider)
    answers = []

    for seconds in (0, 0, 299, 1):
        clock.at += seconds
        answers.append(asks(acquaintance, handmade))

    assert answers == [True, False, False, True]


def test_a_provider_that_failed_is_not_asked_again_for_half_a_minute(handmade: HandmadeProvider, clock: Clock) -> None:
    acquaintance = Acquaintance(handmade.provider)
    handmade.answers = {METADATA: (500, b"")}
    refusal(acquaintance)
    handmade.asked.clear()
    handmade.answers = {}

    clock.at += 29
    assert refusal(acquaintance).startswith("a moment ago: 500 Server Error")
    assert handmade.asked == {}

    clock.at += 1
    assert asks(acquaintance, handmade)


def test_metadata_that_nothing_can_be_done_with_are_not_kept(handmade: HandmadeProvider) -> None:
    handmade.metadata = {"token_endpoint_auth_methods_supported": 7}

    assert refusal(Acquaintance(handmade.provider)) == "token_endpoint_auth_methods_supported in its metadata is no list"


class Silence:
    """Stands for a provider that answers late, if at all; counts who waits for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.over = Event()

    def __call__(self, provider: Provider) -> Metadata:
        """The metadata, once the silence is over."""
        self.waiting += 1
        assert self.over.wait(timeout=20)
        return {"issuer": provider.issuer}


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    """A silence that ends with the test at the latest."""
    silence = Silence()
    monkeypatch.setattr(discovery, "_ask", silence)
    yield silence
    silence.over.set()


def test_a_third_does_not_wait_for_a_silent_provider(silence: Silence) -> None:
    acquaintance = Acquaintance(HandmadeProvider("http://localhost").provider)
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(acquaintance.metadata) for _ in range(discovery.MOST_WAITING)]
        wait_until(lambda: silence.waiting == discovery.MOST_WAITING)

        refused = refusal(acquaintance)

        silence.over.set()
        assert [future.result(timeout=20)["issuer"] for future in waiting] == ["http://localhost"] * 2
    assert refused == "2 others wait for it already"


def test_who_finds_others_waiting_makes_do_with_what_was_known(silence: Silence, clock: Clock) -> None:
    acquaintance = Acquaintance(HandmadeProvider("http://localhost").provider)
    silence.over.set()
    known = acquaintance.metadata()
    silence.over.clear()
    clock.at += discovery.KEPT_SECONDS
    with ThreadPoolExecutor() as threads:
        for _ in range(discovery.MOST_WAITING):
            threads.submit(acquaintance.metadata)
        wait_until(lambda: silence.waiting == 1 + discovery.MOST_WAITING)

        found = acquaintance.metadata()

        silence.over.set()
    assert found is known


def test_no_more_than_two_ask_anything_else_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "TURN_SECONDS", 0)
    acquaintance = Acquaintance(HandmadeProvider("http://localhost").provider)

    with ExitStack() as others:
        for _ in range(discovery.MOST_WAITING):
            others.enter_context(acquaintance.asking())
        with pytest.raises(ProviderError, match="2 others wait for it already"), acquaintance.asking():
            pytest.fail("a third asks")

    turns = 0
    for _ in range(discovery.MOST_WAITING + 1):
        with acquaintance.asking():
            turns += 1
    assert turns == discovery.MOST_WAITING + 1


@pytest.mark.parametrize(("fault", "remembered"), [(requests.ReadTimeout("late"), True), (requests.ConnectionError("gone"), True), (ValueError("odd"), False)])
def test_a_silent_provider_is_remembered_and_a_refused_code_is_not(handmade: HandmadeProvider, clock: Clock, fault: Exception, remembered: bool) -> None:
    acquaintance = Acquaintance(handmade.provider)

    with pytest.raises(ProviderError), acquaintance.asking():
        raise fault

    if remembered:
        assert refusal(acquaintance) == f"a moment ago: {fault}"
    else:
        assert asks(acquaintance, handmade)
