"""`python3 -m bootstrap [--quiet] [--engine=this]`: all that `pulumi up -s local` needs, once."""

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bootstrap import compose, engine, engine_identity, images, pulumi, state, venv
from bootstrap.console import Console, elapsed
from bootstrap.errors import SetupError, explain
from bootstrap.paths import ROOT

ENGINE = "--engine="


def main(arguments: list[str]) -> int:
    """Run the whole set-up, or the step named in `arguments`."""
    quiet = "--quiet" in arguments
    choices = [word.removeprefix(ENGINE) for word in arguments if word.startswith(ENGINE)]
    choice = choices[-1] if choices else ""
    arguments = [word for word in arguments if word != "--quiet" and not word.startswith(ENGINE)]
    console, began = Console(quiet=quiet), time.monotonic()
    try:
        if arguments == ["compose"]:
            return _compose(console)
        if arguments:
            raise SetupError(f"Unknown step {arguments[0]!r}. Known: compose; none means all.")
        _everything(console, choice=choice)
    except SetupError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"\n{explain(failure)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run it again: what is finished is kept.", file=sys.stderr)
        return 130
    if not quiet:
        console.line(f"set-up complete in {elapsed(time.monotonic() - began)}")
    return 0


def _everything(console: Console, *, choice: str) -> None:
    with console.step("Python environment") as step:
        step.outcome = venv.create()
    # Compiling keeps the processors busy and the rest the network: side by side.
    with ThreadPoolExecutor(max_workers=1) as lane:
        tools: Future[tuple[Path, Path | None]] = lane.submit(_pulumi, console)
        with console.step("Python packages") as step:
            step.outcome = venv.ensure()
        with console.step("Docker Engine") as step:
            docker_host, step.outcome = engine.ensure()
            present = engine_identity.ask(docker_host)
            engine_id = engine_identity.confirm(ROOT / ".local", present, choice=choice)
        with console.step("Base images") as step:
            python_version, step.outcome = images.ensure(docker_host)
        command, home = tools.result()
    with console.step("Stack local") as step:
        environment = state.Environment(
            pulumi=command, pulumi_home=home, docker_host=docker_host, engine_id=engine_id
        )
        step.outcome = state.ensure(
            environment, python_version, default_version=images.default_python_version()
        )


def _pulumi(console: Console) -> tuple[Path, Path | None]:
    with console.step("Pulumi CLI") as step:
        command, step.outcome = pulumi.ensure_cli()
    with console.step("Docker plugin") as step:
        home, step.outcome = pulumi.ensure_plugin(command)
    return command, home


def _compose(console: Console) -> int:
    with console.step("Docker Compose") as step:
        step.outcome = compose.ensure()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
