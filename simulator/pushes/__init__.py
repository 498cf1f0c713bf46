"""What people do, and the events that tell the bot of it: webhook and long connection."""
