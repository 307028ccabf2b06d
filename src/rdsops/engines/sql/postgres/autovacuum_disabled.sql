-- question: For which tables is autovacuum switched off?
-- privilege: none
-- cost: one pass over pg_class
-- column schema: of the table
-- column name: of the table
-- column toast: switched off for its TOAST table only
-- column rows_estimate: null when never gathered
SELECT n.nspname AS schema,
       c.relname AS name,
       o.oid <> c.oid AS toast,
       nullif(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), -1), -1) AS rows_estimate
FROM pg_catalog.pg_class o
JOIN pg_catalog.pg_class c ON (o.relkind = 't' AND c.reltoastrelid = o.oid) OR (o.relkind IN ('r', 'm') AND c.oid = o.oid)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND EXISTS (SELECT
              FROM pg_catalog.pg_options_to_table(o.reloptions) x
              WHERE x.option_name = 'autovacuum_enabled' AND NOT x.option_value::boolean)
ORDER BY c.reltuples DESC, n.nspname, c.relname, toast
LIMIT 200;
