"""What is said beside answers: first words, greetings, thanks, the work time, and what it knows."""
