-- question: What has each database read, hit and spilled since its counters began?
-- privilege: none
-- cost: one row a database, from memory
-- column database: the database
-- column blocks_hit: found in shared buffers
-- column blocks_read: asked of the operating system or of Aurora storage
-- column temp_files: files that sorts and hashes spilled
-- column temp_bytes: bytes in them
-- column deadlocks: since the counters began
-- column counted_since: last reset; null when they were never reset
SELECT datname::text AS database,
       blks_hit AS blocks_hit,
       blks_read AS blocks_read,
       temp_files,
       temp_bytes,
       deadlocks,
       stats_reset AS counted_since
FROM pg_catalog.pg_stat_database
WHERE datname IS NOT NULL
ORDER BY datname;
