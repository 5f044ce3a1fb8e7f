"""A shell that names HTTP proxies: loopback does without, whatever else it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import proxies, state

PROXY = "http://proxy.example.test:3128"
PROXIES = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), PROXY)
EXCEPTIONS: dict[str, dict[str, str]] = {
    "none": {},
    "lower": {"no_proxy": "intranet.test"},
    "upper": {"NO_PROXY": "intranet.test"},
    "both": {"no_proxy": "intranet.test", "NO_PROXY": "other.test,intranet.test"},
    "everything": {"no_proxy": "*", "NO_PROXY": "*"},
    "already": {"no_proxy": "127.0.0.1,intranet.test"},
}
ASK = """
import json, urllib.request
from urllib.request import proxy_bypass
import requests
hosts = ["127.0.0.1", "localhost", "0.0.0.0", "intranet.test", "pypi.example.test"]
print(json.dumps({
    "urllib": [bool(proxy_bypass(host)) for host in hosts],
    "requests": [not requests.utils.get_environ_proxies(f"http://{host}:8080") for host in hosts],
}))
"""


@pytest.fixture
def clone(tmp_path: Path) -> state.Environment:
    (tmp_path / ".local").mkdir()
    return state.Environment(
        pulumi=Path("/nowhere"),
        pulumi_home=None,
        docker_host="unix:///somewhere/docker.sock",
        repository=tmp_path,
        venv=tmp_path / ".venv",
    )


def shell(clone: state.Environment, given: dict[str, str], command: str) -> str:
    """What `command` says in a shell with the variables `given` that has read the environment."""
    clone.write()
    script = ". .local/env; . .local/env; " + command
    done = subprocess.run(
        ["sh", "-euc", script],
        cwd=clone.repository,
        env={"PATH": os.environ["PATH"], **given},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("exceptions", EXCEPTIONS)
def test_nothing_on_loopback_goes_through_a_proxy_and_all_else_does(
    clone: state.Environment, exceptions: str
) -> None:
    given = {**PROXIES, **EXCEPTIONS[exceptions]}
    direct = [True, True, True, exceptions != "none", exceptions == "everything"]
    ask = f"exec {sys.executable} -c '{ASK}'"
    asked = shell(clone, given, ask)
    assert asked == shell(clone, {**given, **proxies.without_loopback(given)}, ask)
    for answers in json.loads(asked).values():
        assert answers == direct


@pytest.mark.parametrize("exceptions", EXCEPTIONS)
def test_reading_the_environment_twice_changes_nothing_more(
    clone: state.Environment, exceptions: str
) -> None:
    said = shell(clone, EXCEPTIONS[exceptions], 'echo "$no_proxy"; echo "$NO_PROXY"')
    lower, upper = said.splitlines()
    assert lower == upper
    assert lower.count(proxies.LOOPBACK) == (0 if exceptions == "everything" else 1)


def test_the_processes_that_set_up_starts_have_it_too(
    clone: state.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("NO_PROXY", "intranet.test")
    monkeypatch.delenv("no_proxy", raising=False)
    process = clone.process()
    assert process["http_proxy"] == PROXY
    assert {"intranet.test", "127.0.0.1", "localhost"} <= set(process["no_proxy"].split(","))


def test_the_builds_of_set_up_go_through_the_proxy_by_name_alone() -> None:
    words = proxies.build_options({**PROXIES, "no_proxy": ""})
    assert words[::2] == ["--build-arg"] * 4
    assert set(words[1::2]) == set(PROXIES)
    assert PROXY not in " ".join(words), "it may hold a password"
