"""Handles an event after the commit and the response: sends a mail or removes bytes."""

import logging

from app.errors import ServiceError
from app.mail.message import Mailer
from app.persistence.database import Database
from app.services import event_mails
from app.services.events import Event, FilesDeleted
from app.services.rate_limits import NOTIFICATION, RateLimiter
from app.storage.store import Store

log = logging.getLogger(__name__)


class EventHandlers:
    """Never raises: failures are logged, as the response is sent already."""

    def __init__(
        self,
        *,
        database: Database,
        store: Store,
        mailer: Mailer,
        rate_limiter: RateLimiter,
        frontend_url: str,
    ) -> None:
        self._database = database
        self._rate_limiter = rate_limiter
        self._store = store
        self._mailer = mailer
        self._frontend_url = frontend_url

    async def __call__(self, event: Event) -> None:
        """Handles one event."""
        kind = {"event": type(event).__name__}
        try:
            if isinstance(event, FilesDeleted):
                await self._remove(event)
            else:
                await self._mail(event)
        except ServiceError as error:
            log.warning("an event was not handled", extra={**kind, "reason": error.detail})
        except Exception:
            log.exception("an event was not handled", extra=kind)

    async def _remove(self, event: FilesDeleted) -> None:
        failures: list[ServiceError] = []
        for name in event.stored_filenames:
            try:
                await self._store.remove(name)
            except ServiceError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _mail(self, event: Event) -> None:
        with self._database.reader() as reader:
            mail = await event_mails.for_event(reader, event, frontend_url=self._frontend_url)
        if mail is None:
            return
        if parties := event_mails.parties(event):
            await self._rate_limiter.hit(NOTIFICATION, parties)
        await self._mailer.send(mail)
