"""A stand-in for the `aws` command, with the two calls that cli/ssm_proxy.py makes."""

import os
import sys

from testkit.fake_aws import session
from testkit.fake_aws.account import Account


def main(words: list[str]) -> int:
    """Answer as the real command does."""
    options = dict(zip(words[2::2], words[3::2], strict=False))
    match words[:2]:
        case ["ec2", "describe-addresses"]:
            ec2 = Account(options["--region"], {}).ec2
            addresses = ec2.describe_addresses(PublicIps=[options["--public-ips"]])["Addresses"]
            print(addresses[0].get("InstanceId") or "None")
        case ["ssm", "start-session"]:
            if options["--document-name"] != "AWS-StartSSHSession":
                raise SystemExit(f"the fake AWS has no document {options['--document-name']}")
            session.main(options["--target"], options["--parameters"].removeprefix("portNumber="))
        case other:
            raise SystemExit(f"the fake AWS has no command aws {' '.join(other)}")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("AWS_PAGER", "")
    sys.exit(main(sys.argv[1:]))
