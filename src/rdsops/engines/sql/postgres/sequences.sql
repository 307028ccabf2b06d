-- question: How much of their range have numbered keys used, the narrowest column counting?
-- privilege: none; a sequence's position needs USAGE or SELECT on it
-- cost: one pass over the catalogs, one page read a sequence
-- column schema: of the table
-- column name: of the table
-- column column: fed by the sequence, or a foreign key column that refers to such a one
-- column type: of the column
-- column sequence: schema and name, quoted
-- column referring: true for a foreign key column
-- column readable: this role may see the sequence's position
-- column last_value: null when never used, or not readable
-- column limit_value: the last number that both column and sequence can hold
WITH fed AS (
    SELECT DISTINCT s.oid AS sequence, x.table_oid, x.attnum
    FROM pg_catalog.pg_class s
    CROSS JOIN LATERAL (
        SELECT d.refobjid AS table_oid, d.refobjsubid AS attnum
        FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        UNION
        SELECT ad.adrelid, ad.adnum
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_attrdef ad ON ad.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = s.oid
    ) x
    WHERE s.relkind = 'S' AND s.relpersistence <> 't'
), carrying AS (
    SELECT sequence, table_oid, attnum, false AS referring FROM fed
    UNION
    SELECT fed.sequence, f.conrelid, f.conkey[1], true
    FROM fed
    JOIN pg_catalog.pg_constraint f
      ON f.contype = 'f' AND f.conparentid = 0 AND cardinality(f.conkey) = 1
     AND f.confrelid = fed.table_oid AND f.confkey[1] = fed.attnum
), judged AS (
    SELECT k.sequence, k.table_oid, k.attnum, k.referring,
           CASE coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text
               WHEN 'smallint' THEN 32767
               WHEN 'integer' THEN 2147483647
               ELSE 9223372036854775807
           END AS column_max
    FROM carrying k
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.table_oid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
)
SELECT n.nspname AS schema,
       c.relname AS name,
       a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type,
       quote_ident(sn.nspname) || '.' || quote_ident(sc.relname) AS sequence,
       j.referring,
       has_sequence_privilege(j.sequence, 'USAGE') OR has_sequence_privilege(j.sequence, 'SELECT') AS readable,
       CASE WHEN has_sequence_privilege(j.sequence, 'USAGE') OR has_sequence_privilege(j.sequence, 'SELECT')
            THEN pg_sequence_last_value(j.sequence::regclass) END AS last_value,
       least(j.column_max, s.seqmax) AS limit_value
FROM judged j
JOIN pg_catalog.pg_sequence s ON s.seqrelid = j.sequence AND s.seqincrement > 0 AND NOT (s.seqcycle AND s.seqmax <= j.column_max)
JOIN pg_catalog.pg_class sc ON sc.oid = j.sequence
JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = j.table_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = j.table_oid AND a.attnum = j.attnum
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (least(j.column_max, s.seqmax) < 9223372036854775807)
ORDER BY n.nspname, c.relname, a.attname, sequence
LIMIT 2000;
