"""The reference gateway: JSON over WebSocket in, Riva's gRPC API out. A product of its own, deployed before Riva."""
