-- question: Which replication slots are there, and how much WAL do they hold back?
-- privilege: none
-- cost: one row a slot
-- column name: the slot
-- column logical: true for logical decoding
-- column database: of a logical slot
-- column active: a consumer is connected
-- column wal_status: reserved, extended, unreserved or lost
-- column retained_bytes: WAL kept from restart_lsn to the current position; null for a slot never used
-- column safe_wal_bytes: WAL that may still be written before the slot is lost; null without max_slot_wal_keep_size
-- column inactive_since: null before PostgreSQL 17
SELECT slot_name AS name,
       slot_type = 'logical' AS logical,
       database::text AS database,
       active,
       wal_status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint AS retained_bytes,
       safe_wal_size AS safe_wal_bytes,
       NULL::timestamptz AS inactive_since
FROM pg_catalog.pg_replication_slots
WHERE NOT temporary
ORDER BY slot_name;
