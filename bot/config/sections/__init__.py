"""The sections of config.yaml: every setting, its default and the values it may have."""
