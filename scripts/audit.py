#!/usr/bin/env python3
"""Ask whether anything that is pinned has a known hole: of Python's packages OSV, of npm's the registry.

Usage: python -m scripts.audit. Exit code 1 where there is a hole that scripts/accepted_holes.txt doesn't
name, else 0. That is also where nobody could be asked, which is said loudly: then nothing was audited.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "scripts" / "accepted_holes.txt"
PATIENCE = 5  # seconds for a connection, and for each answer
LONGEST = 300  # seconds for all of them
# Also for the name of a service: else each server of names would be asked for longer than that.
QUICKLY = {"RES_OPTIONS": "timeout:2 attempts:1"}
OF_THE_NETWORK = ("requests.exceptions", "ServiceError", "vulnerability feed")  # of pip-audit's words
STARS = "*" * 78


@dataclass(frozen=True)
class Hole:
    package: str
    names: frozenset[str]
    about: str


@dataclass(frozen=True)
class Verdict:
    """What is known of some packages; `unasked` says why nothing is."""

    packages: str
    holes: list[Hole] = field(default_factory=list)
    unasked: str = ""


def of_python() -> Verdict:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    done = _run(
        sys.executable, "-m", "pip_audit", "--vulnerability-service=osv", "--format=json", "--require-hashes",
        "--disable-pip", "--progress-spinner=off", f"--timeout={PATIENCE}",
        *(f"--requirement={lock}" for lock in locks),
    )  # fmt: skip
    packages = "Python’s packages"
    if done is None:
        return Verdict(packages, unasked=f"OSV hasn’t said all within {LONGEST} seconds.")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        if not any(words in done.stderr for words in OF_THE_NETWORK):
            raise SystemExit(f"pip-audit failed:\n{done.stderr}") from None
        return Verdict(packages, unasked=f"OSV can’t be asked: {_last_line(done.stderr)}")
    return Verdict(packages, list(_holes_of_python(told)))


def _holes_of_python(told: dict[str, Any]) -> Iterator[Hole]:
    for package in told["dependencies"]:
        for hole in package.get("vulns", []):
            mended = " or ".join(hole["fix_versions"]) or "no version yet"
            names = frozenset([hole["id"], *hole["aliases"]])
            yield Hole(f"{package['name']} {package['version']}", names, f"mended in {mended}")


def of_npm() -> Verdict:
    # The environment's own programs come first, as in the Makefile.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = shutil.which("npm", path=path)
    if not npm:
        raise SystemExit("There is no npm. Run `make setup`.")
    done = _run(
        npm, "audit", "--json", "--package-lock-only", "--fetch-retries=0",
        f"--fetch-timeout={PATIENCE * 1000}", PATH=path,
    )  # fmt: skip
    packages = "npm’s packages"
    if done is None:
        return Verdict(packages, unasked=f"The registry hasn’t answered within {LONGEST} seconds.")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"npm audit failed:\n{done.stdout}{done.stderr}") from None
    if "vulnerabilities" not in told:
        why = told.get("message") or told.get("error", {}).get("summary") or _last_line(done.stderr)
        return Verdict(packages, unasked=f"The registry can’t be asked: {why}")
    return Verdict(packages, list(_holes_of_npm(told)))


def _holes_of_npm(told: dict[str, Any]) -> Iterator[Hole]:
    """The advisories themselves: that a package needs another which has one is no hole more."""
    for package in told["vulnerabilities"].values():
        for hole in package["via"]:
            if isinstance(hole, dict):
                names = frozenset([hole["url"].rpartition("/")[2]])
                yield Hole(f"{hole['name']} {hole['range']}", names, hole["title"])


def _run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str] | None":
    """What became of it; None if it took too long."""
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | QUICKLY | environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it didn’t say why."])[-1]


def accepted(text: str) -> frozenset[str]:
    """The names of holes that don't count: a name and a reason a line."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return frozenset(words[0] for words in lines if words)


def main(askers: tuple[Callable[[], Verdict], ...] = (of_python, of_npm)) -> int:
    known = accepted(ACCEPTED.read_text())
    with ThreadPoolExecutor() as at_once:
        verdicts = list(at_once.map(lambda ask: ask(), askers))
    found = False
    for verdict in verdicts:
        holes = [hole for hole in verdict.holes if not hole.names & known]
        found = found or bool(holes)
        if verdict.unasked:
            again = "Run `make audit` where the network reaches it."
            told = f"NOTHING WAS AUDITED of {verdict.packages}. {verdict.unasked}\n{again}"
            print(f"{STARS}\n{told}\n{STARS}", file=sys.stderr)
        elif holes:
            print(f"{verdict.packages} have known holes:", file=sys.stderr)
            for hole in holes:
                print(f"  {hole.package}: {', '.join(sorted(hole.names))}, {hole.about}", file=sys.stderr)
            print("Run `make lock UPGRADE=1`, or say in scripts/accepted_holes.txt why not.", file=sys.stderr)
        else:
            print(f"{verdict.packages} have no known holes.")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
