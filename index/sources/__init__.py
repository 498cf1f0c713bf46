"""Files, folders, repositories and question-answer pairs to documents."""
