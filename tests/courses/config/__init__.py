"""Tests of reading configs."""
