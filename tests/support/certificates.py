"""A TLS certificate for a test, signed by itself."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.ssl import DefaultOpenSSLContextFactory

_DAY = datetime.timedelta(days=1)


class Certificate:
    """Good for one host name. `path`: a PEM file to trust it; `options`: to serve with it."""

    def __init__(self, directory: Path, host: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(
            subject_name=name,
            issuer_name=name,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - _DAY,
            not_valid_after=now + _DAY,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.path = directory / "certificate.pem"
        self.path.write_bytes(certificate)
        key_path = directory / "key.pem"
        key_path.write_bytes(secret)
        self.options = DefaultOpenSSLContextFactory(str(key_path), str(self.path))
