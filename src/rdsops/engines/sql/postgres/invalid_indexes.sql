-- question: Which indexes were left invalid, and are not being built now?
-- privilege: pg_monitor
-- cost: one pass over pg_index
-- column schema: of the index
-- column index: the index
-- column table: its table
-- column unique: it was to be unique, or to back a constraint
-- column ready: writes maintain it although no query may use it
-- column size_bytes: as of the last VACUUM or ANALYZE
SELECT n.nspname AS schema,
       c.relname AS index,
       t.relname AS table,
       i.indisunique AS unique,
       i.indisready AS ready,
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisvalid
  AND c.relkind = 'i'
  AND NOT EXISTS (SELECT
                  FROM pg_catalog.pg_stat_progress_create_index p
                  WHERE p.datname = current_database()
                    AND (p.index_relid = i.indexrelid OR p.relid = i.indrelid))
ORDER BY n.nspname, c.relname
LIMIT 500;
