"""Tests of Tasks, their numbers and their pages."""
