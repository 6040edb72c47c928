"""The gateway's JSON contract as values and rules: no I/O, no clock, no logging."""
