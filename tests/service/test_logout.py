"""Logging out ends tokens before their time."""

import httpx

from .people import People


async def test_after_a_logout_no_token_of_the_account_is_valid(people: People):
    alice, bob = await people("alice"), await people("bob")
    other = await people.login("alice")
    assert (await alice("POST", "/auth/logout")).status_code == 204
    assert (await alice("GET", "/tasks")).status_code == 401
    alice.token = other
    assert (await alice("GET", "/tasks")).status_code == 401, "of another device"
    assert (await bob("GET", "/tasks")).status_code == 200
    alice.token = await people.login("alice")
    assert (await alice("GET", "/tasks")).status_code == 200


async def test_the_token_that_a_password_change_kept_ends_with_a_logout(people: People):
    alice = await people("alice")
    body = {"current_password": "password", "new_password": "another password"}
    assert (await alice("PATCH", "/users/me/change-password", body)).status_code == 200
    assert (await alice("POST", "/auth/logout")).status_code == 204
    assert (await alice("GET", "/tasks")).status_code == 401


async def test_only_a_valid_token_can_be_ended(client: httpx.AsyncClient):
    assert (await client.post("/auth/logout")).status_code == 401
