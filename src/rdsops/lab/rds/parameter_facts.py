"""What RDS adds to an engine's own parameters: names of its own, defaults, formulas, which of them it lets change.

Defaults and formulas are as text, unevaluated. Sources, where a row names none: "read" is a public listing of AWS's
answers (read 2026-11-23); "recalled" is from memory on 2026-11-23 and wants a comparison with AWS.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Default:
    """A value that RDS sets in the default group. standing: read or recalled."""

    value: str
    standing: str = "recalled"


@dataclass(frozen=True, slots=True)
class Own:
    """A parameter that only RDS has. data_type, allowed, static: as DescribeDBParameters tells them (recalled)."""

    name: str
    data_type: str
    allowed: str
    static: bool
    value: str | None = None


POSTGRES_DEFAULTS: dict[str, Default] = {
    "max_connections": Default("LEAST({DBInstanceClassMemory/9531392},5000)", "read"),
    "shared_buffers": Default("{DBInstanceClassMemory/32768}", "read"),
    "effective_cache_size": Default("{DBInstanceClassMemory/16384}", "read"),
    "maintenance_work_mem": Default("GREATEST({DBInstanceClassMemory*1024/63963136},65536)", "read"),
    "autovacuum_max_workers": Default("GREATEST({DBInstanceClassMemory/64371566592},3)", "read"),
    "autovacuum_vacuum_cost_limit": Default("GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)", "read"),
    "autovacuum_naptime": Default("15", "read"),
    "autovacuum_vacuum_scale_factor": Default("0.1", "read"),
    "autovacuum_analyze_scale_factor": Default("0.05", "read"),
    "idle_in_transaction_session_timeout": Default("86400000", "read"),
    "track_activity_query_size": Default("4096", "read"),
    "superuser_reserved_connections": Default("3", "read"),
    "shared_preload_libraries": Default("pg_stat_statements"),
    "log_destination": Default("stderr"),
    "log_rotation_age": Default("60"),
    "wal_level": Default("replica"),
    "checkpoint_completion_target": Default("0.9"),
    "random_page_cost": Default("4"),
}
"""Defaults of RDS for PostgreSQL. Source of the read rows: a listing of the PG 11 era."""

RDS_ONLY_DEFAULTS: dict[str, Default] = {"max_wal_size": Default("2048", "read")}
"""Not meaningful on Aurora."""

AURORA_POSTGRES_DEFAULTS: dict[str, Default] = {
    "shared_buffers": Default("SUM({DBInstanceClassMemory/12038},-50003)", "read"),
    "effective_cache_size": Default("SUM({DBInstanceClassMemory/12038},-50003)", "read"),
    "maintenance_work_mem": Default("GREATEST({DBInstanceClassMemory/63963136*1024},65536)", "read"),
}

POSTGRES_OWN: tuple[Own, ...] = (
    Own("rds.force_ssl", "boolean", "0,1", False),
    Own("rds.logical_replication", "boolean", "0,1", True, "0"),
    Own("rds.log_retention_period", "integer", "1440-10080", False, "4320"),
    Own("rds.rds_superuser_reserved_connections", "integer", "0-8388607", True, "2"),
    Own("rds.adaptive_autovacuum", "boolean", "0,1", False, "1"),
    Own("rds.force_autovacuum_logging_level", "string", "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,"
        "warning,error,log,fatal,panic", False, "warning"),
    Own("rds.restrict_password_commands", "boolean", "0,1", True, "0"),
    Own("rds.allowed_extensions", "list", "", False, "*"),
    Own("pgaudit.log", "list", "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write",
        False),
    Own("pgaudit.role", "string", "", False),
)  # fmt: skip

AURORA_POSTGRES_OWN: tuple[Own, ...] = (
    Own("apg_ccm_enabled", "boolean", "0,1", False),
    Own("apg_plan_mgmt.capture_plan_baselines", "string", "off,automatic,manual", False, "off"),
    Own("apg_plan_mgmt.use_plan_baselines", "boolean", "0,1", False),
    Own("aurora_compute_plan_id", "boolean", "0,1", False, "1"),
)

CLUSTER_ONLY: frozenset[str] = frozenset(
    {
        "rds.force_ssl", "rds.logical_replication", "rds.allowed_extensions", "rds.restrict_password_commands",
        "archive_timeout", "autovacuum", "autovacuum_freeze_max_age", "client_encoding", "default_toast_compression",
        "full_page_writes", "fsync", "max_wal_senders", "max_replication_slots", "password_encryption",
        "ssl_ciphers", "ssl_max_protocol_version", "ssl_min_protocol_version", "synchronous_commit", "timezone",
        "track_commit_timestamp", "wal_receiver_create_temp_slot", "wal_sender_timeout",
    }
)  # fmt: skip
"""Aurora PostgreSQL parameters that live in the cluster's group alone (recalled, an incomplete list)."""

FORCE_SSL_FROM = 15
"""rds.force_ssl defaults to 1 from RDS PostgreSQL 15 (recalled); Aurora's default is 0 until 17 (recalled)."""

