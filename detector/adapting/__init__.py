"""A generator learnt from a few of its clips: what they bring, the head that is fitted, and how heads are kept.

Knows what the network sums up and the reference bank beside it; trains no network. `adapt.adapt` fits a head,
`adapted.load` and its neighbours keep, hand on and ask one.
"""
