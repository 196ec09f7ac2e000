"""The instructor's tools: build the notebooks, judge answers, grade a class.

Nothing here is part of a student's installation; `headstart` never imports it.
"""
