"""Programs that the harness runs in place of ours, or adds to the deployed service."""
