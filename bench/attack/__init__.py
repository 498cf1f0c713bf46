"""What the chaos benchmark and the chaos test share: a bot under attack, the talk it hears, the verdict."""
