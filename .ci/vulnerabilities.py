"""Known vulnerabilities of locked packages: `vulnerabilities.py pip-audit requirements.lock`; exits with 1 if any, 0 if none or nobody could be asked."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

SERVICES = {"pypi": "pypi.org", "osv": "api.osv.dev"}
"""pip-audit's names for the indexes of vulnerabilities, and their hosts; the first that answers decides."""
CONNECT_SECONDS = 3
PATIENCE_SECONDS = 120
UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError", "ServiceError", "Could not connect", "PyPI is not redirecting")
"""What the last line of pip-audit says when an index gives no usable answer."""


class UnreachableError(Exception):
    """An index of vulnerabilities can't be asked; the message says why."""


def ask(program: str, service: str, lock: str) -> list[dict[str, Any]]:
    """What the index says of each locked package, as pip-audit puts it. Raises UnreachableError; exits if pip-audit itself fails."""
    options = ["--disable-pip", "--progress-spinner", "off", "--format", "json", "--desc", "off", "--timeout", str(CONNECT_SECONDS)]
    try:
        done = subprocess.run(
            [program, "--requirement", lock, "--vulnerability-service", service, *options], capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"not done within {PATIENCE_SECONDS} s") from None
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if any(word in last for word in UNREACHABLE):
            raise UnreachableError(last) from None
        sys.exit(f"vulnerabilities: pip-audit failed: {done.stderr}")
    # A mirror of packages alone answers 404 to each, which pip-audit takes for "none known".
    if all("vulns" not in package for package in packages):
        raise UnreachableError("it knows none of the packages")
    return packages


def report(packages: Sequence[dict[str, Any]]) -> int:
    """Print what is vulnerable and what could not be looked up; the exit code."""
    unknown = [package["name"] for package in packages if "vulns" not in package]
    if unknown:
        print(f"vulnerabilities: not looked up: {', '.join(unknown)}", file=sys.stderr)
    found = [(package, vulnerability) for package in packages for vulnerability in package.get("vulns", [])]
    for package, vulnerability in found:
        mended = ", ".join(vulnerability["fix_versions"]) or "no version yet"
        print(f"vulnerabilities: {package['name']} {package['version']}: {vulnerability['id']}, mended in {mended}", file=sys.stderr)
    if found:
        return 1
    print(f"vulnerabilities: no known vulnerability in {len(packages) - len(unknown)} packages")
    return 0


def main(program: str, lock: str) -> int:
    """Ask one index after another until one answers; the exit code."""
    reasons = []
    for service, host in SERVICES.items():
        try:
            return report(ask(program, service, lock))
        except UnreachableError as reason:
            reasons.append(f"{host}: {reason}")
    print("vulnerabilities: NOT CHECKED for known vulnerabilities: no index of them can be reached.", *reasons, sep="\n  ", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
