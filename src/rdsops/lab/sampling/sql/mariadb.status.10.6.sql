-- Question: connections, history list, commits, deadlocks, buffer pool reads. Privilege: none. Cost: a few counters.
-- Columns: name, value
SELECT LOWER(s.VARIABLE_NAME) AS name,
       s.VARIABLE_VALUE AS value
  FROM information_schema.GLOBAL_STATUS AS s
 WHERE s.VARIABLE_NAME IN ('THREADS_CONNECTED', 'INNODB_HISTORY_LIST_LENGTH', 'INNODB_DEADLOCKS',
                           'HANDLER_COMMIT', 'INNODB_BUFFER_POOL_READ_REQUESTS', 'INNODB_BUFFER_POOL_READS')
 ORDER BY s.VARIABLE_NAME
