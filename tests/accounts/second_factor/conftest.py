"""Fixtures: a clock that the tests move, and somebody with an app on it."""

import pytest
from flask import Flask

from tests.accounts.second_factor.phones import Clock, Phone, phone_of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of codes and of logins that wait for one."""
    clock = Clock()
    monkeypatch.setattr("accounts.second_factor.proof.utc_now", clock.now)
    monkeypatch.setattr("accounts.second_factor.waiting.utc_now", clock.now)
    return clock


@pytest.fixture
def phone(app: Flask, clock: Clock) -> Phone:
    """The phone of ada, whose second factor is on."""
    return phone_of(app, clock, "ada")
