-- question: Which columns have types that a major upgrade refuses?
-- privilege: none
-- cost: one pass over pg_type and pg_attribute
-- column schema: of the table
-- column name: of the table
-- column column: the column
-- column type: its type, a reg* type, unknown or aclitem, or one made of such
WITH RECURSIVE refused (oid) AS (
    SELECT t.oid
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = 'pg_catalog'
      AND (t.typname IN ('regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator',
                         'regproc', 'regprocedure', 'unknown')
           OR (t.typname = 'aclitem' AND current_setting('server_version_num')::int < 160000))
    UNION
    SELECT t.oid
    FROM refused r
    JOIN pg_catalog.pg_type t
      ON t.typbasetype = r.oid
      OR (t.typelem = r.oid AND t.typlen = -1)
      OR EXISTS (SELECT
                 FROM pg_catalog.pg_attribute a
                 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'c'
                 WHERE c.oid = t.typrelid AND a.atttypid = r.oid AND NOT a.attisdropped)
)
SELECT n.nspname AS schema,
       c.relname AS name,
       a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type
FROM refused r
JOIN pg_catalog.pg_attribute a ON a.atttypid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'm')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_temp_'
ORDER BY n.nspname, c.relname, a.attnum
LIMIT 200;
