"""The service's settings. `Settings` is all of them; a migration reads `DatabaseSettings` alone."""

from app.settings.database import DatabaseSettings
from app.settings.loading import load, load_or_exit
from app.settings.service import Settings
from app.settings.source import SettingsError

__all__ = ["DatabaseSettings", "Settings", "SettingsError", "load", "load_or_exit"]
