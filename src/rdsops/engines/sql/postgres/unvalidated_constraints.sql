-- question: Which constraints were added NOT VALID and never validated?
-- privilege: none
-- cost: one pass over pg_constraint
-- column schema: of the table
-- column table: the table
-- column constraint: the constraint
-- column kind: check, foreign key or not null
SELECT n.nspname AS schema,
       t.relname AS table,
       k.conname AS constraint,
       CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'n' THEN 'not null' ELSE k.contype::text
       END AS kind
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE NOT k.convalidated
  AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
  AND k.conparentid = 0
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY n.nspname, t.relname, k.conname
LIMIT 500;
