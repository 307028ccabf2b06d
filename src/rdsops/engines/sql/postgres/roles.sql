-- question: Which roles that can log in have the powers of a superuser, or near it?
-- privilege: none
-- cost: one row a powerful role
-- column name: the role
-- column powers: attributes (superuser, bypassrls, createrole, replication) and powerful roles it is a member of
SELECT r.rolname AS name,
       array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'superuser' END,
                          CASE WHEN r.rolbypassrls THEN 'bypassrls' END,
                          CASE WHEN r.rolcreaterole THEN 'createrole' END,
                          CASE WHEN r.rolreplication THEN 'replication' END], NULL)
       || ARRAY(SELECT p.rolname::text
                FROM pg_catalog.pg_roles p
                WHERE p.rolname IN ('rds_superuser', 'rds_replication', 'pg_execute_server_program',
                                    'pg_write_server_files', 'pg_read_server_files', 'pg_write_all_data')
                  AND p.oid <> r.oid
                  AND NOT r.rolsuper
                  AND pg_has_role(r.oid, p.oid, 'MEMBER')
                ORDER BY p.rolname) AS powers
FROM pg_catalog.pg_roles r
WHERE r.rolcanlogin
  AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication
       OR EXISTS (SELECT
                  FROM pg_catalog.pg_roles p
                  WHERE p.rolname IN ('rds_superuser', 'rds_replication', 'pg_execute_server_program',
                                      'pg_write_server_files', 'pg_read_server_files', 'pg_write_all_data')
                    AND p.oid <> r.oid
                    AND pg_has_role(r.oid, p.oid, 'MEMBER')))
ORDER BY r.rolname;
