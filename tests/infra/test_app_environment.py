"""The app's own variables and secrets: from the configuration into its containers."""

import json
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import app_environment
from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import Graph, Secret, run
from testkit.recorded.steps import changed_by, step

HUNTER = "hunter2-$ecret"
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SECRET_TEXTS = TEXTS.filter(bool)
NAMES = st.from_regex(r"\A[A-Z][A-Z0-9_]{0,20}\Z").filter(
    lambda name: (
        app_environment.refusal(name, "", secret=False) is None and not name.endswith("_FILE")
    )
)


def own(environment: Any = None, secrets: Any = None) -> dict[str, str]:
    return {"environment": json.dumps(environment or {}), "secrets": json.dumps(secrets or {})}


def problems(environment: Any = None, secrets: Any = None) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        run(config=own(environment, secrets))
    assert caught.value.graph.nodes == []  # type: ignore[attr-defined]
    return str(caught.value).split("\n")


def files_of(graph: Graph) -> dict[str, Any]:
    """The files of an api container; a secret is in its mark."""
    return {entry["file"]: entry["content"] for entry in graph.api[0].marked["uploads"]}


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(NAMES, TEXTS, max_size=3), st.dictionaries(NAMES, SECRET_TEXTS, max_size=3))
def test_every_value_reaches_every_container_as_it_is(
    variables: dict[str, str], secrets: dict[str, str]
) -> None:
    variables = {name: text for name, text in variables.items() if name not in secrets}
    graph = run(config=own(variables, secrets))
    for node in graph.api:
        assert variables.items() <= node.envs.items()
        uploads = {entry["file"]: entry["content"] for entry in node.inputs["uploads"]}
        for name, text in secrets.items():
            assert uploads[node.envs[f"{name}_FILE"]] == text
            assert name not in node.envs


def test_a_secret_is_marked_wherever_pulumi_sees_it() -> None:
    graph = run(config=own(secrets={"SMTP_URL": HUNTER}))
    assert files_of(graph)["/run/secrets/SMTP_URL"] == Secret(HUNTER)
    for node in graph.nodes:
        assert HUNTER not in json.dumps(node.marked, default=lambda mark: f"<{type(mark)}>"), node


def test_the_migration_has_the_same_environment() -> None:
    graph = run(config=own({"A": "1"}, {"B": HUNTER}))
    [migration] = graph.of("taskmanager:Migration")
    assert migration.inputs["environment"]["A"] == "1"
    assert migration.inputs["files"]["/run/secrets/B"] == HUNTER


def test_numbers_and_truth_values_that_pulumi_made_of_typed_text_are_text_again() -> None:
    graph = run(config=own({"PORT": 8080, "DEBUG": True}))
    assert {"PORT": "8080", "DEBUG": "true"}.items() <= graph.api[0].envs.items()


@pytest.mark.parametrize("name", sorted(app_environment.RESERVED))
def test_a_variable_that_the_program_sets_is_refused_with_the_reason(name: str) -> None:
    for given_name in (name, f"{name}_FILE"):
        [line] = problems({given_name: "x"})
        assert app_environment.RESERVED[name] in line
        assert line.endswith(f"Fix: taskmanager env unset -s local {given_name}")


@pytest.mark.parametrize("config", [{}, {"storage": "s3"}])
def test_the_program_reserves_every_variable_that_it_sets(config: dict[str, str]) -> None:
    for node in (deploy("dev", config) if config else run()).api:
        assert {name.removesuffix("_FILE") for name in node.envs} <= set(app_environment.RESERVED)


@pytest.mark.parametrize(
    ("variables", "secrets", "said"),
    [
        ({"1A": "x"}, {}, "1A is no name of a variable"),
        ({"A-B": "x"}, {}, "A-B is no name of a variable"),
        ({"A": [1]}, {}, "A has a list, an object or nothing as its value"),
        ({"A": None}, {}, "A has a list, an object or nothing as its value"),
        ({}, {"A": HUNTER + "\0"}, "A has a NUL character"),
        ({}, {"A": ""}, "A is an empty secret"),
        ({"A": "x" * 131_072}, {}, "A is longer than Linux takes"),
        ({"A": "x"}, {"A": HUNTER}, "A is in taskmanager:environment too"),
        ({"A_FILE": "x"}, {"A": HUNTER}, "A_FILE is set by the program: the file of the secret A"),
    ],
)
def test_a_wrong_name_or_value_is_one_line_without_a_secret(
    variables: dict[str, Any], secrets: dict[str, str], said: str
) -> None:
    [line] = problems(variables, secrets)
    assert said in line
    assert "Fix: taskmanager env unset -s local " in line
    assert HUNTER not in line
    assert len(line) < 300, "a long value is not repeated"


