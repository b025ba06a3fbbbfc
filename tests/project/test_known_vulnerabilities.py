"""The check for known vulnerabilities: it tells "none known", "some found", "nobody could be asked" and "it broke" apart."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from project.settings import ROOT

SOUND = {"name": "flask", "version": "3.1.3", "vulns": []}
VULNERABLE = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}
SKIPPED = {"name": "callboard", "skip_reason": "Dependency not found on PyPI and could not be audited: callboard (1)"}


@pytest.fixture
def pip_audit(tmp_path: Path) -> Path:
    """A pip-audit that says of each service what `answer` told it to."""
    program = tmp_path / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys, pathlib\n"
        "folder = pathlib.Path(__file__).parent\n"
        "service = sys.argv[sys.argv.index('--vulnerability-service') + 1]\n"
        "print((folder / f'{service}.out').read_text(), end='')\n"
        "print((folder / f'{service}.err').read_text(), end='', file=sys.stderr)\n"
        "sys.exit(1 if (folder / f'{service}.err').read_text() else 0)\n"
    )
    program.chmod(0o755)
    return program


def answer(pip_audit: Path, service: str, packages: Sequence[Mapping[str, object]] | None = None, *, said: str = "") -> None:
    """Have the fake answer for a service: what is known of packages on standard output, or something on standard error."""
    (pip_audit.parent / f"{service}.out").write_text("" if packages is None else json.dumps({"dependencies": packages, "fixes": []}))
    (pip_audit.parent / f"{service}.err").write_text(said)


def audit(pip_audit: Path) -> subprocess.CompletedProcess[str]:
    """Run the check."""
    return subprocess.run([sys.executable, ROOT / ".ci" / "vulnerabilities.py", pip_audit, "requirements.lock"], capture_output=True, text=True, timeout=60)


def test_packages_without_known_vulnerabilities_pass(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", [SOUND])

    done = audit(pip_audit)

    assert (done.returncode, done.stderr) == (0, "")
    assert "no known vulnerability in 1 packages" in done.stdout


def test_a_vulnerability_fails_and_names_the_package_and_the_version_that_mends_it(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", [SOUND, VULNERABLE], said="Found 1 known vulnerability in 1 package\n")

    done = audit(pip_audit)

    assert done.returncode == 1
    assert "jinja2 2.0: PYSEC-2019-217, mended in 2.10.1" in done.stderr


@pytest.mark.parametrize(
    "said",
    [
        "Traceback …\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded\n",
        "Traceback …\nrequests.exceptions.ReadTimeout: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out.\n",
        "Traceback …\npip_audit._service.interface.ServiceError\n",
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\n",
    ],
)
def test_where_no_index_can_be_reached_it_says_so_and_passes(pip_audit: Path, said: str) -> None:
    answer(pip_audit, "pypi", said=said)
    answer(pip_audit, "osv", said=said)

    done = audit(pip_audit)

    assert done.returncode == 0
    assert "NOT CHECKED for known vulnerabilities" in done.stderr
    assert "pypi.org: " in done.stderr
    assert "api.osv.dev: " in done.stderr


def test_a_mirror_that_knows_no_package_vouches_for_none(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", [SKIPPED])
    answer(pip_audit, "osv", said="requests.exceptions.ConnectionError: …\n")

    done = audit(pip_audit)

    assert done.returncode == 0
    assert "NOT CHECKED for known vulnerabilities" in done.stderr


def test_the_second_index_is_asked_where_the_first_cannot_be(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", said="requests.exceptions.ConnectionError: …\n")
    answer(pip_audit, "osv", [VULNERABLE])

    assert audit(pip_audit).returncode == 1


def test_a_package_that_could_not_be_looked_up_is_named(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", [SOUND, SKIPPED])

    done = audit(pip_audit)

    assert done.returncode == 0
    assert "not looked up: callboard" in done.stderr


def test_a_pip_audit_that_breaks_fails(pip_audit: Path) -> None:
    answer(pip_audit, "pypi", said="ERROR:pip_audit._cli:invalid requirements input: requirements.lock\n")

    done = audit(pip_audit)

    assert done.returncode == 1
    assert "pip-audit failed: ERROR:pip_audit._cli:invalid requirements input" in done.stderr