AURORA_FORCE_SSL_FROM = 17

POSTGRES_MODIFIABLE: frozenset[str] = frozenset(
    {
        "application_name", "archive_timeout", "auto_explain.log_analyze", "auto_explain.log_buffers",
        "auto_explain.log_format", "auto_explain.log_min_duration", "auto_explain.log_nested_statements",
        "auto_explain.log_timing", "auto_explain.log_triggers", "auto_explain.log_verbose",
        "auto_explain.sample_rate", "autovacuum", "autovacuum_analyze_scale_factor", "autovacuum_analyze_threshold",
        "autovacuum_freeze_max_age", "autovacuum_max_workers", "autovacuum_multixact_freeze_max_age",
        "autovacuum_naptime", "autovacuum_vacuum_cost_delay", "autovacuum_vacuum_cost_limit",
        "autovacuum_vacuum_insert_scale_factor", "autovacuum_vacuum_insert_threshold",
        "autovacuum_vacuum_scale_factor", "autovacuum_vacuum_threshold", "autovacuum_work_mem",
        "backend_flush_after", "bgwriter_delay", "bgwriter_flush_after", "bgwriter_lru_maxpages",
        "bgwriter_lru_multiplier", "checkpoint_completion_target", "checkpoint_flush_after", "checkpoint_timeout",
        "checkpoint_warning", "client_encoding", "client_min_messages", "commit_delay", "commit_siblings",
        "constraint_exclusion", "cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost",
        "cursor_tuple_fraction", "datestyle", "deadlock_timeout", "debug_pretty_print", "default_statistics_target",
        "default_toast_compression", "default_transaction_isolation", "default_transaction_read_only",
        "effective_cache_size", "effective_io_concurrency", "enable_bitmapscan", "enable_hashagg",
        "enable_hashjoin", "enable_indexonlyscan", "enable_indexscan", "enable_material", "enable_mergejoin",
        "enable_nestloop", "enable_parallel_append", "enable_partition_pruning", "enable_partitionwise_aggregate",
        "enable_partitionwise_join", "enable_seqscan", "enable_sort", "enable_tidscan", "from_collapse_limit",
        "geqo", "geqo_threshold", "gin_fuzzy_search_limit", "gin_pending_list_limit", "hash_mem_multiplier",
        "hot_standby_feedback", "huge_pages", "idle_in_transaction_session_timeout", "idle_session_timeout",
        "intervalstyle", "jit", "jit_above_cost", "join_collapse_limit", "lc_messages", "lc_monetary", "lc_numeric",
        "lc_time", "lock_timeout", "log_autovacuum_min_duration", "log_checkpoints", "log_connections",
        "log_destination", "log_disconnections", "log_duration", "log_error_verbosity", "log_executor_stats",
        "log_filename", "log_hostname", "log_lock_waits", "log_min_duration_sample", "log_min_duration_statement",
        "log_min_error_statement", "log_min_messages", "log_parameter_max_length", "log_replication_commands",
        "log_rotation_age", "log_rotation_size", "log_statement", "log_statement_sample_rate",
        "log_statement_stats", "log_temp_files", "log_transaction_sample_rate", "logical_decoding_work_mem",
        "maintenance_io_concurrency", "maintenance_work_mem", "max_connections", "max_locks_per_transaction",
        "max_logical_replication_workers", "max_parallel_maintenance_workers", "max_parallel_workers",
        "max_parallel_workers_per_gather", "max_prepared_transactions", "max_replication_slots",
        "max_slot_wal_keep_size", "max_stack_depth", "max_standby_archive_delay", "max_standby_streaming_delay",
        "max_sync_workers_per_subscription", "max_wal_senders", "max_wal_size", "max_worker_processes",
        "min_parallel_index_scan_size", "min_parallel_table_scan_size", "min_wal_size", "old_snapshot_threshold",
        "parallel_setup_cost", "parallel_tuple_cost", "password_encryption", "pg_stat_statements.max",
        "pg_stat_statements.save", "pg_stat_statements.track", "pg_stat_statements.track_planning",
        "pg_stat_statements.track_utility", "plan_cache_mode", "quote_all_identifiers", "random_page_cost",
        "search_path", "seq_page_cost", "session_replication_role", "shared_buffers", "shared_preload_libraries",
        "ssl_ciphers", "ssl_max_protocol_version", "ssl_min_protocol_version", "statement_timeout",
        "superuser_reserved_connections", "synchronous_commit", "tcp_keepalives_count", "tcp_keepalives_idle",
        "tcp_keepalives_interval", "temp_buffers", "temp_file_limit", "timezone", "track_activities",
        "track_activity_query_size", "track_commit_timestamp", "track_counts", "track_functions", "track_io_timing",
        "track_wal_io_timing", "transaction_timeout", "vacuum_cost_delay", "vacuum_cost_limit",
        "vacuum_cost_page_hit", "vacuum_cost_page_miss", "vacuum_failsafe_age", "vacuum_freeze_min_age",
        "vacuum_freeze_table_age", "vacuum_multixact_freeze_min_age", "vacuum_multixact_freeze_table_age",
        "wal_buffers", "wal_compression", "wal_keep_size", "wal_receiver_status_interval", "wal_receiver_timeout",
        "wal_sender_timeout", "wal_writer_delay", "wal_writer_flush_after", "work_mem", "xmlbinary", "xmloption",
    }
)  # fmt: skip
"""Parameters that RDS lets change (recalled 2026-11-23); for one that is not here it is not known."""

