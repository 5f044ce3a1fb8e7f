"""The rules of the application. Nothing here knows HTTP or FastAPI."""
