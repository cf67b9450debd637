"""TLS of a server: its callers show a certificate, and its own is renewed without a restart."""

from datetime import datetime

import grpc
import structlog

from spoedkader.client.credentials import Credentials, Pem

log = structlog.get_logger()


class ServerCertificate:
    """The certificate of a server, as its files have it now."""

    def __init__(self, credentials: Credentials) -> None:
        """Reads the files.

        Raises:
            OSError: one can't be read.
            ValueError: one makes no sense, or the key does not go with the certificate.
        """
        self._pem = credentials.pem(lambda event, facts: log.error(event, **facts))
        self._handed_out = self._pem.value
        self.credentials = grpc.dynamic_ssl_server_credentials(
            self._handed_out.for_server(),
            self._renewed,  # type: ignore[arg-type] # None is documented
            require_client_authentication=True,
        )
        """For `add_secure_port`."""

    @property
    def expires_at(self) -> datetime | None:
        """When the certificate that new callers get to see ends."""
        return self._pem.value.expires_at

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """What gRPC asks before each handshake: other certificates, or None for those of the last time."""
        pem: Pem = self._pem.value
        if pem is self._handed_out:
            return None
        self._handed_out = pem
        log.info("certificate renewed", expires_at=str(pem.expires_at))
        return pem.for_server()
