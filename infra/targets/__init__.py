"""The targets of a stack: the one place that knows which there are."""

import gc

from infra.config import StackConfig
from infra.host import Host


def provision(config: StackConfig) -> Host:
    """The host that `config.target` names, ready for the workload.

    Targets are imported late: a provider package is only loaded by the stack that uses it.
    """
    match config.target:
        case "local":
            from infra.targets import local

            return local.provision(config)
        case "ec2" if config.ec2:
            from infra.targets import ec2

            # Otherwise Python takes the AWS provider's many classes apart at its end, one by one:
            # 0.4 s of every preview.
            gc.freeze()
            return ec2.provision(config, config.ec2)
        case other:
            raise AssertionError(f"{other} passed the check of the configuration")
