"""The options of replication: ours, those of Litestream 0.5, and where each of them stands."""

from __future__ import annotations

#: options that stand at each database in Litestream's file, and may be given once for all of them
OF_DATABASES = frozenset(
    {"monitor-interval", "checkpoint-interval", "busy-timeout", "min-checkpoint-page-count", "truncate-page-n"}
)

#: options of one database
DATABASE_KEYS = OF_DATABASES | {"meta-path", "snapshot", "max-sync-wal-bytes"}

#: top-level options that are handed on to Litestream
HANDED_ON = OF_DATABASES | {
    "levels",
    "snapshot",
    "l0-retention",
    "l0-retention-check-interval",
    "verify-compaction",
    "retention",
    "validation",
    "heartbeat-url",
    "heartbeat-interval",
    "shutdown-sync-timeout",
    "shutdown-sync-interval",
    "sync-interval",
    "max-sync-ltx-files",
    "validation-interval",
    "auto-recover",
    "region",
    "endpoint",
    "force-path-style",
    "sign-payload",
    "require-content-md5",
    "skip-verify",
    "storage-class",
    "part-size",
    "concurrency",
    "sse-customer-algorithm",
    "sse-customer-key",
    "sse-customer-key-path",
    "sse-kms-key-id",
}

#: top-level options that are ours
OWN = frozenset(
    {
        "all-replicate",
        "metrics-addr",
        "access-key-id",
        "secret-access-key",
        "session-token",
        "credentials-file",
        "credentials-command",
        "credentials-refresh-interval",
        "credentials-url",
        "credentials-url-secret",
        "durable-timeout",
        "databases",
        "internal",
        "public-url",
        "litestream",
    }
)
