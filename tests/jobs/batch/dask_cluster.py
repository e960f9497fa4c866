"""A Dask cluster on loopback as somebody else would run it: processes of their own, certificates of a CA."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.command_line import ROOT

_DASK = "DASK_DISTRIBUTED__COMM__TLS__"


def certified(folder: Path) -> Mapping[str, str]:
    """Dask's settings with a certificate of a new CA; both lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA of {folder.name}")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    at = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    ca = _signed(ca_name, ca_name, ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=None))
    one = _signed(name, ca_name, key, ca_key, at)
    (folder / "ca.pem").write_bytes(ca)
    (folder / "cert.pem").write_bytes(one)
    no = serialization.NoEncryption()
    packed = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no)
    (folder / "key.pem").write_bytes(packed)
    settings = {f"{_DASK}CA_FILE": str(folder / "ca.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        settings[f"{_DASK}{role}__CERT"] = str(folder / "cert.pem")
        settings[f"{_DASK}{role}__KEY"] = str(folder / "key.pem")
    return settings


def _signed(
    name: x509.Name,
    by: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(by).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    built = built.not_valid_after(now + timedelta(days=2)).add_extension(extension, critical=True)
    return built.sign(by_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Cluster:
    """A scheduler at a port and workers, each started and killed by itself."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self._settings = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"tls://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        at = ["--host", "127.0.0.1", "--port", str(self.port), "--protocol", "tls", "--no-dashboard"]
        self.scheduler = self._started("scheduler", *at)

    def start_worker(self, *options: str) -> None:
        near = ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--protocol", "tls"]
        self.workers.append(
            self._started(
                "worker", self.address, *near, "--local-directory", str(self._folder / "dask"), *options
            )
        )

    def _started(self, *words: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{words[0]}.log").open("ab")
        command = [sys.executable, "-m", "dask", *words]
        return subprocess.Popen(command, cwd=self._folder, env=self._settings, stdout=log, stderr=log)

    def end(self) -> None:
        for one in (self.scheduler, *self.workers):
            if one is not None:
                killed(one)


def killed(process: subprocess.Popen[bytes]) -> None:
    """With all that it started."""
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(30)


@contextmanager
def cluster(settings: Mapping[str, str], folder: Path, *, workers: int = 1) -> Iterator[Cluster]:
    made = Cluster(settings, folder)
    try:
        made.start_scheduler()
        for _ in range(workers):
            made.start_worker()
        yield made
    finally:
        made.end()


def wait_until(true: object, *, seconds: float = 600.0) -> None:
    """Until a function says so. AssertionError if it does not in time."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.2)
