"""The face over HTTP: what others may ask of this registry. Knows requests and answers; judges nothing itself.

`resolution` is the router to mount, `matching` what it answers, `uploads` how it takes in files, `shapes` its JSON.
"""
