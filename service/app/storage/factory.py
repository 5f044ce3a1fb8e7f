"""Makes the file store that the settings name."""

from app.settings import Settings
from app.storage.directory import Directory
from app.storage.store import Store


def create_store(settings: Settings) -> Store:
    """A directory or a bucket."""
    if settings.storage_provider == "local":
        return Directory(settings)
    # Its library takes 0.03 s to load and 10 MB of memory: only processes that use it pay.
    from app.storage.s3 import Bucket

    return Bucket(settings)
