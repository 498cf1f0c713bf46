"""What is done in steps: numbered items, sections that are steps, and none left out unsaid."""
