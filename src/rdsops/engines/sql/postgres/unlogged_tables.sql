-- question: Which tables are unlogged?
-- privilege: none
-- cost: one pass over pg_class
-- column schema: of the table
-- column name: of the table
-- column rows_estimate: null when never gathered
SELECT n.nspname AS schema,
       c.relname AS name,
       nullif(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), -1), -1) AS rows_estimate
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND c.relpersistence = 'u'
ORDER BY c.reltuples DESC, n.nspname, c.relname
LIMIT 200;
