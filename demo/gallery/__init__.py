"""Every card with sample answers, in the looks that people see."""
