"""Passwords that are refused, and the processor time that hashing may take from others."""

import asyncio
import os
import sys
import threading
import time

import argon2
import httpx
import pytest

from app import turns
from app.services import security
from app.settings import Settings

from .conftest import running
from .people import PASSWORD, People

UNFIT = ["alice the first", "ALICE the First", "first@test.com", "First@Test.com"]
REASON = "The password must not be the username or the email address"


@pytest.mark.parametrize("password", UNFIT)
async def test_the_name_and_the_address_are_no_password(client: httpx.AsyncClient, password: str):
    body = {"username": "Alice the first", "email": "first@test.com", "password": PASSWORD}
    refused = await client.post("/auth/register", json={**body, "password": password})
    assert (refused.status_code, refused.json()["detail"]) == (400, REASON)
    assert (await client.post("/auth/register", json=body)).status_code == 201
    login = {"username": "Alice the first", "password": PASSWORD}
    token = (await client.post("/auth/login", json=login)).json()["access_token"]
    change = {"current_password": PASSWORD, "new_password": password}
    headers = {"Authorization": f"Bearer {token}"}
    refused = await client.patch("/users/me/change-password", json=change, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (400, REASON)
    assert (await client.post("/auth/login", json=login)).status_code == 200, "unchanged"


async def test_common_passwords_are_refused_only_where_the_setting_says_so(settings: Settings):
    body = {"username": "alice", "email": "alice@test.com", "password": "PassWord"}
    unfit = "This password is on lists of common passwords: choose another one"
    async with running(settings, refuse_common_passwords=True) as client:
        refused = await client.post("/auth/register", json=body)
        assert (refused.status_code, refused.json()["detail"]) == (400, unfit)
        fit = {**body, "password": "three blue teapots"}
        assert (await client.post("/auth/register", json=fit)).status_code == 201
        token = (await client.post("/auth/login", json=fit)).json()["access_token"]
        refused = await client.patch(
            "/users/me/change-password",
            json={"current_password": fit["password"], "new_password": "qwertyuiop"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert (refused.status_code, refused.json()["detail"]) == (400, unfit)
    async with running(settings) as client:
        again = {**body, "username": "bob", "email": "bob@test.com"}
        assert (await client.post("/auth/register", json=again)).status_code == 201


async def test_hashing_yields_the_processor_to_other_requests(people: People, monkeypatch):
    seen: set[int] = set()
    verify = argon2.PasswordHasher.verify

    def watched(hasher: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        seen.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return verify(hasher, hashed, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    await people("alice")
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    # Only Linux has a priority per thread.
    assert seen == {security.NICE if sys.platform == "linux" else own}
    assert own < security.NICE, "the event loop keeps its priority"


async def test_few_passwords_are_hashed_at_once_and_few_wait(settings: Settings, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_QUEUE", 3)
    async with running(settings) as client:
        await People(client).register("alice")
        await all_but_one_log_in(client, monkeypatch)


async def all_but_one_log_in(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    lock, go = threading.Lock(), threading.Event()

    def slow(_hasher: argon2.PasswordHasher, _hashed: str, _password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(20)
        # Time for more than may run, if they could.
        time.sleep(0.05)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(argon2.PasswordHasher, "verify", slow)
    body = {"username": "alice", "password": PASSWORD}
    ways = [client.post("/auth/login", json=body) for _ in range(security.PARALLEL_HASHES + 4)]
    logins = [asyncio.create_task(way) for way in ways]
    answered, waiting = await asyncio.wait(logins, return_when=asyncio.FIRST_COMPLETED)
    go.set()
    [refused] = [login.result() for login in answered]
    answers = await asyncio.gather(*waiting)
    assert refused.status_code == 503
    assert refused.json()["detail"] == "Too many passwords are being checked. Try again"
    assert [answer.status_code for answer in answers] == [200] * (security.PARALLEL_HASHES + 3)
    assert most == security.PARALLEL_HASHES
