"""The administration of a course by its teachers."""
