"""Running pytest on a student's work: what is collected is the course's, and the verdict is made by a process that never imports the work."""
