"""Riva's gRPC API as plain values and one asyncio client, on NVIDIA's own stubs."""
