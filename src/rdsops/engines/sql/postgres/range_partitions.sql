-- question: Where do the ranges of range-partitioned tables end?
-- privilege: none
-- cost: one row a partitioned table; deparses the bounds of its partitions
-- column schema: of the partitioned table
-- column table: the partitioned table
-- column key_type: type of its only key column
-- column has_default: a default partition catches what no range takes
-- column bounds: FOR VALUES FROM … TO … of each partition
-- column rows_estimates: of each partition, in the same order; -1 when never gathered
SELECT n.nspname AS schema,
       t.relname AS table,
       format_type(a.atttypid, NULL) AS key_type,
       p.partdefid <> 0 AS has_default,
       array_agg(pg_get_expr(c.relpartbound, c.oid) ORDER BY c.oid) AS bounds,
       array_agg(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), -1) ORDER BY c.oid) AS rows_estimates
FROM pg_catalog.pg_partitioned_table p
JOIN pg_catalog.pg_class t ON t.oid = p.partrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.partattrs[0]
JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition AND c.oid <> p.partdefid
WHERE p.partstrat = 'r'
  AND p.partnatts = 1
  AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype,
                     'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
GROUP BY n.nspname, t.relname, a.atttypid, p.partdefid
ORDER BY n.nspname, t.relname
LIMIT 200;
