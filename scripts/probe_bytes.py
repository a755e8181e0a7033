"""Tells schemathesis how bytes are sent under the types that only this service takes; see probe_service."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
