"""`.manytask.yml`, the file that describes a course: reading it, and telling two of them apart.

`reader.read_config` is the way in, `model` what comes out, `changes` the difference of two. Source: courses-contract, "`.manytask.yml`".
"""
