"""The command `gt`: parse, call the town, render. Nothing else.

Agents call it all day, so what every call pays for (`main`, `parsing`, `calling`, `output` and one family of verbs)
imports neither typer, msgspec, asyncio, NATS nor OpenTelemetry, and of the standard library only what is built in.
"""
