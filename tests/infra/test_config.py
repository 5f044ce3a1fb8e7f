"""The values that the configuration accepts, and the messages for others."""

import json
import re
import shlex

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config import KNOWN, SECRETS, SETTINGS
from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import PASSWORD, SECRET_KEY, SECRET_VALUES, declared, defaults, run

SHAPE = re.compile(
    r"taskmanager:(?P<key>\w+) (?P<value>is .+?|must be .+?)(; accepted: (?P<accepted>.+?))?\. "
    r"Fix: (?P<fix>.*pulumi config (set|rm) .*)"
)


def problems(**config: str | None) -> list[str]:
    """The lines the program ends with, before it has registered anything."""
    with pytest.raises(pulumi.RunError) as caught:
        run(config=config)
    graph = caught.value.graph  # type: ignore[attr-defined]
    assert graph.nodes == [], "half a deployment is worse than none"
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("target", "mainframe", "local"),
        ("target", "", "local"),
        ("name", "Über", "2 to 32"),
        ("name", "x", "2 to 32"),
        ("name", "ends-with-", "2 to 32"),
        ("replicas", "0", "1 to 16"),
        ("replicas", "17", "1 to 16"),
        ("replicas", "-1", "1 to 16"),
        ("replicas", "2.5", "1 to 16"),
        ("bindAddress", "localhost", "an IP address"),
        ("port", "0", "1 to 65535"),
        ("port", "65536", "1 to 65535"),
        ("port", "http", "1 to 65535"),
        ("port", "", "1 to 65535"),
        ("repository", "ghcr.io/owner/api:latest", "without a tag"),
        ("repository", "https://ghcr.io/owner/api", "without a tag"),
        ("image", "ghcr.io/owner/api:latest", "name@sha256:"),
        ("image", "ghcr.io/owner/api@sha256:abc", "name@sha256:"),
        ("pythonVersion", "3.12-slim", "a version like 3.12"),
        ("builder", "kaniko", "auto or buildkit or classic"),
        ("healthTimeout", "4", "5 to 900"),
        ("migrationTimeout", "7201", "5 to 7200"),
        ("drainTimeout", "0", "1 to 600"),
        ("drainTimeout", "30s", "1 to 600"),
        ("memory", "64", "128 to 65536"),
        ("memory", "512m", "128 to 65536"),
        ("cpus", "-1", "0.1 to 64"),
        ("cpus", "65", "0.1 to 64"),
        ("cpus", "nan", "0.1 to 64"),
        ("cpus", "half", "0.1 to 64"),
        ("requestTimeout", "0", "1 to 600"),
        ("requestTimeout", "2m", "1 to 600"),
        ("maxBodySize", "-1", "0 to 10240"),
        ("postgresImage", "postgres:17", "name@sha256:"),
        ("backupTime", "24:00", "a time of day"),
        ("backupTime", "2:30", "a time of day"),
        ("backupWeeks", "0", "1 to 52"),
    ],
)
def test_a_bad_value_is_one_line_with_key_value_what_is_accepted_and_the_fix(
    key: str, value: str, accepted: str
) -> None:
    [line] = problems(**{key: value})
    found = SHAPE.fullmatch(line)
    assert found, f"not of the usual shape: {line}"
    assert found["key"] == key
    assert found["value"] == f"is {json.dumps(value)}", "quoted: in one line whatever it is"
    assert accepted in found["accepted"]
    assert found["fix"].startswith(f"pulumi config set taskmanager:{key} ")


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_the_fix_that_is_offered_works(key: str) -> None:
    [line] = problems(**{key: "~ nothing accepts this ~"})
    offered = shlex.split(line.partition("Fix: ")[2])
    assert offered[:4] == ["pulumi", "config", "set", f"taskmanager:{key}"]
    run(config={key: offered[4]})


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_a_key_that_is_missing_is_named(key: str) -> None:
    # Only these accept the empty text; the engine gives them a default.
    if key in ("image", "postgresImage", "sourceUrl"):
        assert run(config={key: None}).of("image:Image"), "no image means: build one"
        return
    [line] = problems(**{key: None})
    assert line.startswith(f"taskmanager:{key} is not set; accepted: ")


