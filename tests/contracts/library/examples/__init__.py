"""Applications as users of the `eventsourcing` library write them; they know nothing of Kafka.

Written afresh after the kinds of examples in its documentation.
"""
