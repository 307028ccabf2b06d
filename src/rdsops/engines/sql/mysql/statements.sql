-- question: Which statements took the most time since the counters began?
-- privilege: SELECT on performance_schema
-- cost: one row a digest, from memory, sorted
-- column digest: its fingerprint
-- column schema_name: where
-- column text: normalised, every literal a question mark
-- column calls: how often
-- column total_s: time in all
-- column rows_examined: read
-- column rows_sent: given back
-- column disk_temp_tables: temporary tables that went to disk
-- column without_index: executions that used no index
SELECT digest AS digest,
       schema_name AS schema_name,
       LEFT(digest_text, 300) AS text,
       CAST(count_star AS UNSIGNED) AS calls,
       sum_timer_wait / 1e12 AS total_s,
       CAST(sum_rows_examined AS UNSIGNED) AS rows_examined,
       CAST(sum_rows_sent AS UNSIGNED) AS rows_sent,
       CAST(sum_created_tmp_disk_tables AS UNSIGNED) AS disk_temp_tables,
       CAST(sum_no_index_used AS UNSIGNED) AS without_index
FROM performance_schema.events_statements_summary_by_digest
WHERE digest IS NOT NULL
  AND (schema_name IS NULL OR schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys'))
ORDER BY sum_timer_wait DESC, digest
LIMIT 50;
