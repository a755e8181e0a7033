"""What a platform asks of moderation: policies, decisions, people's reports, reviews and appeals, banks, endpoints.

One file a thing, with a `router(service)` each; its JSON and the examples of it lie beside it, in `*_shapes`.
"""
