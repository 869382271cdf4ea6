"""
A small OpenID Connect provider as a process: `python identity_provider.py PORT`.

It signs with real keys, checks the client, the redirect address and the proof key, and lets each code count once. Its
`/_play` takes what it should do wrong. An independent reading of the specification: it shares no code with ours.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET = "twinbeam-client", "a secret / of:the client"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Provider:
    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.keys = {"k1": rsa.generate_private_key(65537, 2048)}
        self.foreign = rsa.generate_private_key(65537, 2048)
        self.current = "k1"
        self.codes: dict[str, dict[str, str]] = {}
        self.play: dict[str, object] = {}
        self.person = {"sub": "p-1", "email": "Ada@Shop.example", "email_verified": True}

    def jwks(self):
        found = []
        for kid, key in self.keys.items():
            public = key.public_key().public_numbers()
            found.append(
                {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": number(public.n), "e": number(public.e)}
            )
        return {"keys": found}

    def token(self, asked):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        } | dict(self.play.get("claims", {}))
        for name in self.play.get("without", []):
            claims.pop(name, None)
        if "expired_seconds" in self.play:
            claims["exp"] = now - self.play["expired_seconds"]
        head = {"alg": self.play.get("alg", "RS256"), "kid": self.current}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        if head["alg"] == "none":
            return f"{signed}."
        if head["alg"] == "HS256":  # signed with what everybody knows
            return (
                f"{signed}.{b64(hmac.new(json.dumps(self.jwks()).encode(), signed.encode(), hashlib.sha256).digest())}"
            )
        key = self.foreign if self.play.get("foreign_key") else self.keys[self.current]
        return f"{signed}.{b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self):
        place, query = urlsplit(self.path).path, {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        own = self.provider
        if place == "/.well-known/openid-configuration":
            self.tell(
                {
                    "issuer": own.play.get("issuer", own.issuer),
                    "authorization_endpoint": f"{own.issuer}/authorize",
                    "token_endpoint": f"{own.issuer}/token",
                    "jwks_uri": f"{own.issuer}/keys",
                }
            )
        elif place == "/keys":
            self.tell(own.jwks())
        elif place == "/authorize":
            fine = query["client_id"] == CLIENT and query["response_type"] == "code" and "openid" in query["scope"]
            if not (fine and query["code_challenge_method"] == "S256"):
                self.tell({"error": "invalid_request"}, 400)
                return
            if own.play.get("declines"):
                back = {"error": "access_denied", "state": query["state"]}
            else:
                code = secrets.token_urlsafe(12)
                own.codes[code] = query
                back = {"code": code, "state": query["state"], "iss": own.play.get("names_itself", own.issuer)}
            self.send_response(302)
            self.send_header("location", f"{query['redirect_uri']}?{urlencode(back)}")
            self.end_headers()
        else:
            self.tell({}, 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        own = self.provider
        if self.path == "/_play":
            own.play = json.loads(body)
            if own.play.pop("new_key", False):
                own.current = f"k{len(own.keys) + 1}"
                own.keys[own.current] = rsa.generate_private_key(65537, 2048)
            own.person = {"sub": "p-1", "email": "Ada@Shop.example", "email_verified": True} | own.play.pop(
                "person", {}
            )
            self.tell({})
            return
        form = {k: v[0] for k, v in parse_qs(body).items()}
        name, _, secret = (
            base64.b64decode(self.headers.get("authorization", "").partition(" ")[2]).decode().partition(":")
        )
        asked = own.codes.pop(form.get("code", ""), None)
        proof = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fine = (
            (unquote(name), unquote(secret)) == (CLIENT, SECRET)
            and asked is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and proof == asked["code_challenge"]
        )
        if not fine:
            self.tell({"error": "invalid_grant"}, 400)
            return
        self.tell({"access_token": "at", "token_type": "Bearer", "id_token": own.token(asked)})

    def tell(self, answer, status=200):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Handler.provider = Provider(int(sys.argv[1]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
