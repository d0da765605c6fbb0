"""Timings and accuracies, each against a peer or a known answer; run by hand, never by the tests."""
