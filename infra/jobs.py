"""The module in which stacks deployed before 2026-11-26 look for the providers of their steps.

Their state holds pickles that name `jobs.switch._SwitchProvider` and the like, and Pulumi runs a
provider in this folder, so it finds `jobs` here. A step's pickle is written anew when the step runs
again, which a host's key never does: keep this module as long as such a stack exists.
"""

import sys
from types import ModuleType

from infra.steps.providers import provider_class

MOVED = {
    "host_ready": ("_HostReadyProvider", "HostReady"),
    "key_pair": ("_KeyPairProvider", "KeyPair"),
    "ledger": ("_LedgerProvider", "Ledger"),
    "migration": ("_MigrationProvider", "Migration"),
    "ready": ("_ReadyProvider", "Ready"),
    "script": ("_ScriptProvider", "Script"),
    "switch": ("_SwitchProvider", "Switch"),
}
"""By the old module: the old class, and the step that it ran."""

# Makes `import jobs.switch` look in `sys.modules`, where these are, and in no folder.
__path__: list[str] = []
for _module, (_name, _step) in MOVED.items():
    _alias = ModuleType(f"jobs.{_module}")
    setattr(_alias, _name, provider_class(_step))
    sys.modules[_alias.__name__] = _alias
