"""What a reader sees of a run. It arranges what was measured and judged; it decides nothing."""
