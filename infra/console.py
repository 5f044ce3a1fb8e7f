# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The console of an EC2 machine, on which only root of the machine writes and only AWS reports.

So it tells a new machine's key to whoever may read it by the account's rights, before any
connection: no key needs to be in the user data, and none is taken on trust.
"""

import re

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# bootstrap.yaml prints it at each boot. The length is that of an ECDSA key on the curve P-256: a
# line into which the kernel wrote is none.
HOST_KEY = re.compile(
    r"^taskmanager-host-key: (ecdsa-sha2-nistp256 [A-Za-z0-9+/]{139}=)\s*$", re.MULTILINE
)


class ConsoleError(Exception):
    """EC2 does not tell the console; the text is its reason."""


def host_key(machine: str, region: str) -> str:
    """The public key that `machine` printed last; empty when it has printed none yet.

    Raises ConsoleError when EC2 refuses.
    """
    try:
        # Without `Latest` EC2 tells the console as it was some minutes ago.
        answer = boto3.client("ec2", region_name=region).get_console_output(
            InstanceId=machine, Latest=True
        )
    except (BotoCoreError, ClientError) as error:
        raise ConsoleError(str(error)) from error
    keys = HOST_KEY.findall(str(answer.get("Output") or ""))
    return keys[-1] if keys else ""
