"""Tests of the reviewers' page."""
