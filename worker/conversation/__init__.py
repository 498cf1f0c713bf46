"""What a message means after those before it: thanks, a part of a question, a follow-up, a new subject."""
