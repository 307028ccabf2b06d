-- question: Which users' connections over the network are in the clear now?
-- privilege: SELECT on performance_schema
-- cost: one row a connection, from memory
-- column user: who
-- column encrypted: connections with a cipher
-- column plain: connections without
SELECT t.processlist_user AS user,
       CAST(SUM(COALESCE(s.variable_value, '') <> '') AS UNSIGNED) AS encrypted,
       CAST(SUM(COALESCE(s.variable_value, '') = '') AS UNSIGNED) AS plain
FROM performance_schema.threads t
LEFT JOIN performance_schema.status_by_thread s ON s.thread_id = t.thread_id AND s.variable_name = 'Ssl_cipher'
WHERE t.type = 'FOREGROUND'
  AND t.processlist_user IS NOT NULL
  AND t.processlist_user NOT IN ('rdsadmin', 'rdsrepladmin', 'system user', 'event_scheduler')
  AND COALESCE(t.processlist_host, 'localhost') NOT IN ('localhost', '127.0.0.1', '::1')
GROUP BY t.processlist_user
ORDER BY t.processlist_user;
