"""The course's files: what may stand in them, and errors that name file, line, key and what would be right."""
