-- question: Which tables have no planner statistics, or ones that many changes have made old?
-- privilege: none
-- cost: one pass over pg_class and its counters; the file size of tables never analysed
-- column schema: of the table
-- column name: of the table
-- column never: never analysed, as far as counters and catalog tell
-- column live_rows: counted
-- column changed_rows: since the last ANALYZE
-- column threshold_rows: where autovacuum would analyse it
-- column last_analyze: by hand or by autovacuum; null when never since the counters began
-- column size_bytes: of a table never analysed; else as of then
WITH tables AS (
    SELECT c.oid, c.relnamespace, c.relname, c.relpages, c.reltuples,
           pg_stat_get_live_tuples(c.oid) AS live_rows,
           pg_stat_get_mod_since_analyze(c.oid) AS changed_rows,
           greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS last_analyze,
           coalesce(o.threshold, current_setting('autovacuum_analyze_threshold'))::float8
           + coalesce(o.scale, current_setting('autovacuum_analyze_scale_factor'))::float8
             * greatest(c.reltuples, 0) AS threshold_rows
    FROM pg_catalog.pg_class c
    CROSS JOIN LATERAL (
        SELECT max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_threshold') AS threshold,
               max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_scale_factor') AS scale
        FROM pg_catalog.pg_options_to_table(c.reloptions)
    ) o
    WHERE c.relkind IN ('r', 'm')
      AND c.relpersistence <> 't'
), judged AS (
    SELECT t.*,
           -- building an index sets reltuples too, so the counters are asked as well
           t.last_analyze IS NULL
           AND (t.reltuples < 0
                OR (t.reltuples = 0 AND t.relpages = 0)
                OR (t.live_rows > 0 AND t.changed_rows >= greatest(t.live_rows, t.reltuples))) AS never
    FROM tables t
), sized AS (
    SELECT j.*,
           CASE WHEN j.never THEN pg_relation_size(j.oid)
                ELSE j.relpages::bigint * current_setting('block_size')::bigint END AS size_bytes
    FROM judged j
    WHERE j.never OR j.changed_rows > j.threshold_rows
)
SELECT n.nspname AS schema,
       s.relname AS name,
       s.never,
       s.live_rows,
       s.changed_rows,
       s.threshold_rows::bigint AS threshold_rows,
       s.last_analyze,
       coalesce(s.size_bytes, 0) AS size_bytes
FROM sized s
JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (NOT s.never OR s.size_bytes > 0)
ORDER BY s.never DESC, s.size_bytes DESC, n.nspname, s.relname
LIMIT 200;
