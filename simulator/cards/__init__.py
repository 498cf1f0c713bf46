"""What Feishu takes for a card and what it rejects."""
