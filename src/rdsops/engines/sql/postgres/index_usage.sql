-- question: Which indexes has this server never used since its counters began?
-- privilege: none
-- cost: one pass over pg_index and its counters
-- column schema: of the index
-- column index: the index
-- column table: its table
-- column size_bytes: as of the last VACUUM or ANALYZE
-- column partitioned: the index is one on a partitioned table, or a piece of one
SELECT n.nspname AS schema,
       c.relname AS index,
       t.relname AS table,
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       c.relispartition AS partitioned
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE c.relkind = 'i'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND c.relpersistence <> 't'
  AND i.indisvalid
  AND NOT i.indisunique
  AND NOT i.indisprimary
  AND NOT i.indisexclusion
  AND NOT i.indisreplident
  AND NOT i.indisclustered
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
  AND pg_stat_get_numscans(i.indexrelid) = 0
ORDER BY c.relpages DESC, n.nspname, c.relname
LIMIT 2000;
