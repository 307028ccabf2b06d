-- question: Which foreign keys have no index whose leading columns are theirs?
-- privilege: none
-- cost: one pass over pg_constraint and the indexes of its tables
-- column schema: of the referencing table
-- column name: of the referencing table
-- column constraint: the foreign key
-- column columns: its columns, in the key's order
-- column parent_schema: of the table referred to
-- column parent: the table referred to
-- column partitioned: the referencing table is partitioned
-- column rows_estimate: of the referencing table, its partitions summed; null when never gathered
-- column size_bytes: of the referencing table, as of the last VACUUM or ANALYZE
SELECT n.nspname AS schema,
       c.relname AS name,
       f.conname AS constraint,
       ARRAY(SELECT a.attname::text
             FROM unnest(f.conkey) WITH ORDINALITY k (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
             ORDER BY k.place) AS columns,
       pn.nspname AS parent_schema,
       p.relname AS parent,
       c.relkind = 'p' AS partitioned,
       s.rows_estimate,
       s.size_bytes
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL (
    SELECT CASE WHEN bool_or(l.reltuples >= 0 OR pg_stat_get_live_tuples(l.oid) > 0)
                THEN sum(greatest(l.reltuples::bigint, pg_stat_get_live_tuples(l.oid), 0))::bigint
           END AS rows_estimate,
           sum(l.relpages)::bigint * current_setting('block_size')::bigint AS size_bytes
    FROM pg_catalog.pg_class l
    WHERE l.oid = c.oid
       OR (c.relkind = 'p' AND l.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf))
) s
WHERE f.contype = 'f'
  AND f.conparentid = 0
  AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
          JOIN pg_catalog.pg_am am ON am.oid = ic.relam
          CROSS JOIN LATERAL (
              SELECT (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] AS lead
          ) k
          WHERE i.indrelid = f.conrelid
            AND i.indisvalid
            AND i.indpred IS NULL
            AND i.indnkeyatts >= cardinality(f.conkey)
            AND am.amname IN ('btree', 'hash')
            AND k.lead @> f.conkey
            AND k.lead <@ f.conkey)
ORDER BY s.size_bytes DESC, n.nspname, c.relname, f.conname
LIMIT 500;
