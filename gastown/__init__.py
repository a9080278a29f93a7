"""Gas Town: a colony of coding agents on one machine, one append-only event log."""
