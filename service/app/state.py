"""The parts that live as long as the app, made in its lifespan."""

from dataclasses import dataclass

from app.cache import Cache
from app.db import Database
from app.domain.events import Listener
from app.domain.mails import Mailer
from app.images import Images
from app.limits import Limits
from app.readiness import Readiness
from app.security import Passwords, Tokens
from app.settings import Settings
from app.store import Store


@dataclass(frozen=True, kw_only=True)
class State:
    """Built once per process; holds no data of any request."""

    settings: Settings
    database: Database
    cache: Cache
    limits: Limits
    passwords: Passwords
    tokens: Tokens
    readiness: Readiness
    store: Store
    mailer: Mailer
    images: Images
    notify: Listener
