"""What came from Feishu, and whether it may be answered."""
