"""A model API of the project's own, on loopback: what the real programs of the vendors talk to in tests.

It speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Gemini, streaming and plain, over real
sockets. No model is behind it: what "the model" does is a script (`script.py`). It fails on demand, keeps a meter
(`meter.py`) and remembers what it was asked (`asked.py`). One file a wire, pure; `server.py` does the I/O. By hand:
`python -m model_api --script FILE`.

aiohttp because it is one well-kept package that both serves and asks, and that lets go of a connection in mid-answer
when told to.
"""
