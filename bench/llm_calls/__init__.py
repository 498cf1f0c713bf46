"""What bench.calls is made of: messages through our own pipeline, and what HuixiangDou would have asked."""
