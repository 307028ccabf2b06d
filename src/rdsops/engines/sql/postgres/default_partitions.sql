-- question: Which default partitions hold rows that no partition was made for?
-- privilege: none
-- cost: one row a default partition
-- column schema: of the partitioned table
-- column table: the partitioned table
-- column default_schema: of the default partition
-- column default_partition: its name
-- column rows_estimate: counted or estimated, its own partitions included; null when never gathered
SELECT n.nspname AS schema,
       t.relname AS table,
       dn.nspname AS default_schema,
       d.relname AS default_partition,
       (SELECT CASE WHEN bool_or(l.reltuples >= 0 OR pg_stat_get_live_tuples(l.oid) > 0)
                    THEN sum(greatest(l.reltuples::bigint, pg_stat_get_live_tuples(l.oid), 0))::bigint END
        FROM pg_catalog.pg_partition_tree(d.oid) x
        JOIN pg_catalog.pg_class l ON l.oid = x.relid
        WHERE x.isleaf) AS rows_estimate
FROM pg_catalog.pg_partitioned_table p
JOIN pg_catalog.pg_class t ON t.oid = p.partrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class d ON d.oid = p.partdefid
JOIN pg_catalog.pg_namespace dn ON dn.oid = d.relnamespace
ORDER BY rows_estimate DESC NULLS LAST, n.nspname, t.relname
LIMIT 200;
