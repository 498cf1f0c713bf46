"""What is kept of people: erased when it is taken back, backed up where it cannot be made again."""
