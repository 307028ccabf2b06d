-- question: Which functions run with the rights of a superuser for everybody, and trust the caller's search_path?
-- privilege: none
-- cost: one pass over pg_proc
-- column schema: of the function
-- column name: of the function
-- column arguments: its identity arguments
-- column owner: whose rights it runs with
-- column is_procedure: a procedure
SELECT n.nspname AS schema,
       f.proname AS name,
       pg_get_function_identity_arguments(f.oid) AS arguments,
       o.rolname AS owner,
       f.prokind = 'p' AS is_procedure
FROM pg_catalog.pg_proc f
JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
JOIN pg_catalog.pg_roles o ON o.oid = f.proowner
WHERE f.prosecdef
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (o.rolsuper OR EXISTS (SELECT
                             FROM pg_catalog.pg_roles r
                             WHERE r.rolname = 'rds_superuser' AND pg_has_role(o.oid, r.oid, 'MEMBER')))
  AND EXISTS (SELECT
              FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) g
              WHERE g.grantee = 0 AND g.privilege_type = 'EXECUTE')
  AND NOT EXISTS (SELECT FROM unnest(f.proconfig) s WHERE s LIKE 'search\_path=%')
  AND NOT EXISTS (SELECT
                  FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
ORDER BY n.nspname, f.proname, arguments
LIMIT 200;
