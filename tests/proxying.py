"""A small HTTP proxy, and TikTok's address as a real TLS server behind it: what stands between a gateway and TikTok."""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
TIKTOK = "business-api.tiktok.com"


class Listener(ABC):
    """Serves each connection on a thread of its own, until it is closed."""

    def __init__(self) -> None:
        self._sock = socket.create_server((HOST, 0))
        self.port = self._sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next connection
        self._sock.close()

    @abstractmethod
    def serve(self, sock: socket.socket) -> None:
        """Speak with whoever connected."""

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._sock.accept()
                threading.Thread(target=self._one, args=(sock,), daemon=True).start()

    def _one(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            self.serve(sock)


class Proxy(Listener):
    """Opens tunnels for whoever names the right name and password; all of them lead to one place."""

    def __init__(self, to_port: int, login: str = "", refuses: str = "") -> None:
        self.asked: list[tuple[str, str]] = []  #: first line and authorization of each request
        self._to_port = to_port
        self._wanted = f"Basic {b64encode(login.encode()).decode()}" if login else ""
        self._refuses = refuses
        super().__init__()

    def serve(self, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4_096) or b"\r\n\r\n"
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        login = fields.get("proxy-authorization", "")
        self.asked.append((first, login))
        if self._refuses or login != self._wanted:
            sock.sendall(
                f"HTTP/1.1 {self._refuses or '407 Proxy Authentication Required'}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return
        with socket.create_connection((HOST, self._to_port)) as there:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump_both_ways(sock, there)


class TikTokTls(Listener):
    """Speaks TLS under TikTok's name and hands what it hears to an emulator."""

    def __init__(self, emulator_url: str, certificate: Path) -> None:
        self._to_port = int(urlsplit(emulator_url).port or 0)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        super().__init__()

    def serve(self, sock: socket.socket) -> None:
        with (
            self._context.wrap_socket(sock, server_side=True) as inner,
            socket.create_connection((HOST, self._to_port)) as there,
        ):
            pump_both_ways(inner, there)


def pump_both_ways(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes until both sides have said everything."""
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def certificate_for(host: str, path: Path) -> Path:
    """Write a key and a certificate that vouches for itself; give their file, which is also what to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def a_proxy(to_port: int, **how: str) -> Iterator[Proxy]:
    """Run a proxy for the length of the block."""
    with contextlib.closing(Proxy(to_port, **how)) as proxy:
        yield proxy
