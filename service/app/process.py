"""The app of a process of its own, as uvicorn loads it."""

import gc

from fastapi import FastAPI

# Nothing that is loaded goes again; to look for what does is a sixth of the time to start.
gc.disable()

from app import main  # noqa: E402


def create_app() -> FastAPI:
    """The service, with its settings from the environment."""
    app = main.create_app()
    # All of it stays: the garbage collector, which requests wait for, need not look through it.
    gc.collect()
    gc.freeze()
    gc.enable()
    return app
