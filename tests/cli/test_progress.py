"""The progress of a deployment: short lines, and the cause of a failure first."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from bootstrap.paths import ROOT
from cli import operations
from cli.errors import INTERRUPTED
from cli.progress import Progress
from tests.cli.engine_events import IMAGE, POSTGRES, STACK, recorded, step


def test_a_resource_that_changes_is_a_line_and_one_that_does_not_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress()
    for event in (
        step("resourcePreEvent", "create", POSTGRES),
        step("resOutputsEvent", "create", POSTGRES),
        step("resOutputsEvent", "same", IMAGE),
        step("resOutputsEvent", "create", STACK, custom=False),
    ):
        progress.show(event)
    assert capsys.readouterr().out.split() == ["created", "container", "tasks-postgres"]


def test_a_volume_that_outlives_its_stack_is_kept_and_not_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    urn = "urn:pulumi:local::taskmanager::docker:index/volume:Volume::tasks-postgres-data"
    state = {"urn": urn, "type": "docker:index/volume:Volume", "custom": True}
    metadata: dict[str, Any] = {"op": "delete", "urn": urn, "type": state["type"]}
    metadata["old"] = {**state, "retainOnDelete": True}
    Progress().show(EngineEvent.from_json({"resOutputsEvent": {"metadata": metadata}}))
    assert capsys.readouterr().out.split() == ["kept", "volume", "tasks-postgres-data"]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("buildkit", ["[1/4] FROM", "[2/4] WORKDIR", "[3/4] RUN echo", "[4/4] COPY . ."]),
        (
            "classic",
            [f"Step {number}/5 : {word}" for number, word in enumerate(
                ("FROM", "WORKDIR", "RUN echo", "COPY . .", "LABEL a=b"), start=1
            )],
        ),
    ],
)  # fmt: skip
def test_a_build_is_a_line_a_step(
    name: str, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(name, Progress())
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert len(shown) == len(steps), "neither digests nor output, also if it begins with a bracket"
    assert all(line.startswith(step) for line, step in zip(shown, steps, strict=True)), shown


PULUMI = f"""#!{sys.executable}
import json, os, signal, sys, time
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(words) + "\\n")
if "config" in words:
    settings = {{"target": "local", "name": "tasks", "replicas": "2"}}
    print(json.dumps({{f"taskmanager:{{key}}": {{"value": settings[key]}} for key in settings}}))
elif "export" in words:
    stack = {{"type": "pulumi:pulumi:Stack", "outputs": {{"containers": ["tasks-api-1"]}}}}
    resources = [{{"urn": "a::tasks", **stack}}, {{"urn": "a::tasks-image", "type": "image"}}]
    print(json.dumps({{"deployment": {{"resources": resources}}}}))
elif "up" in words:
    def stop(*_):
        with open(os.environ["CALLS"], "a") as calls:
            calls.write("SIGINT\\n")
        time.sleep(0.5)
        with open(os.environ["CALLS"], "a") as calls:
            calls.write("ended by itself\\n")
        sys.exit(1)
    signal.signal(signal.SIGINT, stop)
    print("running", flush=True)
    with open(os.environ["CALLS"], "a") as calls:
        calls.write("up runs\\n")
    time.sleep(60)
"""


def test_ctrl_c_lets_pulumi_end_by_itself_and_is_one_line(tmp_path: Path) -> None:
    stub = tmp_path / "pulumi"
    stub.write_text(PULUMI)
    stub.chmod(0o755)
    calls = tmp_path / "calls"
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "scale", "3"],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A terminal's Ctrl-C goes to all of its group: Pulumi is to get it once, all the same.
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while "up runs" not in (calls.read_text() if calls.exists() else ""):
        assert time.monotonic() < deadline, "the stand-in was never started"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    *_, first, second, last = calls.read_text().splitlines()
    assert (first, second) == ("SIGINT", "ended by itself")
    assert "config set replicas 2" in last, "the setting is as it was"
    assert "Stopping: Pulumi finishes" in out
    assert err.strip() == "Interrupted. To continue from here, run the same command again."


def test_the_outputs_of_the_stack_are_at_hand_after_a_deployment() -> None:
    state = {"urn": STACK, "type": "pulumi:pulumi:Stack", "outputs": {"url": "http://x"}}
    metadata = {"op": "same", "urn": STACK, "type": state["type"], "new": state}
    progress = Progress(silent=True)
    progress.show(EngineEvent.from_json({"resOutputsEvent": {"metadata": metadata}}))
    assert progress.outputs == {"url": "http://x"}


def test_an_image_that_a_rollback_does_not_build_is_kept_and_not_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = {"urn": IMAGE, "type": "docker:index/image:Image", "custom": True}
    metadata = {"op": "delete", "urn": IMAGE, "type": state["type"], "old": state}
    progress = Progress()
    progress.show(EngineEvent.from_json({"resOutputsEvent": {"metadata": metadata}}))
    assert capsys.readouterr().out.split() == ["kept", "image", "tasks-image"]
    progress.changes = {"delete": 2, "same": 3}
    assert operations._sum(progress) == "1 removed, 1 kept, 3 unchanged"
