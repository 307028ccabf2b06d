-- question: Which indexes say the same as another one, or less?
-- privilege: none
-- cost: joins the indexes of each table with one another, in the catalogs
-- column schema: of both indexes
-- column table: their table
-- column index: the one that can go
-- column kept: the one that answers for it
-- column exact: true when both are the same; false when the kept one only begins with it
-- column constraint: the constraint that the former backs, null for a plain index
-- column partitioned: the index is one on a partitioned table
-- column size_bytes: of the one that can go, as of the last VACUUM or ANALYZE
WITH indexes AS MATERIALIZED (
    SELECT i.indexrelid, i.indrelid, i.indnkeyatts, i.indisunique, i.indisprimary, i.indisreplident, i.indimmediate,
           string_to_array(i.indkey::text, ' ') AS attributes,
           string_to_array(i.indclass::text, ' ') AS classes,
           string_to_array(i.indcollation::text, ' ') AS collations,
           string_to_array(i.indoption::text, ' ') AS options,
           coalesce(regexp_replace(i.indpred::text, ':location -?[0-9]+', '', 'g'), '') AS predicate,
           coalesce(regexp_replace(i.indexprs::text, ':location -?[0-9]+', '', 'g'), '') AS expressions,
           to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_rule,
           c.relname, c.relam, c.relpages, c.relkind, n.nspname, am.amname,
           k.conname, k.contype
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am am ON am.oid = c.relam
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    WHERE i.indisvalid
      AND NOT c.relispartition
      AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
), pairs AS (
    SELECT b.*, a.relname AS kept,
           b.attributes = a.attributes AND b.indnkeyatts = a.indnkeyatts AND b.classes = a.classes
           AND b.collations = a.collations AND b.options = a.options AS exact,
           a.indisprimary AS kept_primary, a.conname IS NOT NULL AS kept_constraint, a.indisunique AS kept_unique,
           a.indexrelid AS kept_oid, a.indimmediate AS kept_immediate, a.nulls_rule AS kept_nulls
    FROM indexes b
    JOIN indexes a
      ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid AND a.relam = b.relam
     AND a.predicate = b.predicate AND a.expressions = b.expressions
    WHERE NOT b.indisreplident
      AND NOT b.indisprimary
      AND b.contype IS DISTINCT FROM 'x'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND f.conindid = b.indexrelid)
      AND b.attributes[1:b.indnkeyatts] = a.attributes[1:b.indnkeyatts]
      AND b.classes[1:b.indnkeyatts] = a.classes[1:b.indnkeyatts]
      AND b.collations[1:b.indnkeyatts] = a.collations[1:b.indnkeyatts]
      AND b.options[1:b.indnkeyatts] = a.options[1:b.indnkeyatts]
      AND b.indnkeyatts <= a.indnkeyatts
      AND b.attributes <@ a.attributes
)
SELECT nspname AS schema,
       (SELECT t.relname FROM pg_catalog.pg_class t WHERE t.oid = indrelid) AS table,
       relname AS index,
       kept,
       exact,
       conname AS constraint,
       relkind = 'I' AS partitioned,
       relpages::bigint * current_setting('block_size')::bigint AS size_bytes
FROM pairs
WHERE (exact
       AND (NOT indisunique OR (kept_unique AND kept_immediate = indimmediate AND kept_nulls IS NOT DISTINCT FROM nulls_rule))
       AND (kept_primary::int, kept_constraint::int, kept_unique::int, -kept_oid::bigint)
           > (indisprimary::int, (conname IS NOT NULL)::int, indisunique::int, -indexrelid::bigint))
   OR (NOT exact AND NOT indisunique AND amname = 'btree' AND expressions = '')
ORDER BY exact DESC, relpages DESC, nspname, relname, kept
LIMIT 500;
