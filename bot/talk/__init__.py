"""What was said before: who asks in which thread, what one person says in a row, the last turns."""
