"""The administration of a course by its teachers: settings, tokens, people, the config, extensions and batches."""
