"""What teachers do with scores: the gradebook, its cells and rows, one student, one assignment, sheets to take away and to bring back."""
