-- Question: how much WAL is kept, and how far are the slots behind? Asked of a writer only.
-- Parameter: logical_only (boolean: Aurora's readers need no slot, the lab's stand-ins do; those are left out).
-- Privilege: pg_monitor. Cost: lists pg_wal and the folders of the slots.
-- Columns: wal_bytes, slot_lag_bytes (null without a slot that holds WAL), slot_disk_bytes (null without slots)
WITH slots AS (
  SELECT s.slot_name, s.restart_lsn
    FROM pg_catalog.pg_replication_slots AS s
   WHERE s.slot_type = 'logical' OR NOT %s
)
SELECT (SELECT sum(w.size) FROM pg_catalog.pg_ls_waldir() AS w)::float8 AS wal_bytes,
       (SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn))
          FROM slots AS s)::float8 AS slot_lag_bytes,
       (SELECT sum(f.size)
          FROM slots AS s, LATERAL pg_catalog.pg_ls_replslotdir(s.slot_name) AS f)::float8 AS slot_disk_bytes
