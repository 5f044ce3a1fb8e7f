"""Somebody who uses a service that is rehearsed."""

import secrets
from dataclasses import dataclass, field

import requests


@dataclass
class User:
    """A user of the service at `url`, who registers with the first task."""

    url: str
    _login: dict[str, str] = field(init=False, default_factory=dict)
    _headers: dict[str, str] = field(init=False, default_factory=dict)

    def write_row(self) -> str:
        """Add a task as a new user would; gives its title."""
        url, name = self.url, f"user-{secrets.token_hex(4)}"
        self._headers = {}
        self._login = {"username": name, "password": secrets.token_hex(12)}
        account = {**self._login, "email": f"{name}@example.com"}
        requests.post(f"{url}/auth/register", json=account, timeout=10).raise_for_status()
        title = f"task {secrets.token_hex(4)}"
        made = requests.post(
            f"{url}/tasks", json={"title": title}, headers=self._token(), timeout=10
        )
        made.raise_for_status()
        return title

    def read_rows(self) -> list[str]:
        """The titles of that user's tasks."""
        url = self.url
        found = requests.get(f"{url}/tasks", headers=self._token(), timeout=10)
        found.raise_for_status()
        return [task["title"] for task in found.json()["tasks"]]

    def upload(self, content: bytes) -> bytes:
        """Attach `content` to a task of that user; gives what is downloaded again."""
        url, headers = self.url, self._token()
        [task, *_] = requests.get(f"{url}/tasks", headers=headers, timeout=10).json()["tasks"]
        file = {"file": ("note.txt", content, "text/plain")}
        files = f"{url}/tasks/{task['id']}/files"
        made = requests.post(files, files=file, headers=headers, timeout=10)
        made.raise_for_status()
        kept = requests.get(f"{url}/files/{made.json()['id']}", headers=headers, timeout=10)
        kept.raise_for_status()
        return kept.content

    def _token(self) -> dict[str, str]:
        # Once: logins are limited.
        if not self._headers:
            answer = requests.post(f"{self.url}/auth/login", json=self._login, timeout=10)
            answer.raise_for_status()
            self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return self._headers
