"""YAML in, checked and frozen values out: Scenario, Target, Plan."""
