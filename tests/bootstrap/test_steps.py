"""The messages of the steps, and of a missing program."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bootstrap import __main__ as command
from bootstrap import console, engine, images, venv
from bootstrap.errors import SetupError
from bootstrap.paths import ROOT
from bootstrap.ping import Unusable

PACKAGES = {
    "docker",
    "google",
    "grpc",
    "pulumi",
    "pulumi_docker",
    "pydantic",
    "requests",
    "rich",
    "typer",
    "urllib3",
}


def test_a_change_in_the_lock_installs_again(tmp_path: Path) -> None:
    lock = tmp_path / "requirements-dev.lock"
    lock.write_text("one==1\n")
    before = venv.stamp(lock)
    lock.write_text("one==2\n")
    assert venv.stamp(lock) != before


def test_packages_are_installed_by_pip_where_uv_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    compiled: list[dict[str, str]] = []

    def run(
        *words: str | Path, what: str, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> None:
        if env:
            compiled.append(env)
            return
        assert cwd == ROOT, "this project is `.`, whatever its folder is called"
        commands.append([str(word) for word in words])
        if Path(words[0]).name == "uv":
            raise SetupError("no index that uv knows")

    monkeypatch.setattr(venv, "tool", lambda name, _venv: Path(f"/cache/{name}"))
    monkeypatch.setattr(venv.shell, "run", run)
    lock = tmp_path / "requirements-dev.lock"
    lock.write_text("one==1\n")
    assert venv.ensure(tmp_path, lock) == "installed from PyPI"
    assert ["pip" in words and "install" in words for words in commands] == [True] * len(commands)
    by_pip = [words for words in commands if not words[0].endswith("uv")]
    assert ["--require-hashes" in words for words in by_pip] == [True, False], (
        "the packages with their hashes; this project from its folder"
    )
    assert compiled == [{"PYTHONDONTWRITEBYTECODE": ""}]


def test_the_packages_that_every_command_loads_are_compiled() -> None:
    code = f"import sys, {venv.COMMANDS_IMPORT}; print(*sys.modules)"
    ours = "import sys, cli.app, infra.config, infra.components.release; print(*sys.modules)"
    loaded, needed = (
        set(subprocess.check_output([sys.executable, "-c", words], cwd=ROOT, text=True).split())
        for words in (code, ours)
    )
    packages = {name for name in needed - loaded if name.partition(".")[0] in PACKAGES}
    assert sorted(packages) == [], (
        "each command would compile them again where none may write bytecode"
    )


def test_uv_comes_in_the_locked_version_with_its_hashes() -> None:
    version, requirement = venv.locked("uv")
    assert requirement.startswith(f"uv=={version} ")
    assert requirement.count("--hash=sha256:") > 1
    assert requirement.count("==") == 1, "and nothing else with it"


def test_without_a_terminal_a_long_step_gives_signs_of_life() -> None:
    printed = io.StringIO()
    with console.Console(printed, heartbeat=0.05).step("Pulumi CLI") as step:
        time.sleep(0.2)
        step.outcome = "built"
    lines = printed.getvalue().splitlines()
    assert lines[0].startswith("… still at it: Pulumi CLI")
    assert lines[-1].split("  ")[0] == "Pulumi CLI"
    assert lines[-1].endswith("built")
    assert "\x1b" not in printed.getvalue(), "no escape codes in a log"


def test_a_step_that_fails_says_so_on_its_line() -> None:
    printed = io.StringIO()
    with pytest.raises(SetupError), console.Console(printed).step("Docker Engine"):
        raise SetupError("why")
    assert "failed" in printed.getvalue()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (OSError(28, "No space left on device", "/cache/x"), "disk is full (/cache/x)"),
        (PermissionError(13, "Permission denied", "/cache"), "XDG_CACHE_HOME"),
        (SetupError("Start it."), "Start it."),
    ],
    ids=["full disk", "unreadable cache", "anything else"],
)
def test_a_failure_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Exception,
    told: str,
) -> None:
    def fail(console: console.Console, *, choice: str) -> None:
        raise failure

    monkeypatch.setattr(command, "_everything", fail)
    assert command.main([]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing answers and nothing can be installed; gives what would have been started."""

    def ping(endpoint: str) -> None:
        raise Unusable("not there")

    started: list[str] = []
    monkeypatch.setattr(engine, "ping", ping)
    monkeypatch.setattr(engine.shell, "answer", lambda *words, **options: None)
    monkeypatch.setattr(engine.shell, "can_apt", lambda: False)
    monkeypatch.setattr(engine.dockerd, "start", lambda: started.append("dockerd"))
    monkeypatch.setattr(engine.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return started


@pytest.mark.usefixtures("no_engine")
def test_an_engine_that_was_chosen_and_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://build-host:2375")
    with pytest.raises(SetupError, match=r"(?s)tcp://build-host:2375.*DOCKER_HOST"):
        engine.ensure()


@pytest.mark.usefixtures("no_engine")
def test_a_user_without_an_engine_is_told_how_to_get_one() -> None:
    with pytest.raises(SetupError, match=r"(?s)No Docker Engine.*docs\.docker\.com"):
        engine.ensure()


def test_a_stopped_engine_is_started_from_a_shell_that_has_read_the_environment(
    monkeypatch: pytest.MonkeyPatch, no_engine: list[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.DEFAULT)
    monkeypatch.setattr(engine.shell, "can_apt", lambda: True)
    assert engine.ensure()[0] == engine.DEFAULT
    assert no_engine == ["dockerd"]


def test_the_default_python_version_is_found_in_the_project_file() -> None:
    assert images.default_python_version() == "3.12"
