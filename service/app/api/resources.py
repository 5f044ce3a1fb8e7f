"""The objects that live as long as the app; its lifespan makes them."""

from dataclasses import dataclass

from app.mail.message import Mailer
from app.observability.readiness import Readiness
from app.persistence.cache import Cache
from app.persistence.database import Database
from app.services.events import Listener
from app.services.images import Images
from app.services.rate_limits import RateLimiter
from app.services.security import Passwords, Tokens
from app.settings import Settings
from app.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Built once per process; holds no data of any request."""

    settings: Settings
    database: Database
    cache: Cache
    rate_limiter: RateLimiter
    passwords: Passwords
    tokens: Tokens
    readiness: Readiness
    store: Store
    mailer: Mailer
    images: Images
    notify: Listener
