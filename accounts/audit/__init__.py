"""The audit's page: who did what, found by what is known of it, with the names that the events themselves leave out."""
