"""A user of a deployed service."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_SECONDS = 30
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
NOTE = ("note.txt", b"a file of a load user\n" * 50, "text/plain")
PICTURE_FILE = ("me.png", PICTURE, "image/png")


@dataclass(frozen=True)
class User:
    """A registered user of the service at `url`, with a session: logins are limited."""

    url: str
    name: str
    token: str

    @classmethod
    def register(cls, url: str) -> "User":
        """Register a new user and log in."""
        name = f"user-{secrets.token_hex(4)}"
        login = {"username": name, "password": secrets.token_hex(12)}
        anonymous = cls(url, name, token="")
        anonymous._ask("POST", "/auth/register", json={**login, "email": f"{name}@example.com"})
        return cls(url, name, anonymous._ask("POST", "/auth/login", json=login)["access_token"])

    @property
    def headers(self) -> dict[str, str]:
        """The header that authenticates this user."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def add_task(self, title: str) -> int:
        """The id of a new task."""
        return int(self._ask("POST", "/tasks", json={"title": title})["id"])

    def write(self) -> str:
        """The title of a new task, to look for later."""
        title = f"task {secrets.token_hex(4)}"
        self.add_task(title)
        return title

    def titles(self) -> list[str]:
        """Of this user's tasks."""
        return [task["title"] for task in self._ask("GET", "/tasks")["tasks"]]

    def share(self, task: int, other: "User") -> None:
        """Let `other` edit a task."""
        body = {"shared_with_username": other.name, "permission": "edit"}
        self._ask("POST", f"/tasks/{task}/share", json=body)

    def comments(self, task: int) -> set[int]:
        """The ids of the comments that a task has now."""
        return {int(comment["id"]) for comment in self._ask("GET", f"/tasks/{task}/comments")}

    def upload(self, content: bytes) -> bytes:
        """Attach `content` to a new task; returns the downloaded file."""
        task = self.add_task("with a file")
        file = {"file": ("note.txt", content, "text/plain")}
        created = self._ask("POST", f"/tasks/{task}/files", files=file)
        return self._answer("GET", f"/files/{created['id']}").content

    def upload_picture(self) -> str:
        """The address of this user's new picture."""
        answer = self._ask("POST", "/users/me/avatar", files={"file": PICTURE_FILE})
        return f"{self.url}{answer['avatar_url']}"

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        return self._answer(method, path, **options).json()

    def _answer(self, method: str, path: str, **options: Any) -> requests.Response:
        address = f"{self.url}{path}"
        answer = requests.request(
            method, address, headers=self.headers, timeout=TIMEOUT_SECONDS, **options
        )
        answer.raise_for_status()
        return answer
