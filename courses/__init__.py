"""Courses: assignments with deadlines, what students have reported, and the gradebook."""
