"""The settings that engines of a lab run with: small and quick; the shortcuts that this takes are named."""

from __future__ import annotations

from collections.abc import Iterable

POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    # Beside the data, so that a killed server leaves none in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "80",
    "max_worker_processes": "8",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_locks_per_transaction": "64",
    "wal_level": "logical",
    "wal_log_hints": "on",
    "min_wal_size": "16MB",
    "max_wal_size": "128MB",
    "max_slot_wal_keep_size": "512MB",
    "wal_sender_timeout": "5s",
    "wal_receiver_timeout": "5s",
    "wal_retrieve_retry_interval": "100ms",
    "hot_standby": "on",
    "fsync": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "track_io_timing": "on",
    # Statements hold users' literals, so errors are logged without theirs.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
"""wal_level logical: as with rds.logical_replication = 1, so that slots and publications can be rehearsed."""

PRELOADED = ("pg_stat_statements", "auto_explain", "pg_wait_sampling", "pg_stat_kcache", "pg_qualstats")
"""Libraries that must be preloaded to work; other extensions are only created."""

POSTGRES_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--auth=scram-sha-256",
    "--data-checksums",
    "--wal-segsize=4",
    "--no-sync",
    "--no-instructions",
)

MARIADB = {
    "bind-address": "127.0.0.1",
    "socket": "lab.sock",
    "skip-name-resolve": "1",
    "innodb_buffer_pool_size": "16M",
    "innodb_log_file_size": "16M",
    "innodb_log_buffer_size": "2M",
    "innodb_flush_log_at_trx_commit": "2",
    "sync_binlog": "0",
    "innodb_flush_method": "fsync",
    "innodb_stats_on_metadata": "0",
    "key_buffer_size": "1M",
    "aria_pagecache_buffer_size": "1M",
    "max_connections": "80",
    "thread_cache_size": "8",
    "table_open_cache": "256",
    "table_definition_cache": "400",
    "character_set_server": "utf8mb4",
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "log_slave_updates": "1",
    "gtid_strict_mode": "1",
    "slave_net_timeout": "5",
    "slow_query_log": "0",
    "default_time_zone": "+00:00",
    "performance_schema": "ON",
    "performance_schema_accounts_size": "10",
    "performance_schema_hosts_size": "10",
    "performance_schema_users_size": "10",
    "performance_schema_digests_size": "1000",
    "performance_schema_max_thread_instances": "100",
    "performance_schema_max_mutex_instances": "1000",
    "performance_schema_max_rwlock_instances": "1000",
    "performance_schema_max_cond_instances": "500",
    "performance_schema_max_file_instances": "1000",
    "performance_schema_max_metadata_locks": "1000",
    "performance_schema_max_prepared_statements_instances": "100",
    "performance_schema_max_program_instances": "100",
    "performance_schema_events_waits_history_size": "5",
    "performance_schema_events_stages_history_size": "5",
    "performance_schema_events_statements_history_size": "5",
    "performance_schema_events_transactions_history_size": "5",
    "performance_schema_events_waits_history_long_size": "10",
    "performance_schema_events_stages_history_long_size": "10",
    "performance_schema_events_statements_history_long_size": "100",
    "performance_schema_events_transactions_history_long_size": "10",
    "performance-schema-instrument": "statement/%=ON",
}
"""innodb_flush_log_at_trx_commit never below 2: at 0, a killed writer and its heir differ and say they agree.
The performance schema's tables are sized for a small server: 74 MB a node instead of 126 (measured 2026-11-23)."""

POSTGRES_SHORTCUTS = (
    "PostgreSQL runs with fsync off: data survives a killed server, not a crashed machine",
    "PostgreSQL has 16 MB of shared buffers and 4 MB WAL segments: compare ratios, never speeds, with RDS",
)
MARIADB_SHORTCUTS = (
    "MariaDB flushes its log once a second (innodb_flush_log_at_trx_commit 2, sync_binlog 0)",
    "MariaDB has a 16 MB buffer pool and a trimmed performance_schema: compare ratios, never speeds, with RDS",
)


def postgres_settings(
    extensions: Iterable[str], own: Iterable[tuple[str, str]], *, version: tuple[int, ...], available: frozenset[str]
) -> dict[str, str]:
    """What a PostgreSQL server is configured with: the lab's, the libraries it has, then the spec's own.

    >>> found = postgres_settings(["pg_stat_statements", "vector"], [("work_mem", "1MB")], version=(18, 6),
    ...                           available=frozenset({"pg_stat_statements", "vector"}))
    >>> found["shared_preload_libraries"], found["work_mem"], found["wal_level"]
    ('pg_stat_statements', '1MB', 'logical')
    """
    libraries = [one for one in extensions if one in available and one in PRELOADED]
    chosen = {**POSTGRES, "shared_preload_libraries": ",".join(libraries)}
    if version >= (18,):
        chosen["io_workers"] = "1"
    if version >= (15,):
        chosen["log_startup_progress_interval"] = "0"
    return chosen | dict(own)


def postgres_conf(settings: dict[str, str]) -> str:
    """The settings in the syntax of postgresql.conf.

    >>> postgres_conf({"work_mem": "1MB", "cluster_name": "it's"})
    "work_mem = '1MB'\\ncluster_name = 'it''s'\\n"
    """
    quoted = ((name, value.replace("'", "''")) for name, value in settings.items())
    return "".join(f"{name} = '{value}'\n" for name, value in quoted)


def mariadb_conf(settings: dict[str, str]) -> str:
    """The settings as an option file.

    >>> mariadb_conf({"log_bin": "binlog"})
    '[mariadbd]\\nlog_bin = binlog\\n'
    """
    return "[mariadbd]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
