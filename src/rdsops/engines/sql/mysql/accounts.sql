-- question: Which accounts may log in, from where, how, and with what power?
-- privilege: SELECT on mysql.*
-- cost: one row an account
-- column user: its name, empty for the anonymous one
-- column host: from where
-- column plugin: how it proves itself
-- column no_password: it proves nothing
-- column powers: SUPER, FILE, SHUTDOWN, GRANT OPTION on everything
SELECT user AS user,
       host AS host,
       COALESCE(plugin, '') AS plugin,
       COALESCE(authentication_string, '') = '' AND COALESCE(plugin, '') IN ('', 'mysql_native_password', 'mysql_old_password') AS no_password,
       CONCAT_WS(', ', IF(super_priv = 'Y', 'SUPER', NULL), IF(file_priv = 'Y', 'FILE', NULL),
                 IF(shutdown_priv = 'Y', 'SHUTDOWN', NULL), IF(grant_priv = 'Y', 'GRANT OPTION', NULL)) AS powers
FROM mysql.user
WHERE is_role = 'N'
  AND user NOT IN ('rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema')
  AND NOT (user IN ('root', 'mysql') AND host = 'localhost')
ORDER BY user, host;
