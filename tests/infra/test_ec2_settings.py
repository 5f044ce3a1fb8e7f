"""The values that a stack on AWS accepts, and the messages for others."""

import re

import pulumi
import pytest

from testkit.recorded.ec2 import aws, deploy
from testkit.recorded.program import run


def refused(stack: str = "dev", **config: str | None) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        deploy(stack, config)
    assert aws(caught.value.graph) == [], "half a deployment is worse than none"  # type: ignore[attr-defined]
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("config", "key", "accepted"),
    [
        ({"region": ""}, "region", "an AWS region"),
        ({"region": "moon"}, "region", "an AWS region"),
        ({"region": "eu-west-9"}, "region", "eu-central-1"),
        ({"sshPublicKeys": ""}, "sshPublicKeys", "public SSH keys"),
        ({"sshPublicKeys": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "sshPublicKeys", "public"),
        ({"access": "ssh"}, "sshFrom", "the networks to administer from"),
        ({"sshFrom": "203.0.113.7/32"}, "sshFrom", "nothing, as access is ssm"),
        ({"access": "ssh", "sshFrom": "0.0.0.0/0"}, "sshFrom", "networks like"),
        ({"access": "ssh", "sshFrom": "203.0.113.7/24"}, "sshFrom", "networks like"),
        ({"zoneId": "Z0123456789ABC"}, "domain", "a name in the zone"),
        ({"domain": "https://tasks.example.com"}, "domain", "a name like"),
        ({"domain": "tasks.example.com, www_example.com"}, "domain", "a name like"),
        ({"architecture": "arm64"}, "architecture", "x86_64, which instanceType t3.small is"),
        ({"instanceType": "t4g.small"}, "architecture", "arm64"),
        ({"ami": "ubuntu"}, "ami", "Amazon Linux 2023"),
        ({"volumeSize": "3"}, "volumeSize", "4 to 16384"),
        ({"protect": "yes"}, "protect", "true or false"),
        ({"logDays": "31"}, "logDays", "14, 30, 60"),
        ({"logDays": "0"}, "logDays", "1, 3, 5"),
        ({"logDays": "a month"}, "logDays", "1, 3, 5"),
        ({"database": "aurora"}, "database", "container or rds"),
        ({"databaseClass": "t4g.micro"}, "databaseClass", "an RDS instance class"),
        ({"databaseSize": "10"}, "databaseSize", "20 to 65536"),
        ({"cache": "redis"}, "cache", "container or elasticache"),
        ({"cacheNode": "t4g"}, "cacheNode", "an ElastiCache node type"),
        ({"storage": "efs"}, "storage", "volume or s3"),
        ({"region": "cn-north-1"}, "region", "outside China and GovCloud"),
        ({"region": "us-gov-west-1"}, "region", "outside China and GovCloud"),
        ({"instanceType": "t2.small"}, "instanceType", "Nitro"),
        ({"outboundPorts": "smtp"}, "outboundPorts", "ports like 587"),
        ({"outboundPorts": "70000"}, "outboundPorts", "ports like 587"),
        ({"cpuCredits": "all"}, "cpuCredits", "unlimited or standard"),
        ({"name": "a--b", "database": "rds"}, "name", "without --, as database is rds"),
        ({"alarmEmail": "me"}, "alarmEmail", "an e-mail address"),
    ],
)
def test_a_wrong_setting_is_one_line_with_what_is_accepted_and_the_fix(
    config: dict[str, str], key: str, accepted: str
) -> None:
    [line] = refused(**config)
    assert line.startswith(f"taskmanager:{key} is "), line
    assert accepted in line
    assert re.search(rf"Fix: pulumi config (set|rm) taskmanager:{key}", line), line


def test_a_missing_token_is_said_before_anything_is_made() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        deploy("dev", environment={"GITHUB_TOKEN": ""})
    assert "GITHUB_TOKEN" in str(caught.value)
    assert "pulumi config set --secret taskmanager:registryToken" in str(caught.value)


@pytest.mark.parametrize(
    "key", ["domain", "zoneId", "alarmEmail", "region", "ami", "sshFrom", "outboundPorts"]
)
def test_a_setting_that_local_has_no_use_for_is_refused_there(key: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(config={key: "something"})
    assert "accepted: nothing on target local" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [
        ("database", "rds", "container"),
        ("cache", "elasticache", "container"),
        ("storage", "s3", "volume"),
    ],
)
def test_a_part_that_only_aws_runs_is_refused_elsewhere(key: str, value: str, own: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(config={key: value})
    [line] = str(caught.value).split("\n")
    assert line == (
        f'taskmanager:{key} is "{value}"; accepted: {own} on target local. '
        f"Fix: pulumi config set taskmanager:{key} {own}"
    )


@pytest.mark.parametrize(
    "password",
    [None, "short", "a/slash-" * 4, "an@at-sign-" * 4, "a.dot-and_more" * 4, "x" * 129],
)
def test_a_password_that_aws_refuses_is_refused_before_it_is_asked(password: str | None) -> None:
    [line] = refused(cache="elasticache", cachePassword=password)
    assert line.startswith("taskmanager:cachePassword must be a secret of 16 to 128")
    assert "Fix: openssl rand -hex 32 | pulumi config set --secret" in line
    assert password is None or password not in line


def test_a_database_password_that_only_rds_refuses_is_refused_for_rds_only() -> None:
    odd = "sixteen characters, with a space"
    deploy("dev", {"databasePassword": odd})
    [line] = refused(database="rds", databasePassword=odd)
    assert line.startswith("taskmanager:databasePassword must be")
    assert odd not in line
