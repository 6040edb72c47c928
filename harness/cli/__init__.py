"""The `harness` command: one small file a sub-command."""
