-- question: About how much of each B-tree index is empty room?
-- privilege: none; pg_stats shows only columns that this role may read
-- cost: one pass over pg_index and pg_stats; no index is opened
-- column schema: of the index
-- column index: the index
-- column table: its table
-- column size_bytes: as of the last VACUUM or ANALYZE
-- column needed_bytes: what its entries would take without deduplication (estimate, about 20 % off either way)
-- column columns: of the index
-- column columns_measured: those whose width pg_stats shows this role
-- column constraint: it backs a constraint
WITH block AS (
    SELECT current_setting('block_size')::bigint AS bytes
), widths AS (
    SELECT i.indexrelid,
           i.indrelid,
           count(*) AS columns,
           count(coalesce(s.avg_width, e.avg_width)) AS columns_measured,
           coalesce(sum((1 - coalesce(s.null_frac, e.null_frac)) * coalesce(s.avg_width, e.avg_width)), 0) AS width,
           coalesce(bool_or(coalesce(s.null_frac, e.null_frac) > 0), false) AS some_null
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am am ON am.oid = c.relam AND am.amname = 'btree'
    CROSS JOIN LATERAL unnest(string_to_array(i.indkey::text, ' ')::int2[]) WITH ORDINALITY k (attnum, place)
    LEFT JOIN pg_catalog.pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = k.attnum AND k.attnum > 0
    LEFT JOIN pg_catalog.pg_stats s
      ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = ta.attname AND NOT s.inherited
    LEFT JOIN pg_catalog.pg_attribute ia ON ia.attrelid = c.oid AND ia.attnum = k.place AND k.attnum = 0
    LEFT JOIN pg_catalog.pg_stats e
      ON e.schemaname = n.nspname AND e.tablename = c.relname AND e.attname = ia.attname AND NOT e.inherited
    WHERE c.relkind = 'i'
      AND i.indisvalid
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND c.relpages * (SELECT bytes FROM block) >= 1048576
    GROUP BY i.indexrelid, i.indrelid
), sized AS (
    SELECT w.indexrelid, w.indrelid, w.columns, w.columns_measured,
           greatest(c.reltuples, 0) AS tuples,
           c.relpages::bigint * b.bytes AS size_bytes,
           b.bytes,
           ceil((8 + CASE WHEN w.some_null THEN 4 ELSE 0 END + w.width) / 8.0) * 8 + 4 AS entry_bytes,
           coalesce((SELECT o.option_value::int
                     FROM pg_catalog.pg_options_to_table(c.reloptions) o
                     WHERE o.option_name = 'fillfactor'), 90) / 100.0 AS fill
    FROM widths w
    JOIN pg_catalog.pg_class c ON c.oid = w.indexrelid
    CROSS JOIN block b
), judged AS (
    SELECT s.*,
           (ceil(s.tuples / greatest(floor((s.bytes - 40) * s.fill / s.entry_bytes), 1) * 1.01 + 1) * s.bytes)::bigint
           AS needed_bytes
    FROM sized s
)
SELECT n.nspname AS schema,
       c.relname AS index,
       t.relname AS table,
       j.size_bytes,
       j.needed_bytes,
       j.columns,
       j.columns_measured,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = j.indexrelid AND k.contype IN ('p', 'u', 'x'))
           AS constraint
FROM judged j
JOIN pg_catalog.pg_class c ON c.oid = j.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = j.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY j.size_bytes - j.needed_bytes DESC, n.nspname, c.relname
LIMIT 200;