MARIADB_DEFAULTS: dict[str, Default] = {
    "max_connections": Default("{DBInstanceClassMemory/12582880}"),
    "innodb_buffer_pool_size": Default("{DBInstanceClassMemory*3/4}"),
    "innodb_flush_log_at_trx_commit": Default("1"),
    "innodb_file_per_table": Default("1"),
    "sync_binlog": Default("1"),
    "binlog_format": Default("MIXED"),
    "performance_schema": Default("0"),
    "log_output": Default("TABLE"),
    "read_only": Default("{TrueIfReplica}"),
}
"""Recalled; RDS for MariaDB shares MySQL's formulas for memory (recalled)."""

MARIADB_MODIFIABLE: frozenset[str] = frozenset(
    {
        "auto_increment_increment", "auto_increment_offset", "autocommit", "binlog_cache_size", "binlog_checksum",
        "binlog_format", "binlog_row_image", "binlog_stmt_cache_size", "character_set_client",
        "character_set_connection", "character_set_database", "character_set_filesystem", "character_set_results",
        "character_set_server", "collation_connection", "collation_server", "connect_timeout",
        "default_storage_engine", "div_precision_increment", "eq_range_index_dive_limit", "event_scheduler",
        "expire_logs_days", "explicit_defaults_for_timestamp", "general_log", "group_concat_max_len",
        "init_connect", "innodb_adaptive_flushing", "innodb_adaptive_hash_index", "innodb_autoinc_lock_mode",
        "innodb_buffer_pool_dump_at_shutdown", "innodb_buffer_pool_dump_pct", "innodb_buffer_pool_load_at_startup",
        "innodb_buffer_pool_size", "innodb_change_buffering", "innodb_compression_level", "innodb_deadlock_detect",
        "innodb_default_row_format", "innodb_file_per_table", "innodb_flush_log_at_trx_commit",
        "innodb_flush_method", "innodb_flush_neighbors", "innodb_ft_max_token_size", "innodb_ft_min_token_size",
        "innodb_io_capacity", "innodb_io_capacity_max", "innodb_lock_wait_timeout", "innodb_log_buffer_size",
        "innodb_log_file_size", "innodb_lru_scan_depth", "innodb_max_dirty_pages_pct", "innodb_max_purge_lag",
        "innodb_old_blocks_time", "innodb_open_files", "innodb_print_all_deadlocks", "innodb_purge_threads",
        "innodb_read_ahead_threshold", "innodb_read_io_threads", "innodb_rollback_on_timeout",
        "innodb_sort_buffer_size", "innodb_spin_wait_delay", "innodb_stats_on_metadata", "innodb_stats_persistent",
        "innodb_stats_persistent_sample_pages", "innodb_strict_mode", "innodb_table_locks",
        "innodb_write_io_threads", "interactive_timeout", "join_buffer_size", "key_buffer_size", "lc_time_names",
        "local_infile", "lock_wait_timeout", "log_bin_trust_function_creators", "log_output",
        "log_queries_not_using_indexes", "log_slow_verbosity", "log_warnings", "long_query_time",
        "low_priority_updates", "lower_case_table_names", "max_allowed_packet", "max_binlog_size",
        "max_connect_errors", "max_connections", "max_error_count", "max_heap_table_size", "max_join_size",
        "max_prepared_stmt_count", "max_sort_length", "max_statement_time", "max_user_connections",
        "metadata_locks_cache_size", "min_examined_row_limit", "myisam_sort_buffer_size", "net_buffer_length",
        "net_read_timeout", "net_retry_count", "net_write_timeout", "open_files_limit", "optimizer_prune_level",
        "optimizer_search_depth", "optimizer_switch", "performance_schema", "performance_schema_max_digest_length",
        "query_alloc_block_size", "query_cache_limit", "query_cache_size", "query_cache_type",
        "query_prealloc_size", "range_alloc_block_size", "read_buffer_size", "read_only", "read_rnd_buffer_size",
        "require_secure_transport", "skip_name_resolve", "slave_compressed_protocol", "slave_net_timeout",
        "slave_parallel_mode", "slave_parallel_threads", "slave_type_conversions", "slow_query_log",
        "sort_buffer_size", "sql_mode", "stored_program_cache", "sync_binlog", "table_definition_cache",
        "table_open_cache", "thread_cache_size", "thread_pool_size", "thread_stack", "time_zone", "tls_version",
        "tmp_table_size", "transaction_alloc_block_size", "transaction_prealloc_size", "tx_isolation",
        "wait_timeout",
    }
)  # fmt: skip
