"""The report of a deployment that failed: its cause first, and nothing that was not seen."""

from typing import Any

import pytest

from cli import operations, service
from cli.progress import Progress
from cli.stack import Stack
from tests.cli.engine_events import IMAGE, STACK, diagnostic, recorded


@pytest.mark.parametrize("name", ["buildkit_fails", "classic_fails"])
def test_the_report_of_a_failed_build_has_the_output_that_the_plugins_error_lacks(
    name: str,
) -> None:
    progress = Progress(silent=True)
    recorded(name, progress)
    lines = [line.strip() for line in operations.report(progress, "").splitlines()]
    assert lines[1].startswith("Stopped: error reading build output: ")
    assert not any("Installed" in text and "echo" not in text for _, text in progress.errors)
    shown = lines[lines.index("The end of the build:") :]
    assert {"Collecting fastapi", "Installed"} <= set(shown)
    assert not any("sha256:" in line for line in shown)


def failed() -> Progress:
    progress = Progress(silent=True)
    for number in range(100):
        progress.show(diagnostic(IMAGE, f"line {number}"))
    message = "<{%fg 1%}>error: <{%reset%}>reading the build:\nhello\nThe build failed: exit 3"
    progress.show(diagnostic(IMAGE, message, "error"))
    progress.show(diagnostic(STACK, "update failed", "error"))
    return progress


def test_a_failure_begins_with_its_cause_and_ends_with_the_end_of_the_build() -> None:
    lines = operations.report(failed(), "").strip().splitlines()
    assert lines[0] == "Stopped: The build failed: exit 3"
    assert "update failed" not in "\n".join(lines)
    assert [line.strip() for line in lines[-3:]] == ["line 99", "reading the build:", "hello"]
    assert len(lines) < 24


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"version": "sha256:0a1b2c3d4e5f6a7b"}, "release 0a1b2c3d4e5f serves at http://x"),
        (OSError("refused"), "http://x does not answer (refused)"),
    ],
)
def test_no_release_is_said_to_serve_that_was_not_asked(
    monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    def ask(*_: str) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Stack, "outputs", lambda _: {"url": "http://x"})
    monkeypatch.setattr(service, "ask", ask)
    assert said in service.observed(Stack("local"))
    monkeypatch.setattr(Stack, "outputs", lambda _: {})
    assert service.observed(Stack("local")) == "No release serves yet."
