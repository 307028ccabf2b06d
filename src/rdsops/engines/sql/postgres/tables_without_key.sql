-- question: Which tables have no primary key, and does logical replication need one?
-- privilege: none
-- cost: one pass over pg_class and pg_publication_tables
-- column schema: of the table
-- column name: of the table
-- column partitioned: the table is partitioned, and some partition lacks a key too
-- column rows_estimate: as of the last VACUUM or ANALYZE, or counted since; null when never gathered
-- column size_bytes: as of the last VACUUM or ANALYZE
-- column replica_identity: default, nothing, full or index
-- column published: a publication sends its updates or deletes
WITH published AS MATERIALIZED (
    SELECT DISTINCT t.schemaname, t.tablename
    FROM pg_catalog.pg_publication_tables t
    JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname
    WHERE p.pubupdate OR p.pubdelete
)
SELECT n.nspname AS schema,
       c.relname AS name,
       c.relkind = 'p' AS partitioned,
       nullif(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), -1), -1) AS rows_estimate,
       c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
       CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' ELSE 'default'
       END AS replica_identity,
       EXISTS (SELECT
               FROM published p
               WHERE (p.schemaname, p.tablename) = (n.nspname, c.relname)
                  OR (c.relkind = 'p' AND EXISTS (
                          SELECT
                          FROM pg_catalog.pg_partition_tree(c.oid) t
                          JOIN pg_catalog.pg_class l ON l.oid = t.relid
                          JOIN pg_catalog.pg_namespace ln ON ln.oid = l.relnamespace
                          WHERE (p.schemaname, p.tablename) = (ln.nspname, l.relname)))) AS published
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
  AND (c.relkind = 'r' OR EXISTS (
          SELECT
          FROM pg_catalog.pg_partition_tree(c.oid) t
          WHERE t.isleaf
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.relid AND i.indisprimary)))
  AND NOT EXISTS (SELECT
                  FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relpages DESC, n.nspname, c.relname
LIMIT 500;
