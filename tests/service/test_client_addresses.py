"""Which address a limit counts: that of the client, as our proxy alone can tell it."""

from .conftest import running

LOGIN = {"username": "alice", "password": "not hers"}


async def logins_from(settings, peer: str, forwarded: list[str], **changes: object) -> list[int]:
    """One login for each X-Forwarded-For, all from one peer."""
    statuses_seen = []
    async with running(settings, testing=False, peer=peer, **changes) as client:
        for claim in forwarded:
            headers = {"X-Forwarded-For": claim}
            response = await client.post("/auth/login", json=LOGIN, headers=headers)
            statuses_seen.append(response.status_code)
    return statuses_seen


CLAIMS = [f"203.0.113.{number}" for number in range(6)]
REFUSED = [401] * 5 + [429]


async def test_clients_behind_our_proxy_are_limited_one_by_one(settings):
    assert await logins_from(settings, "172.18.0.5", CLAIMS) == [401] * 6


async def test_only_a_trusted_proxy_names_the_client(settings):
    assert await logins_from(settings, "198.51.100.7", CLAIMS) == REFUSED


async def test_entries_before_that_of_our_proxy_are_ignored(settings):
    forwarded = [f"{claim}, 198.51.100.7" for claim in CLAIMS]
    assert await logins_from(settings, "172.18.0.5", forwarded) == REFUSED


async def test_without_a_proxy_all_entries_are_ignored(settings):
    assert await logins_from(settings, "172.18.0.5", CLAIMS, trusted_hops=0) == REFUSED
