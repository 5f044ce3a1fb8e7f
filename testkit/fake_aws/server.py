"""moto's server, with the consoles of the sandbox's own machines: moto's are all the same."""

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.responses.general import General
from moto.server import main

from testkit.fake_aws import machines


def _get_console_output(self: General) -> ActionResult:
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    console = machines.console(instance.id)
    text = console.read_text(errors="replace") if console.exists() else ""
    output = Base64EncodedString.from_raw_string(text)
    return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "Output": output})


if __name__ == "__main__":
    General.get_console_output = _get_console_output
    main()
