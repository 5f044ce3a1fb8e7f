"""Registration, login and identifying the caller."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NameTaken, NotAuthenticated, WrongCredentials
from app.persistence import turns
from app.persistence.models import User
from app.persistence.read_queries import Reader, Row
from app.services import usernames
from app.services.security import Claims, Passwords, Tokens

IDENTIFY = select(User.id, User.token_version, User.kept_token, User.stats_version).where(
    User.username == bindparam("username")
)


@dataclass(frozen=True)
class Caller:
    """The account that makes a request."""

    id: int
    username: str
    stats_version: int
    token_digest: str


async def register(
    session: AsyncSession, passwords: Passwords, *, username: str, email: str, password: str
) -> User:
    """Creates an account. Raises NameTaken if one has the name or address in any case."""
    passwords.rules.require(password, username=username, email=email)
    if taken := await _taken(session, username=username, email=email):
        raise NameTaken(taken)
    # Returns the connection before the slow hash.
    await session.commit()
    hashed = await passwords.hash(password)
    statement = (
        insert(User)
        .values(username=username, email=email, hashed_password=hashed)
        .on_conflict_do_nothing()
        .returning(User)
    )
    user = await session.scalar(statement)
    if user is None:
        # Another registration took it during the hash.
        raise NameTaken(await _taken(session, username=username, email=email) or "username")
    return user


async def _taken(session: AsyncSession, *, username: str, email: str) -> str | None:
    spellings = [func.lower(spelling) for spelling in usernames.spellings(username)]
    same_name = func.lower(User.username).in_(spellings)
    same_email = func.lower(User.email) == func.lower(email)
    rows = (await session.execute(select(same_name).where(or_(same_name, same_email)))).scalars()
    same_names = rows.all()
    if not same_names:
        return None
    return "username" if any(same_names) else "email"


async def login(
    session: AsyncSession, passwords: Passwords, tokens: Tokens, *, username: str, password: str
) -> str:
    """A token for the right password. The case of the name must match, as clients compare it."""
    columns = select(User.id, User.username, User.hashed_password, User.token_version)
    named = columns.where(usernames.has_name(username)).order_by(usernames.exact_first(username))
    user = (await session.execute(named.limit(1))).one_or_none()
    # Returns the connection before the slow hash.
    await session.commit()
    if not await passwords.matches(password, user.hashed_password if user else None) or not user:
        raise WrongCredentials
    if passwords.outdated(user.hashed_password):
        fresh = update(User).values(hashed_password=await passwords.hash(password))
        # Keeps a password that was changed meanwhile.
        unchanged = User.hashed_password == user.hashed_password
        await session.execute(fresh.where(User.id == user.id, unchanged))
    return tokens.issue(user.username, user.token_version)


async def logout(session: AsyncSession, caller: Caller) -> None:
    """Ends all tokens of the account, also those of other devices."""
    await turns.take(session, caller.id)
    ended = {"token_version": User.token_version + 1, "kept_token": None}
    await session.execute(update(User).where(User.id == caller.id).values(ended))


async def identify(reader: Reader, claims: Claims) -> Caller:
    """The account of a token; raises NotAuthenticated for a token that is not valid any more."""
    user = await reader.row(IDENTIFY, username=claims.username)
    if user is None or not _is_current(claims, user):
        raise NotAuthenticated("This token is not valid any more: log in again")
    return Caller(user["id"], claims.username, user["stats_version"], claims.digest)


def _is_current(claims: Claims, user: Row) -> bool:
    return claims.version == user["token_version"] or claims.digest == user["kept_token"]