@pytest.mark.parametrize("key", app_environment.KEYS)
def test_a_setting_that_is_no_object_is_refused(key: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"taskmanager:{key} is no object") as caught:
        run(config={key: HUNTER})
    assert HUNTER not in str(caught.value)


def test_without_any_nothing_is_checked_and_nothing_changes() -> None:
    assert not run().of("taskmanager:SettingsCheck")


def test_the_app_reads_its_settings_before_a_container_is_deleted() -> None:
    graph = run(config=own({"CORS_ORIGINS": "x"}))
    [check] = graph.of("taskmanager:SettingsCheck")
    for name in ("taskmanager-postgres", "taskmanager-proxy", "taskmanager-redis"):
        assert check.name in graph.needs(graph.named(name, "Container")), name


def test_the_check_runs_in_the_new_image_with_the_values(engine: FakeEngine) -> None:
    graph = run(config=own({"CORS_ORIGINS": "https://a.example"}, {"SMTP_URL": HUNTER}))
    provider, props = step(graph, "SettingsCheck")
    provider.create(props)
    [container] = engine.created
    assert container.image == graph.api[0].inputs["image"]
    assert container.settings["command"] == ["python", "-m", "app.settings"]
    assert container.settings["environment"]["CORS_ORIGINS"] == "https://a.example"
    assert container.settings["environment"]["SMTP_URL_FILE"] == "/run/secrets/SMTP_URL"
    assert HUNTER not in str(container.settings["environment"])
    assert container.removed


def test_it_runs_again_for_another_value_and_shows_no_secret() -> None:
    graph = run(config=own({"A": "1"}, {"B": HUNTER}))
    assert changed_by(*step(graph, "SettingsCheck")) == {"values"}
    values = step(graph, "SettingsCheck")[1]["values"]
    assert values["A"] == "1"
    other = step(run(config=own({"A": "1"}, {"B": HUNTER + "x"})), "SettingsCheck")[1]["values"]
    assert values["B"] != other["B"]
    assert HUNTER not in values["B"]
    key = step(run(config={**own({}, {"B": HUNTER}), "secretKey": "k" * 40}), "SettingsCheck")[1]
    assert key["values"]["B"] != values["B"], "else a weak secret could be guessed from the state"


def test_values_that_the_app_refuses_end_the_deployment_with_its_lines(engine: FakeEngine) -> None:
    provider, props = step(run(config=own({"CORS_ORIGINS": "x"})), "SettingsCheck")
    engine.next_exit_code, engine.next_log = 78, "SMTP_URL: not an address; accepted: smtp://…"
    with pytest.raises(Exception, match="nothing was changed") as caught:
        provider.create(props)
    assert "SMTP_URL: not an address" in str(caught.value)
    assert engine.created[0].removed


def test_an_app_without_the_command_is_let_through(engine: FakeEngine) -> None:
    provider, props = step(run(config=own({"A": "1"})), "SettingsCheck")
    engine.next_exit_code, engine.next_log = 1, "No module named app.settings.__main__"
    provider.create(props)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "CORS_ORIGINS and FRONTEND_URL not set"),
        ({"CORS_ORIGINS": "https://a.example"}, "FRONTEND_URL not set"),
        ({"CORS_ORIGINS": "", "FRONTEND_URL": ""}, ""),
    ],
)
def test_a_stack_in_the_cloud_is_warned_once_of_a_developers_defaults(
    variables: dict[str, str], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    deploy("prod", own(variables))
    about = [line for line in warnings if "env set" in line]
    assert [line.startswith(missing) for line in about] == ([True] if missing else [])
