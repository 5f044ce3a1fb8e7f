"""The few things that a workflow says to people on GitHub, each said once and then kept current."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from infra.errors import UserError

TIMEOUT_SECONDS = 30.0
PAGE = 100
PAGES = 30


@dataclass(frozen=True)
class Repository:
    """The repository called `name` (`owner/name`), through the API at `url`."""

    url: str
    name: str
    token: str

    @classmethod
    def of_the_workflow(cls) -> "Repository":
        """The repository whose workflow this is."""
        try:
            address, name = os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"]
            return cls(address, name, os.environ["GITHUB_TOKEN"])
        except KeyError as missing:
            raise UserError(f"{missing.args[0]} is not set: this runs in a workflow.") from missing

    def comment(self, number: int, *, mark: str, text: str) -> str:
        """Put `text`, which holds `mark`, under a pull request, over the one with that mark.

        Gives the comment's address.
        """
        found = self._marked(f"issues/{number}/comments", mark)
        if found:
            return self._ask("PATCH", f"issues/comments/{found['id']}", body=text)["html_url"]
        return self._ask("POST", f"issues/{number}/comments", body=text)["html_url"]

    def issue(self, *, title: str, mark: str, text: str) -> str:
        """Open an issue, or bring the open one with that `mark` up to date; gives its address."""
        found = self._marked("issues?state=open", mark)
        if found:
            return self._ask("PATCH", f"issues/{found['number']}", body=text)["html_url"]
        return self._ask("POST", "issues", title=title, body=text)["html_url"]

    def close(self, mark: str) -> None:
        """Close the open issue with that `mark`, if there is one."""
        if found := self._marked("issues?state=open", mark):
            self._ask("PATCH", f"issues/{found['number']}", state="closed")

    def _marked(self, path: str, mark: str) -> dict[str, Any] | None:
        joint = "&" if "?" in path else "?"
        for page in range(1, PAGES + 1):
            found = self._ask("GET", f"{path}{joint}per_page={PAGE}&page={page}")
            for entry in found:
                if mark in (entry.get("body") or ""):
                    return entry
            if len(found) < PAGE:
                break
        return None

    def _ask(self, method: str, path: str, **said: str) -> Any:
        url = f"{self.url}/repos/{self.name}/{path}"
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = requests.request(
                method, url, json=said or None, headers=headers, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as failure:
            raise UserError(f"{method} {path}: {failure}") from failure
        if not answer.ok:
            raise UserError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()


def pull_request() -> int:
    """The number of the pull request that this workflow runs for."""
    try:
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
        return int(event["pull_request"]["number"])
    except (KeyError, OSError, ValueError) as missing:
        raise UserError("This workflow runs for no pull request.") from missing
