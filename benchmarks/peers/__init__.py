"""The job of a tick as somebody would write it who knows the library well. Each module is what its workers import, and has `publish`."""
