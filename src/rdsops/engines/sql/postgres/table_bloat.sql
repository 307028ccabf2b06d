-- question: About how much of each table is empty room?
-- privilege: none; pg_stats shows only columns that this role may read
-- cost: one pass over pg_class and pg_stats; no table is opened
-- column schema: of the table
-- column name: of the table
-- column size_bytes: main fork, as of the last VACUUM or ANALYZE
-- column needed_bytes: what the rows would take (estimate, about 20 % off either way: alignment is not counted)
-- column columns: of the table
-- column columns_measured: those whose width pg_stats shows this role; fewer than columns means the estimate is void
WITH block AS (
    SELECT current_setting('block_size')::bigint AS bytes
), widths AS (
    SELECT c.oid,
           count(*) AS columns,
           count(s.attname) AS columns_measured,
           coalesce(sum((1 - s.null_frac) * s.avg_width), 0) AS width,
           coalesce(bool_or(s.null_frac > 0), false) AS some_null
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_stats s
      ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
    WHERE c.relkind IN ('r', 'm')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND c.relpages * (SELECT bytes FROM block) >= 1048576
    GROUP BY c.oid
), sized AS (
    SELECT w.oid, w.columns, w.columns_measured,
           greatest(c.reltuples, 0) AS tuples,
           c.relpages::bigint * b.bytes AS size_bytes,
           b.bytes,
           ceil((24 + CASE WHEN w.some_null THEN ceil(w.columns / 8.0) ELSE 0 END + w.width) / 8.0) * 8 + 4 AS row_bytes,
           coalesce((SELECT o.option_value::int
                     FROM pg_catalog.pg_options_to_table(c.reloptions) o
                     WHERE o.option_name = 'fillfactor'), 100) / 100.0 AS fill
    FROM widths w
    JOIN pg_catalog.pg_class c ON c.oid = w.oid
    CROSS JOIN block b
)
SELECT n.nspname AS schema,
       c.relname AS name,
       s.size_bytes,
       (ceil(s.tuples / greatest(floor((s.bytes - 24) * s.fill / s.row_bytes), 1)) * s.bytes)::bigint AS needed_bytes,
       s.columns,
       s.columns_measured
FROM sized s
JOIN pg_catalog.pg_class c ON c.oid = s.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY s.size_bytes - ceil(s.tuples / greatest(floor((s.bytes - 24) * s.fill / s.row_bytes), 1)) * s.bytes DESC,
         n.nspname, c.relname
LIMIT 200;
