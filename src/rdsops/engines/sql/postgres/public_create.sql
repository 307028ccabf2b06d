-- question: In which schemas may everybody create objects?
-- privilege: none
-- cost: one pass over pg_namespace
-- column schema: the schema
SELECT n.nspname AS schema
FROM pg_catalog.pg_namespace n
CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
WHERE g.grantee = 0
  AND g.privilege_type = 'CREATE'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname;
