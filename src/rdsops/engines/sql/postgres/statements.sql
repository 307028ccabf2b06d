-- question: Which statements take the most time (pg_stat_statements)?
-- privilege: pg_monitor
-- cost: reads the statement statistics once; up to pg_stat_statements.max rows sorted
-- column database: where it runs; null when dropped since
-- column role: who runs it
-- column query_id: its number in this server
-- column calls: since the statistics began
-- column total_ms: execution time
-- column total_share_ratio: of all statements' execution time, 0..1
-- column rows_returned: rows returned or touched
-- column blocks_read: shared blocks that were not in shared buffers
-- column temp_blocks_written: blocks spilled
-- column text: normalised by the extension, 2000 characters; utility statements keep their literals, so it is scrubbed before it is kept
SELECT d.datname::text AS database,
       r.rolname::text AS role,
       s.queryid AS query_id,
       s.calls,
       s.total_exec_time AS total_ms,
       s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0) AS total_share_ratio,
       s.rows AS rows_returned,
       s.shared_blks_read AS blocks_read,
       s.temp_blks_written AS temp_blocks_written,
       left(s.query, 2000) AS text
FROM pg_stat_statements s
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
WHERE s.queryid IS NOT NULL
  AND d.datname IS DISTINCT FROM 'rdsadmin'
ORDER BY s.total_exec_time DESC, s.queryid
LIMIT 25;
