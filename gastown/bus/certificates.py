"""The certificates of a hub: its own authority, whose certificate travels in invitations, and its server's.

Pure but for the chance in keys and serial numbers. Certificates and keys are PEM. Times: seconds since the epoch.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gastown.errors import UsageError

DAY = 86_400.0
AUTHORITY_DAYS = 3_650
SERVER_DAYS = 365
RENEW_DAYS = 30
"""A server's certificate is made anew when it has fewer days left."""
_BOTH_ENDS = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
"""The servers of a hub that is a cluster show it to each other, too."""
_EARLIER = DAY
"""So long before it is made a certificate is valid already: the clock of whoever checks it may be late."""


class Certificate(msgspec.Struct, frozen=True):
    certificate: str
    key: str

    def __repr__(self) -> str:
        return "Certificate(…)"


def new_authority(hub: str, now: float) -> Certificate:
    """Signs the certificates of this hub's server, and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(f"{hub} authority"), _name(f"{hub} authority"), key, now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs=True), critical=True)
    return _signed(builder, key, key)


def new_server_certificate(
    authority: Certificate, hub: str, hosts: Iterable[str], now: float, *, days: float = SERVER_DAYS
) -> Certificate:
    """hosts: names and addresses by which the hub is reached. Raises UsageError for what is neither."""
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signing = _private_key(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(hub), issuer.subject, key, now, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(_BOTH_ENDS), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    return _signed(builder, key, signing)


def expires(certificate: str) -> float:
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc.timestamp()


def hosts_of(certificate: str) -> tuple[str, ...]:
    """The names and addresses that it is for."""
    extensions = x509.load_pem_x509_certificate(certificate.encode()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))


def days_left(certificate: str, now: float) -> float:
    """Below 0: it is no longer valid."""
    return (expires(certificate) - now) / DAY


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: float, days: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(min(now, now + days * DAY) - _EARLIER, UTC))
        .not_valid_after(datetime.fromtimestamp(now + days * DAY, UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signing: ec.EllipticCurvePrivateKey
) -> Certificate:
    certificate = builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(certificate.decode(), private.decode())


def _private_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        msg = "the key of the hub's authority is not one that this program makes"
        raise UsageError(msg)
    return key


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        msg = f"not the name or address of a machine: {host!r}"
        raise UsageError(msg, "a DNS name, an IPv4 or an IPv6 address") from error
