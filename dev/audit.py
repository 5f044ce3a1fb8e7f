"""Ask the advisory databases about every locked package: `python -m dev.audit`."""

import json
import subprocess
import sys
from dataclasses import dataclass

from bootstrap.paths import ROOT
from dev.lock import LOCKS

# In an environment of its own: its dependencies are not those of the project.
AUDITOR = "pip-audit==2.10.1"
FOUND, NOT_ASKED = 1, 2


@dataclass(frozen=True)
class Findings:
    """The findings as lines, and the number of packages that no database answered for."""

    vulnerable: list[str]
    unknown: list[str]


def main() -> int:
    """Audit each lock file; 1 for a vulnerability, 2 if the databases could not be asked."""
    worst = 0
    for lock in LOCKS.values():
        done = subprocess.run(_command(lock), check=False, cwd=ROOT, capture_output=True)
        findings = read(done.stdout.decode())
        print(f"{lock}: {_verdict(findings)}")
        worst = worst or (FOUND if findings.vulnerable else NOT_ASKED if findings.unknown else 0)
    if worst == NOT_ASKED:
        print("The advisory database does not answer from here: run `make audit` where it does.")
    return worst


def read(report: str) -> Findings:
    """The findings of pip-audit. It exits 0 even if no database answered, an error here."""
    try:
        packages = json.loads(report)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return Findings([], ["everything"])
    return Findings(
        vulnerable=[
            f"{package['name']} {package['version']}: {vulnerability['id']}"
            f", fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
            for package in packages
            for vulnerability in package.get("vulns", [])
        ],
        unknown=[package["name"] for package in packages if "skip_reason" in package],
    )


def _command(lock: str) -> list[str]:
    options = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json")
    return ["uv", "tool", "run", "--from", AUDITOR, "pip-audit", *options, f"--requirement={lock}"]


def _verdict(findings: Findings) -> str:
    if findings.vulnerable:
        return "\n  ".join(["vulnerable", *findings.vulnerable, "Then: make lock UPGRADE=1"])
    if findings.unknown:
        return f"could not be asked about: {', '.join(findings.unknown[:3])} …"
    return "nothing known against it"


if __name__ == "__main__":
    sys.exit(main())
