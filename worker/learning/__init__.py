"""What the bot learns from people: answers of colleagues, and what nobody could answer."""
