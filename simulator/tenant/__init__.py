"""What the local Feishu remembers: people, chats, messages, limits, faults, its clock."""
