"""What this machine can enforce when it runs students' code, and what is missing: facts, and how they are shown."""

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from checker.sandbox import SandboxUnavailable, cgroups, choose
from checker.sandbox.choice import ISOLATING, SETTING, accepting
from checker.sandbox.rlimits import Rlimits

TOOLS = {"git": "git", "cmake": "cmake", "ninja": "ninja-build", "clang-format": "clang-format", "clang-tidy": "clang-tidy"}
"""What plugins and commands start, with Debian's package of each."""
OLD_KERNEL = (5, 14)
"""Before it, the kernel counts a user's processes on the whole machine, in a namespace too."""


class State(StrEnum):
    """How good a fact is."""

    GOOD = "ok"
    LACKING = "lacks"
    BAD = "fails"


@dataclass(frozen=True)
class Fact:
    """Something about this machine, and what to do about it if it isn't good."""

    about: str
    state: State
    text: str


PROTECTIONS = {
    "wall time, output": ("bubblewrap", "minijail", "rlimits"),
    "processor time, address space, size of a file, open files: of each process": ("bubblewrap", "minijail", "rlimits"),
    "number of processes": ("bubblewrap", "minijail", "rlimits"),
    "memory and processor time of all processes together": ("bubblewrap", "minijail", "rlimits"),
    "disk: /tmp and shared memory by their size, writable folders by a look": ("bubblewrap", "minijail"),
    "files of the machine are not to be seen, the reference can't be written to": ("bubblewrap", "minijail"),
    "no network": ("bubblewrap", "minijail"),
    "no other process is to be seen, and none of the job's is left": ("bubblewrap", "minijail"),
}
"""What each backend enforces."""


def facts(sandbox: str | None = None) -> list[Fact]:
    """All that is to be known about this machine, for a course that names a sandbox or doesn't; starts a few programs."""
    with accepting(sandbox):
        return [*machine(), *groups(), *sandboxes(), *enforced(sandbox), *tools()]


def machine() -> list[Fact]:
    """The system, the user and the Python that runs the checker."""
    system, release = platform.system(), platform.release()
    found = [Fact("system", State.GOOD if system == "Linux" else State.BAD, f"{system} {release}" if system == "Linux" else f"{system}: only Linux isolates")]
    if system == "Linux" and kernel(release) < OLD_KERNEL:
        found.append(Fact("kernel", State.LACKING, f"{release} counts a user's processes on the whole machine; 5.14 and newer count a job's alone"))
    root = os.geteuid() == 0
    found.append(Fact("user", State.GOOD, "root: each job gets a user of its own" if root else f"user {os.geteuid()}: jobs run in its namespaces"))
    return [*found, Fact("python", State.GOOD, f"{platform.python_version()}, {sys.executable}")]


def kernel(release: str) -> tuple[int, ...]:
    """A kernel's version, without what a distribution adds."""
    numbers = [part for part in release.partition("-")[0].split(".")[:2] if part.isdigit()]
    return tuple(map(int, numbers))


def groups() -> list[Fact]:
    """What the kernel holds of all of a job's processes together."""
    if (place := cgroups.usable()) is None:
        return [Fact("cgroups", State.LACKING, "none can be made here: what all processes of a job use together is looked at, ten times a second")]
    homes, held = place
    return [Fact("cgroups", State.GOOD, f"the kernel holds, of all processes together: {', '.join(held)}; below {', '.join(map(str, homes))}")]


def sandboxes() -> list[Fact]:
    """Which backends work here."""
    reasons = {name: unavailable() for name, (_, unavailable) in ISOLATING.items()}
    some = None in reasons.values()
    found = [Fact(f"sandbox {name}", works(why, some), why or "works") for name, why in reasons.items()]
    return [*found, Fact(f"sandbox {Rlimits.name}", State.GOOD, f"works; used only if a course's .checker.yml says so: testing: sandbox: {Rlimits.name}")]


def works(why: str | None, another: bool) -> State:
    """How bad it is that a backend doesn't work: not very, if another one does."""
    if why is None:
        return State.GOOD
    return State.LACKING if another else State.BAD


def enforced(sandbox: str | None) -> list[Fact]:
    """What the sandbox that students' code gets here enforces."""
    try:
        name = choose().name
    except SandboxUnavailable as error:
        return [Fact("students' code", State.BAD, f"is not run: {error}")]
    if name == Rlimits.name and name != sandbox:
        found = [Fact("students' code", State.BAD, "is not run: none of the sandboxes that isolate works here")]
    else:
        by = f", by {SETTING}" if os.environ.get(SETTING) else ", by .checker.yml" if sandbox else ""
        found = [Fact("students' code", State.GOOD if name != Rlimits.name else State.LACKING, f"runs in {name}{by}")]
    return [*found, *(Fact(what, State.GOOD if name in by else State.BAD, "enforced" if name in by else "not enforced") for what, by in PROTECTIONS.items())]


def tools() -> list[Fact]:
    """The programs that commands and plugins start; a course that needs none of them does not miss it."""
    found = []
    for name, package in TOOLS.items():
        path = shutil.which(name)
        missing = f"is not there; a stage that needs it fails. Debian, Ubuntu: apt install {package}"
        found.append(Fact(name, State.LACKING if path is None else State.GOOD, path or missing))
    return found


def render(found: Sequence[Fact]) -> str:
    """The facts, one a line, the state first."""
    return "\n".join(f"{fact.state:<5}  {fact.about}: {fact.text}" for fact in found)


def is_safe(found: Sequence[Fact]) -> bool:
    """Whether nothing fails."""
    return all(fact.state is not State.BAD for fact in found)
