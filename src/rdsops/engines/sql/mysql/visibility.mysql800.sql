-- question: Does this login see every table in the dictionary, or only those it was granted?
-- privilege: none
-- cost: the login's own grants and roles
-- column sees_all: true with an object privilege on everything, or in RDS's own role that has them
SELECT (SELECT COUNT(*)
        FROM information_schema.user_privileges
        WHERE privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'REFERENCES', 'INDEX',
                                 'ALTER')
          AND REPLACE(grantee, '''', '') = CURRENT_USER()) > 0
    OR (SELECT COUNT(*) FROM information_schema.enabled_roles WHERE role_name = 'rds_superuser_role') > 0 AS sees_all;
