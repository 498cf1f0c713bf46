"""What members will meet, seen by the operator first: questions, their outcomes, and pages to mend."""
