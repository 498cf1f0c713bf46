"""Cards as JSON 2.0, pure functions: answers, buttons, sources, what operators see."""
