"""Session tokens: by them the town knows which worker speaks. Against mistakes, not malice: all have one uid."""

import hashlib
import hmac


def session_token(secret: bytes, session: str) -> str:
    return hmac.new(secret, session.encode(), hashlib.sha256).hexdigest()[:32]


def is_token_of(secret: bytes, session: str, token: str) -> bool:
    return hmac.compare_digest(session_token(secret, session), token)
