"""The start of a command, which every `make up` waits for."""

import json
import subprocess
import sys

from bootstrap.paths import ROOT

# Each takes a fifth of a second of the processor, or more; a command that needs one loads it late.
HEAVY = {"boto3", "botocore", "pulumi_aws", "pulumi_docker"}


def test_a_command_starts_without_the_sdk_of_aws_and_the_providers_of_pulumi() -> None:
    program = "import cli.app, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert HEAVY & set(json.loads(done.stdout)) == set()
