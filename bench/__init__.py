"""Benchmarks, to be run beside a running hall; none of them is a test."""
