"""The files that this clone keeps on this machine: its state, passphrase and secrets."""

import os
import secrets
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bootstrap import proxies
from bootstrap.errors import SetupError
from bootstrap.paths import ROOT, VENV

STACK = "local"
GENERATED = {"databasePassword": 24, "secretKey": 48, "backupSecret": 48}


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Everything that `. .local/env` gives to a shell."""

    pulumi: Path
    pulumi_home: Path | None
    docker_host: str
    engine_id: str = ""
    repository: Path = ROOT
    venv: Path = VENV

    @property
    def local(self) -> Path:
        return self.repository / ".local"

    @property
    def passphrase(self) -> Path:
        return self.local / "passphrase"

    def variables(self) -> dict[str, str]:
        """Without PATH, which is put in front of what a shell has."""
        found = {
            "PULUMI_BACKEND_URL": backend_url(self.local / "state"),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "DOCKER_HOST": self.docker_host,
        }
        if self.engine_id:
            found["TASKMANAGER_ENGINE_ID"] = self.engine_id
        if self.pulumi_home:
            found["PULUMI_HOME"] = str(self.pulumi_home)
        return found

    def path(self) -> list[str]:
        return [str(self.venv / "bin"), str(self.pulumi)]

    def write(self) -> None:
        """Write `.local/env`; a shell that has read it once may read it again."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self.variables().items()]
        # It would win over what is said here.
        lines.append("unset DOCKER_CONTEXT")
        # State that several machines share has its own place and its own key.
        lines.append('if [ -n "${STATE_URL:-}" ]; then')
        lines.append(
            '  export PULUMI_BACKEND_URL="$STATE_URL"; unset PULUMI_CONFIG_PASSPHRASE_FILE'
        )
        lines.append("  unset TASKMANAGER_ENGINE_ID")
        lines.append("else\n  unset PULUMI_CONFIG_PASSPHRASE\nfi")
        lines += proxies.SHELL_LINES
        front = ":".join(self.path())
        lines.append(f'case "$PATH" in {shlex.quote(front)}:*) ;;')
        lines.append(f'  *) export PATH={shlex.quote(front)}:"$PATH" ;;\nesac')
        file = self.local / "env"
        text = "# Written by bootstrap. Use it with: . .local/env\n" + "\n".join(lines) + "\n"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)

    def process(self) -> dict[str, str]:
        """The same for a process that we start."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DOCKER_CONTEXT", "PULUMI_CONFIG_PASSPHRASE")
        }
        path = os.pathsep.join([*self.path(), os.environ.get("PATH", os.defpath)])
        direct = proxies.without_loopback(os.environ)
        return {**inherited, **direct, **self.variables(), "PATH": path}


def backend_url(folder: Path) -> str:
    """The address by which Pulumi keeps its state in `folder`; quoted: it may be called `c#`."""
    # A Pulumi that is killed while it writes metadata leaves a state that it cannot read.
    return f"{folder.as_uri()}?metadata=skip"


def ensure(environment: Environment, python_version: str, *, default_version: str) -> str:
    """Write the environment and have the stack, its settings and its secrets; says what was new."""
    (environment.local / "state").mkdir(parents=True, exist_ok=True)
    _keep_passphrase(environment)
    environment.write()
    settings = environment.repository / f"Pulumi.{STACK}.yaml"
    written = settings.read_text() if settings.exists() else ""
    news: list[str] = []
    stack = environment.local / "state" / ".pulumi" / "stacks" / "taskmanager" / f"{STACK}.json"
    if not stack.exists():
        _pulumi(environment, "stack", "init", STACK)
        news.append("stack")
    wanted = {"target": STACK}
    if python_version != default_version:
        wanted["pythonVersion"] = python_version
    for key, value in wanted.items():
        if f"taskmanager:{key}:" not in written:
            _pulumi(environment, "config", "set", key, value, "--stack", STACK)
            news.append(key)
    for key, size in GENERATED.items():
        if f"taskmanager:{key}:" not in written:
            value = secrets.token_urlsafe(size)
            _pulumi(environment, "config", "set", "--secret", key, "--stack", STACK, said=value)
            news.append(key)
    return f"made {', '.join(news)}" if news else "there already"


def _keep_passphrase(environment: Environment) -> None:
    file = environment.passphrase
    if file.exists():
        return
    settings = environment.repository / f"Pulumi.{STACK}.yaml"
    if settings.exists() and "encryptionsalt" in settings.read_text():
        raise SetupError(
            f"{file} is gone, and with it the secrets of the stack `{STACK}` that it unlocks.\n"
            "Put the file back; or begin anew (the data in the database volume stays, and takes "
            f"the new password): rm -r {settings.name} {environment.local.name}/state"
        )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secrets.token_urlsafe(32))


def _pulumi(environment: Environment, *words: str, said: str = "") -> None:
    """Run Pulumi in the repository; `said` goes to its standard input, never into its arguments."""
    done = subprocess.run(
        [str(environment.pulumi / "pulumi"), *words, "--non-interactive"],
        cwd=environment.repository,
        env=environment.process(),
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    if "incorrect passphrase" in done.stderr:
        raise SetupError(
            f"{environment.passphrase} does not unlock Pulumi.{STACK}.yaml: one of them is from "
            "another clone. Put the right passphrase back into the file."
        )
    raise SetupError(f"`pulumi {' '.join(words)}` failed:\n{done.stderr.strip()}")
