"""Certifies the service levels of a streaming speech recognition stack."""

__version__ = "0.1.0"
