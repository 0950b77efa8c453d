"""KL(data || fitted model) in nats per row: estimated, set against a null distribution and judged."""
