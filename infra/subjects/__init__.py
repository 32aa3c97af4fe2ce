"""The keys of people's personal texts, and the topic that they live and die on."""
