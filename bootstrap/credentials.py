"""Docker's credential helpers: one that is missing, or that fails, fails every pull."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from bootstrap.errors import SetupError

HELPER_SECONDS = 30
"""For a helper that asks the person to unlock the keychain."""
NO_CREDENTIALS = ("credentials not found", "no credentials server URL", "no credentials username")
"""How a helper says that it has none (docker-credential-helpers, credentials/error.go)."""
HUB = ("https://index.docker.io/v1/", "docker.io", "index.docker.io")


def refuse_broken() -> None:
    """Return when Docker Hub can be asked without credentials, or with a helper that is there.

    Raises SetupError otherwise: Docker Desktop leaves its settings behind when it is removed.
    """
    file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    try:
        settings = json.loads(file.read_text())
        helpers = settings.get("credHelpers") or {}
        key = next((f"credHelpers.{host}" for host in HUB if host in helpers), "credsStore")
        name = next((helpers[host] for host in HUB if host in helpers), settings.get("credsStore"))
    except (OSError, ValueError, AttributeError):
        return
    if name and shutil.which(f"docker-credential-{name}") is None:
        raise SetupError(
            f"{file} names the credential helper {name!r} ({key}), and docker-credential-{name} is "
            "not in PATH: Docker can pull no image.\n"
            f"Remove {key} from that file, or install the helper, and run this again."
        )
    if name and (problem := _problem(f"docker-credential-{name}")):
        raise SetupError(
            f"{file} names the credential helper {name!r} ({key}), and docker-credential-{name} "
            f"fails: {problem}. So Docker can pull no image.\n"
            f"Mend the helper (its keychain may be locked), or remove {key} from that file, and "
            "run this again."
        )


def _problem(helper: str) -> str:
    """The reason for which `helper` does not answer for Docker Hub; empty if it does."""
    try:
        done = subprocess.run(
            [helper, "get"],
            input=HUB[0],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HELPER_SECONDS,
            check=False,
        )
    except OSError as error:
        return str(error)
    except subprocess.TimeoutExpired:
        return f"no answer within {HELPER_SECONDS} s"
    said = done.stdout.strip()
    if done.returncode == 0 or any(words in said for words in NO_CREDENTIALS):
        return ""
    # Of a helper that succeeds it would be a password.
    last = said.splitlines()[-1] if said else "it said nothing"
    return f"{last} (exit {done.returncode})"
