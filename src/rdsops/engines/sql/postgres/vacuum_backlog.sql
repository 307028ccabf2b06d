-- question: Which tables have more dead rows than it takes to start autovacuum?
-- privilege: pg_monitor
-- cost: one pass over pg_class and its counters
-- column schema: of the table
-- column name: of the table
-- column live_rows: counted
-- column dead_rows: counted
-- column threshold_rows: where autovacuum starts for this table: threshold + scale factor x rows, its own settings first
-- column last_vacuum: by hand or by autovacuum; null when never since the counters began
-- column running: a VACUUM of it runs now
WITH tables AS (
    SELECT c.oid, c.relnamespace, c.relname, greatest(c.reltuples, 0) AS tuples, o.*
    FROM pg_catalog.pg_class c
    CROSS JOIN LATERAL (
        SELECT max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold') AS threshold,
               max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor') AS scale,
               max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_max_threshold') AS most
        FROM pg_catalog.pg_options_to_table(c.reloptions)
    ) o
    WHERE c.relkind IN ('r', 'm')
      AND c.relpersistence <> 't'
), counted AS (
    SELECT t.*,
           pg_stat_get_live_tuples(t.oid) AS live_rows,
           pg_stat_get_dead_tuples(t.oid) AS dead_rows,
           coalesce(t.threshold, current_setting('autovacuum_vacuum_threshold'))::float8
           + coalesce(t.scale, current_setting('autovacuum_vacuum_scale_factor'))::float8 * t.tuples AS plain,
           coalesce(t.most, current_setting('autovacuum_vacuum_max_threshold', true))::float8 AS ceiling
    FROM tables t
)
SELECT n.nspname AS schema,
       t.relname AS name,
       t.live_rows,
       t.dead_rows,
       (CASE WHEN t.ceiling >= 0 THEN least(t.plain, t.ceiling) ELSE t.plain END)::bigint AS threshold_rows,
       greatest(pg_stat_get_last_vacuum_time(t.oid), pg_stat_get_last_autovacuum_time(t.oid)) AS last_vacuum,
       EXISTS (SELECT
               FROM pg_catalog.pg_stat_progress_vacuum v
               WHERE v.datname = current_database() AND v.relid = t.oid) AS running
FROM counted t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE t.dead_rows > CASE WHEN t.ceiling >= 0 THEN least(t.plain, t.ceiling) ELSE t.plain END
ORDER BY t.dead_rows DESC, n.nspname, t.relname
LIMIT 200;
