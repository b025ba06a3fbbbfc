"""The environment of programs that a course runs over students' files: what tools need, and no secret of CI."""

import logging
import re
from collections.abc import Iterable, Mapping

log = logging.getLogger(__name__)

TOOLS = re.compile(
    r"PATH|LANG|LC_.+|TZ|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|CLICOLOR(_FORCE)?|SHELL|CI|DEBIAN_FRONTEND|SOURCE_DATE_EPOCH"
    # Where tools and their libraries lie, and how compilers are called.
    r"|\w+_HOME|\w*PATH|CC|CXX|CPP|LD|AR|FC|\w*FLAGS|CMAKE_\w+|NIX_\w+|VIRTUAL_ENV|PYTHON\w+|RUST\w+|GO[A-Z]+|NODE_ENV|DOTNET_\w+|OMP_\w+"
    # What a script may want to know of the push that it tests.
    r"|CI_(COMMIT|PROJECT|JOB|PIPELINE|MERGE_REQUEST)_\w+|GITLAB_(CI|USER_\w+)"
    r"|GITHUB_(ACTIONS|ACTOR|REF\w*|SHA|REPOSITORY\w*|RUN_\w+|JOB|WORKSPACE|EVENT_NAME|WORKFLOW|HEAD_REF|BASE_REF)|RUNNER_(OS|ARCH)"
)
"""The names that a program gets unless its course says which."""

SECRET = re.compile(
    r".*(TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|DEPLOY_?KEY|SSH_?KEY|_JWT|AUTH|COOKIE|SESSION).*|.*_KEY|.*_PASS|CI_REPOSITORY_URL",
    re.IGNORECASE,
)
"""Names that tell of a secret."""

ADDRESS_WITH_PASSWORD = re.compile(r"\w://[^/\s]*:[^/\s]*@")


def cleaned(environment: Mapping[str, str], whitelist: Iterable[str] | None, additional: Mapping[str, str]) -> dict[str, str]:
    """The variables that a program gets: those of `whitelist` that are set, or without one what tools need, and `additional` over them.

    What looks like a secret is never passed on, by whichever list; only `additional` gives what it is told to.
    """
    if whitelist is None:
        passed = {name: value for name, value in environment.items() if TOOLS.fullmatch(name)}
    else:
        passed = {name: environment[name] for name in whitelist if name in environment}
    secrets = {name for name, value in passed.items() if is_secret(name, value)}
    if whitelist is not None and secrets:
        log.warning("env_whitelist: %s may be secret, so students' code does not get it", ", ".join(sorted(secrets)))
    return {name: value for name, value in passed.items() if name not in secrets} | dict(additional)


def is_secret(name: str, value: str) -> bool:
    """Whether a variable may be a secret, by its name or as an address with a password in it."""
    return SECRET.fullmatch(name) is not None or ADDRESS_WITH_PASSWORD.search(value) is not None
