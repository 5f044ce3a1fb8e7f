"""People who use the API in tests."""

from typing import Any

import httpx

PASSWORD = "password"


def address(name: str) -> str:
    """A mail address for any name: a name may have blanks, an address has none."""
    local = "".join(letter if letter.isalnum() else f".{ord(letter):x}." for letter in name)
    return f"{local}@test.com"


class Person:
    """Someone logged in; speaks HTTP with their own token."""

    def __init__(self, client: httpx.AsyncClient, account: dict[str, Any], token: str) -> None:
        self._client = client
        self.id: int = account["id"]
        self.name: str = account["username"]
        self.token = token

    async def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The response to one request."""
        if body is not None:
            options["json"] = body
        added = httpx.Headers(options.pop("headers", {})).multi_items()
        headers = [("Authorization", f"Bearer {self.token}"), *added]
        return await self._client.request(method, path, headers=headers, **options)

    async def get(self, path: str, **query: Any) -> Any:
        """The body of a successful GET."""
        response = await self("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def task(self, **fields: Any) -> dict[str, Any]:
        """A new task of theirs."""
        response = await self("POST", "/tasks", {"title": "a task", **fields})
        assert response.status_code == 201, response.text
        return response.json()

    async def share(self, task: dict[str, Any], other: "Person", permission: str) -> None:
        body = {"shared_with_username": other.name, "permission": permission}
        response = await self("POST", f"/tasks/{task['id']}/share", body)
        assert response.status_code == 201, response.text


class People:
    """Registers and logs in."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, name: str) -> Person:
        account = await self.register(name)
        return Person(self._client, account, await self.login(name))

    async def register(self, name: str) -> dict[str, Any]:
        body = {"username": name, "email": address(name), "password": PASSWORD}
        response = await self._client.post("/auth/register", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    async def login(self, name: str, password: str = PASSWORD) -> str:
        body = {"username": name, "password": password}
        response = await self._client.post("/auth/login", json=body)
        assert response.status_code == 200, response.text
        return response.json()["access_token"]