def test_an_unknown_key_is_named_with_the_known_ones_and_taken_away() -> None:
    [line] = problems(replica="3")
    assert SHAPE.fullmatch(line), line
    assert "taskmanager:replica is not a setting" in line
    assert all(key in line for key in KNOWN), "the person looks for the right name"
    assert line.endswith("Fix: pulumi config rm taskmanager:replica")


def test_the_value_of_an_unknown_key_is_not_shown() -> None:
    [line] = problems(databasePasword=PASSWORD)
    assert PASSWORD not in line, "a misspelt secret is a secret"


@pytest.mark.parametrize("key", sorted(SECRETS))
@pytest.mark.parametrize("value", [None, "", "short-one"])
def test_a_secret_that_is_missing_or_short_is_refused_with_how_to_make_one(
    key: str, value: str | None
) -> None:
    [line] = problems(**{key: value})
    assert SHAPE.fullmatch(line), line
    assert f"pulumi config set --secret taskmanager:{key}" in line
    assert value in (None, "") or value not in line, "the log of a pipeline is read by many"


def test_every_problem_is_told_at_once() -> None:
    lines = problems(
        target="moon", replicas="0", port="x", secretKey=None, databasePassword="p", colour="red"
    )
    assert sorted(line.split()[0].partition(":")[2] for line in lines) == sorted(
        ["target", "replicas", "port", "secretKey", "databasePassword", "colour"]
    ), "one problem per run is a guessing game"
    assert all(SHAPE.fullmatch(line) for line in lines), lines


def test_no_message_shows_a_secret() -> None:
    text = "\n".join(problems(target="moon", port="0", colour="red", image="x"))
    assert all(secret not in text for secret in SECRET_VALUES)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(SETTINGS)), st.text(min_size=1, max_size=20))
def test_whatever_is_typed_is_accepted_or_answered_in_one_line(key: str, value: str) -> None:
    holder = f"{value if key == 'name' else 'taskmanager'}-proxy"
    try:
        run(config={key: value}, engine=FakeEngine(port_holder=holder))
    except pulumi.RunError as error:
        [line] = str(error).splitlines()
        assert SHAPE.fullmatch(line), line


def test_pulumi_yaml_describes_exactly_what_is_read() -> None:
    assert set(declared()) == set(KNOWN), (
        "an undescribed key is not found, a described one that nothing reads does nothing"
    )
    assert [key for key, entry in declared().items() if not entry.get("description")] == []


def test_pulumi_knows_the_type_of_every_key() -> None:
    accepted = {"string", "integer", "boolean", "array", "object"}
    assert {entry["type"] for entry in declared().values()} <= accepted, "it refuses the project"


def test_every_default_is_accepted() -> None:
    assert set(SETTINGS) - set(defaults()) == {"target"}, "a stack says where it runs, no more"
    run()


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("replicas", 1, 16),
        ("port", 1, 65535),
        ("healthTimeout", 5, 900),
        ("migrationTimeout", 5, 7200),
        ("drainTimeout", 1, 600),
        ("memory", 128, 65536),
        ("requestTimeout", 1, 600),
        ("maxBodySize", 0, 10240),
        ("backupWeeks", 1, 52),
    ],
)
def test_the_range_that_is_described_is_the_one_that_is_accepted(
    key: str, low: int, high: int
) -> None:
    assert f"{low} to {high}" in declared()[key]["description"], "people read Pulumi.yaml"
    for value in (low, high):
        # A release waits as long as the proxy does.
        run(config={"drainTimeout": "600", key: str(value)})


def test_a_secret_set_in_clear_is_treated_as_one_all_the_same() -> None:
    # The engine marks what was set with --secret; a person can forget that.
    graph = run(config={"secretKey": SECRET_KEY[::-1]})
    uploads = graph.api[0].marked["uploads"]
    assert SECRET_KEY[::-1] not in [each["content"] for each in uploads]
