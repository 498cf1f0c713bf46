"""What answers: takes jobs from the queue and ends each in one card, or in silence."""
