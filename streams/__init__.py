"""Submissions as they come from elsewhere: buckets, brokers, HTTP.

Each becomes one check, however often it is told of.
"""
