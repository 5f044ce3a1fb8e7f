"""The mails that events cause, read from a file."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.mail.message import Mail
from app.mail.senders import Outbox
from app.settings import Settings

from .conftest import running
from .people import People, Person

Mails = list[dict[str, str]]
FLAGS = {
    "share": "task_shared_with_me",
    "comment": "comment_on_my_task",
    "complete": "task_completed",
}

SUBJECTS = {"share": "Task Shared", "comment": "New Comment", "complete": "Task Completed"}


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "mail" / "outbox.jsonl"


@pytest.fixture
async def mailing(settings: Settings, outbox: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings, email_provider="file", email_outbox=outbox) as client:
        yield client


def mails(outbox: Path) -> Mails:
    if not outbox.exists():
        return []
    return [json.loads(line) for line in outbox.read_text().splitlines()]


def token_in(mail: dict[str, str]) -> str:
    return mail["body"].partition("token=")[2].split()[0]


async def verified(client: httpx.AsyncClient, person: Person, outbox: Path) -> None:
    """Verifies the address, and empties the outbox."""
    await person("POST", "/notifications/send-verification")
    body = {"token": token_in(mails(outbox)[-1])}
    response = await client.post("/notifications/verify", json=body)
    assert response.status_code == 200
    outbox.unlink()


async def happen(event: str, owner: Person, other: Person) -> tuple[Person, Person]:
    """Makes the event happen; returns its actor and its recipient."""
    task = await owner.task(title="Water\nplants")
    if event == "share":
        await owner.share(task, other, "edit")
        return owner, other
    await owner.share(task, other, "edit")
    path = f"/tasks/{task['id']}"
    if event == "comment":
        await other("POST", f"{path}/comments", {"content": "done soon"})
    else:
        await other("PATCH", path, {"completed": True})
    return other, owner


@pytest.mark.parametrize(
    ("event", "said"), [("share", "edit"), ("comment", "done soon"), ("complete", "completed")]
)
async def test_an_event_is_mailed_once_to_its_recipient(mailing, outbox, event, said):
    people = People(mailing)
    owner, other = await people("owner"), await people("other")
    recipient = other if event == "share" else owner
    await verified(mailing, recipient, outbox)
    await recipient("PATCH", "/notifications/preferences", {"task_completed": True})
    actor, _ = await happen(event, owner, other)
    [mail] = mails(outbox)
    assert mail.keys() == {"to", "subject", "body"}
    assert mail["to"] == f"{recipient.name}@test.com"
    assert mail["subject"] == f"{SUBJECTS[event]}: Water plants"
    for words in (actor.name, "Water\nplants", said):
        assert words in mail["body"]


@pytest.mark.parametrize("event", FLAGS)
@pytest.mark.parametrize("closed", ["verified", "email_enabled", "flag"])
async def test_each_condition_alone_stops_the_mail(mailing, outbox, event, closed):
    people = People(mailing)
    owner, other = await people("owner"), await people("other")
    for person in (owner, other):
        if closed != "verified":
            await verified(mailing, person, outbox)
        preferences = {"email_enabled": closed != "email_enabled", FLAGS[event]: closed != "flag"}
        await person("PATCH", "/notifications/preferences", preferences)
    await happen(event, owner, other)
    assert not any(SUBJECTS[event] in mail["subject"] for mail in mails(outbox))


async def test_without_a_look_at_the_preferences_the_defaults_count(mailing, outbox):
    people = People(mailing)
    owner, other = await people("owner"), await people("other")
    await verified(mailing, owner, outbox)
    await happen("comment", owner, other)
    await happen("complete", owner, other)
    assert [mail["subject"].partition(":")[0] for mail in mails(outbox)] == ["New Comment"]


async def test_own_actions_and_changes_of_nothing_are_not_mailed(mailing, outbox):
    people = People(mailing)
    owner, other = await people("owner"), await people("other")
    for person in (owner, other):
        await verified(mailing, person, outbox)
        await person("PATCH", "/notifications/preferences", {"task_completed": True})
    task = await owner.task()
    await owner("POST", "/tasks/1/comments", {"content": "mine"})
    await owner("PATCH", "/tasks/1", {"completed": True})
    assert mails(outbox) == []
    await owner.share(task, other, "edit")
    for body in ({"completed": True}, {"title": "new"}, {"completed": False}):
        await other("PATCH", "/tasks/1", body)
    await other("PATCH", "/tasks/bulk", {"task_ids": [1], "updates": {"completed": True}})
    await owner("POST", "/tasks/1/share", {"shared_with_username": "other"})
    await owner("PUT", "/tasks/1/share/other", {"permission": "view"})
    assert [mail["to"] for mail in mails(outbox)] == ["other@test.com"]


async def test_a_reset_link_is_mailed_with_all_mail_turned_off(mailing, outbox):
    people = People(mailing)
    alice = await people("alice")
    await alice("PATCH", "/notifications/preferences", {"email_enabled": False})
    await mailing.post("/auth/password-reset/request", json={"email": "ALICE@test.com"})
    [mail] = mails(outbox)
    assert mail["to"] == "alice@test.com"
    assert "http://localhost:5173/password-reset?token=" in mail["body"]
    body = {"token": token_in(mail), "new_password": "another password"}
    assert (await mailing.post("/auth/password-reset/verify", json=body)).status_code == 200
    await people.login("alice", "another password")


async def test_a_failing_mail_changes_no_answer(settings: Settings, clean, tmp_path: Path):
    outbox = tmp_path / "outbox"
    async with running(settings, email_provider="file", email_outbox=outbox) as client:
        people = People(client)
        owner, other = await people("owner"), await people("other")
        await verified(client, other, outbox)
        outbox.mkdir()
        await owner.share(await owner.task(), other, "edit")
        reset = await client.post("/auth/password-reset/request", json={"email": "other@test.com"})
        assert reset.status_code == 200
        response = await other("POST", "/notifications/send-verification")
    assert (response.status_code, list(response.json())) == (500, ["detail"])


async def test_lines_of_many_writers_never_mix(outbox: Path):
    writers = [Outbox(outbox) for _ in range(8)]
    sent = [Mail(f"{number}@test.com", "s", "ü" * 20_000) for number in range(40)]
    await asyncio.gather(*(writers[i % 8].send(mail) for i, mail in enumerate(sent)))
    written = {mail["to"]: mail["body"] for mail in mails(outbox)}
    assert written == {mail.to: mail.body for mail in sent}
