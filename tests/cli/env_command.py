"""`taskmanager env`, run in the process of a test."""

import io
import sys

import pytest

from cli import app
from cli.env import stored
from cli.stack import Stack

HUNTER = "hunter2-$ecret"
"""A secret that a test can look for where it must not be."""


def env(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str | None = None) -> int:
    """The exit status; `typed` comes from a pipe, and None is a terminal."""
    read = io.TextIOWrapper(io.BytesIO((typed or "").encode()), encoding="utf-8", newline="")
    monkeypatch.setattr(read, "isatty", lambda: typed is None)
    monkeypatch.setattr(sys, "stdin", read)
    return app.run(["env", *words])


def secrets() -> dict[str, str]:
    return stored.values(Stack("local"), "secrets")
