-- question: What in this server does the next major version refuse?
-- privilege: SELECT on mysql.*
-- cost: one walk of the dictionary
-- column kind: which obstacle
-- column object: where it stands
SELECT 'account with mysql_native_password, off by default in 8.4' AS kind, CONCAT(user, '@', host) AS object
FROM mysql.user
WHERE plugin = 'mysql_native_password' AND account_locked = 'N' AND user NOT LIKE 'rds%' AND user NOT LIKE 'mysql.%'
UNION ALL
SELECT 'foreign key to a key that is not unique, refused in 8.4' AS kind,
       CONCAT_WS('.', k.table_schema, k.table_name, k.constraint_name) AS object
FROM information_schema.key_column_usage k
WHERE k.referenced_table_name IS NOT NULL AND k.ordinal_position = 1
  AND NOT EXISTS (SELECT 1 FROM information_schema.statistics s
                  WHERE s.table_schema = k.referenced_table_schema AND s.table_name = k.referenced_table_name
                    AND s.column_name = k.referenced_column_name AND s.seq_in_index = 1 AND s.non_unique = 0)
ORDER BY kind, object;
