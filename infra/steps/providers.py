"""The class that runs a step, by the name that the state of a stack has for it.

A state keeps a pickle of each step's provider for as long as the step does not run again, which can
be years. The pickle holds the step's name and `restore`, so every other name may change.
"""

from importlib import import_module
from typing import Any

PROVIDERS = {
    "GrowingSize": "infra.steps.growing_size:GrowingSizeProvider",
    "HostReady": "infra.steps.host_ready:HostReadyProvider",
    "KeyPair": "infra.steps.earlier:KeyPairProvider",
    "Ledger": "infra.steps.release_history:ReleaseHistoryProvider",
    "MachineImage": "infra.steps.earlier:MachineImageProvider",
    "Migration": "infra.steps.migration:MigrationProvider",
    "MigrationCheck": "infra.steps.migration_check:MigrationCheckProvider",
    "Placeholder": "infra.steps.placeholder:PlaceholderProvider",
    "Ready": "infra.steps.ready:ReadyProvider",
    "RepositoryOwner": "infra.steps.repository_owner:RepositoryOwnerProvider",
    "Script": "infra.steps.script:ScriptProvider",
    "SettingsCheck": "infra.steps.settings_check:SettingsCheckProvider",
    "Switch": "infra.steps.switch:SwitchProvider",
}
"""The name of a step in the types of a state's resources, and the class that runs it."""


def restore(step: str) -> Any:
    """The provider of the step that a state names."""
    return provider_class(step)()


def provider_class(step: str) -> type[Any]:
    """The class that runs a step."""
    module, _, name = PROVIDERS[step].partition(":")
    return getattr(import_module(module), name)


def step_of(provider: type) -> str:
    """The name under which a state keeps the class."""
    path = f"{provider.__module__}:{provider.__qualname__}"
    return next(step for step, known in PROVIDERS.items() if known == path)
